// The messages that a descriptor_source of "local://" knows: those of tf.Example, tensors and summaries. TensorFlow
// knows every message of its own program there; the others are refused by name, as it does with names it never heard.
#include "engine/ops/message_types_builder.h"

namespace rivulet {
namespace {

struct Row {
  const char* message;
  uint32_t number;
  const char* name;
  FieldKind kind;
  const char* flags;  // r: repeated, and packed if it can be; e: of an entry of a map
  int oneof;          // -1: none
  const char* type;   // of messages and enums
};

// All are of package tensorflow and of syntax proto3.
constexpr Row kRows[] = {
    {"BytesList", 1, "value", FieldKind::kBytes, "r", -1, ""},
    {"Example", 1, "features", FieldKind::kMessage, "", -1, "Features"},
    {"Feature", 1, "bytes_list", FieldKind::kMessage, "", 0, "BytesList"},
    {"Feature", 2, "float_list", FieldKind::kMessage, "", 0, "FloatList"},
    {"Feature", 3, "int64_list", FieldKind::kMessage, "", 0, "Int64List"},
    {"FeatureList", 1, "feature", FieldKind::kMessage, "r", -1, "Feature"},
    {"FeatureLists", 1, "feature_list", FieldKind::kMessage, "r", -1, "FeatureLists.FeatureListEntry"},
    {"FeatureLists.FeatureListEntry", 1, "key", FieldKind::kString, "e", -1, ""},
    {"FeatureLists.FeatureListEntry", 2, "value", FieldKind::kMessage, "e", -1, "FeatureList"},
    {"Features", 1, "feature", FieldKind::kMessage, "r", -1, "Features.FeatureEntry"},
    {"Features.FeatureEntry", 1, "key", FieldKind::kString, "e", -1, ""},
    {"Features.FeatureEntry", 2, "value", FieldKind::kMessage, "e", -1, "Feature"},
    {"FloatList", 1, "value", FieldKind::kFloat, "r", -1, ""},
    {"HistogramProto", 1, "min", FieldKind::kDouble, "", -1, ""},
    {"HistogramProto", 2, "max", FieldKind::kDouble, "", -1, ""},
    {"HistogramProto", 3, "num", FieldKind::kDouble, "", -1, ""},
    {"HistogramProto", 4, "sum", FieldKind::kDouble, "", -1, ""},
    {"HistogramProto", 5, "sum_squares", FieldKind::kDouble, "", -1, ""},
    {"HistogramProto", 6, "bucket_limit", FieldKind::kDouble, "r", -1, ""},
    {"HistogramProto", 7, "bucket", FieldKind::kDouble, "r", -1, ""},
    {"Int64List", 1, "value", FieldKind::kInt64, "r", -1, ""},
    {"ResourceHandleProto", 1, "device", FieldKind::kString, "", -1, ""},
    {"ResourceHandleProto", 2, "container", FieldKind::kString, "", -1, ""},
    {"ResourceHandleProto", 3, "name", FieldKind::kString, "", -1, ""},
    {"ResourceHandleProto", 4, "hash_code", FieldKind::kUint64, "", -1, ""},
    {"ResourceHandleProto", 5, "maybe_type_name", FieldKind::kString, "", -1, ""},
    {"ResourceHandleProto", 6, "dtypes_and_shapes", FieldKind::kMessage, "r", -1, "ResourceHandleProto.DtypeAndShape"},
    {"ResourceHandleProto.DtypeAndShape", 1, "dtype", FieldKind::kEnum, "", -1, "DataType"},
    {"ResourceHandleProto.DtypeAndShape", 2, "shape", FieldKind::kMessage, "", -1, "TensorShapeProto"},
    {"SequenceExample", 1, "context", FieldKind::kMessage, "", -1, "Features"},
    {"SequenceExample", 2, "feature_lists", FieldKind::kMessage, "", -1, "FeatureLists"},
    {"Summary", 1, "value", FieldKind::kMessage, "r", -1, "Summary.Value"},
    {"Summary.Audio", 1, "sample_rate", FieldKind::kFloat, "", -1, ""},
    {"Summary.Audio", 2, "num_channels", FieldKind::kInt64, "", -1, ""},
    {"Summary.Audio", 3, "length_frames", FieldKind::kInt64, "", -1, ""},
    {"Summary.Audio", 4, "encoded_audio_string", FieldKind::kBytes, "", -1, ""},
    {"Summary.Audio", 5, "content_type", FieldKind::kString, "", -1, ""},
    {"Summary.Image", 1, "height", FieldKind::kInt32, "", -1, ""},
    {"Summary.Image", 2, "width", FieldKind::kInt32, "", -1, ""},
    {"Summary.Image", 3, "colorspace", FieldKind::kInt32, "", -1, ""},
    {"Summary.Image", 4, "encoded_image_string", FieldKind::kBytes, "", -1, ""},
    {"Summary.Value", 7, "node_name", FieldKind::kString, "", -1, ""},
    {"Summary.Value", 1, "tag", FieldKind::kString, "", -1, ""},
    {"Summary.Value", 9, "metadata", FieldKind::kMessage, "", -1, "SummaryMetadata"},
    {"Summary.Value", 2, "simple_value", FieldKind::kFloat, "", 0, ""},
    {"Summary.Value", 3, "obsolete_old_style_histogram", FieldKind::kBytes, "", 0, ""},
    {"Summary.Value", 4, "image", FieldKind::kMessage, "", 0, "Summary.Image"},
    {"Summary.Value", 5, "histo", FieldKind::kMessage, "", 0, "HistogramProto"},
    {"Summary.Value", 6, "audio", FieldKind::kMessage, "", 0, "Summary.Audio"},
    {"Summary.Value", 8, "tensor", FieldKind::kMessage, "", 0, "TensorProto"},
    {"SummaryMetadata", 1, "plugin_data", FieldKind::kMessage, "", -1, "SummaryMetadata.PluginData"},
    {"SummaryMetadata", 2, "display_name", FieldKind::kString, "", -1, ""},
    {"SummaryMetadata", 3, "summary_description", FieldKind::kString, "", -1, ""},
    {"SummaryMetadata", 4, "data_class", FieldKind::kEnum, "", -1, "DataClass"},
    {"SummaryMetadata.PluginData", 1, "plugin_name", FieldKind::kString, "", -1, ""},
    {"SummaryMetadata.PluginData", 2, "content", FieldKind::kBytes, "", -1, ""},
    {"TensorProto", 1, "dtype", FieldKind::kEnum, "", -1, "DataType"},
    {"TensorProto", 2, "tensor_shape", FieldKind::kMessage, "", -1, "TensorShapeProto"},
    {"TensorProto", 3, "version_number", FieldKind::kInt32, "", -1, ""},
    {"TensorProto", 4, "tensor_content", FieldKind::kBytes, "", -1, ""},
    {"TensorProto", 13, "half_val", FieldKind::kInt32, "r", -1, ""},
    {"TensorProto", 5, "float_val", FieldKind::kFloat, "r", -1, ""},
    {"TensorProto", 6, "double_val", FieldKind::kDouble, "r", -1, ""},
    {"TensorProto", 7, "int_val", FieldKind::kInt32, "r", -1, ""},
    {"TensorProto", 8, "string_val", FieldKind::kBytes, "r", -1, ""},
    {"TensorProto", 9, "scomplex_val", FieldKind::kFloat, "r", -1, ""},
    {"TensorProto", 10, "int64_val", FieldKind::kInt64, "r", -1, ""},
    {"TensorProto", 11, "bool_val", FieldKind::kBool, "r", -1, ""},
    {"TensorProto", 12, "dcomplex_val", FieldKind::kDouble, "r", -1, ""},
    {"TensorProto", 14, "resource_handle_val", FieldKind::kMessage, "r", -1, "ResourceHandleProto"},
    {"TensorProto", 15, "variant_val", FieldKind::kMessage, "r", -1, "VariantTensorDataProto"},
    {"TensorProto", 16, "uint32_val", FieldKind::kUint32, "r", -1, ""},
    {"TensorProto", 17, "uint64_val", FieldKind::kUint64, "r", -1, ""},
    {"TensorProto", 18, "float8_val", FieldKind::kBytes, "", -1, ""},
    {"TensorShapeProto", 2, "dim", FieldKind::kMessage, "r", -1, "TensorShapeProto.Dim"},
    {"TensorShapeProto", 3, "unknown_rank", FieldKind::kBool, "", -1, ""},
    {"TensorShapeProto.Dim", 1, "size", FieldKind::kInt64, "", -1, ""},
    {"TensorShapeProto.Dim", 2, "name", FieldKind::kString, "", -1, ""},
    {"VariantTensorDataProto", 1, "type_name", FieldKind::kString, "", -1, ""},
    {"VariantTensorDataProto", 2, "metadata", FieldKind::kBytes, "", -1, ""},
    {"VariantTensorDataProto", 3, "tensors", FieldKind::kMessage, "r", -1, "TensorProto"},
};

// By number. TensorFlow has each once more as a reference, 100 numbers further.
constexpr const char* kDataTypes[] = {"DT_INVALID",
                                      "DT_FLOAT",
                                      "DT_DOUBLE",
                                      "DT_INT32",
                                      "DT_UINT8",
                                      "DT_INT16",
                                      "DT_INT8",
                                      "DT_STRING",
                                      "DT_COMPLEX64",
                                      "DT_INT64",
                                      "DT_BOOL",
                                      "DT_QINT8",
                                      "DT_QUINT8",
                                      "DT_QINT32",
                                      "DT_BFLOAT16",
                                      "DT_QINT16",
                                      "DT_QUINT16",
                                      "DT_UINT16",
                                      "DT_COMPLEX128",
                                      "DT_HALF",
                                      "DT_RESOURCE",
                                      "DT_VARIANT",
                                      "DT_UINT32",
                                      "DT_UINT64",
                                      "DT_FLOAT8_E5M2",
                                      "DT_FLOAT8_E4M3FN",
                                      "DT_FLOAT8_E4M3FNUZ",
                                      "DT_FLOAT8_E4M3B11FNUZ",
                                      "DT_FLOAT8_E5M2FNUZ",
                                      "DT_INT4",
                                      "DT_UINT4",
                                      "DT_INT2",
                                      "DT_UINT2",
                                      "DT_FLOAT4_E2M1FN"};
constexpr const char* kDataClasses[] = {"DATA_CLASS_UNKNOWN", "DATA_CLASS_SCALAR", "DATA_CLASS_TENSOR",
                                        "DATA_CLASS_BLOB_SEQUENCE"};

std::shared_ptr<const MessageTypes> Make() {
  MessageTypesBuilder builder;
  const std::string package = "tensorflow.";
  EnumType* types = builder.AddEnum(package + "DataType");
  for (const int32_t offset : {0, 100}) {
    int32_t number = offset;
    for (const char* name : kDataTypes) {
      // There is no reference to nothing.
      if (number != 100) types->values.emplace_back(std::string(name) + (offset == 0 ? "" : "_REF"), number);
      ++number;
    }
  }
  EnumType* classes = builder.AddEnum(package + "DataClass");
  int32_t number = 0;
  for (const char* name : kDataClasses) classes->values.emplace_back(name, number++);
  std::string last;
  for (const Row& row : kRows) {
    const std::string_view flags = row.flags;
    const std::string owner = package + row.message;
    if (owner != last) builder.AddMessage(owner)->is_map_entry = flags == "e";
    last = owner;
    MessageTypesBuilder::Pending pending;
    pending.owner = "." + owner;
    pending.type_name = "." + package + row.type;
    FieldType& field = pending.field;
    field.name = row.name;
    field.number = row.number;
    field.kind = row.kind;
    field.is_repeated = field.is_packed = flags == "r";
    field.has_presence = row.oneof >= 0;
    field.wants_utf8 = row.kind == FieldKind::kString;
    field.oneof = row.oneof;
    builder.AddField(std::move(pending));
  }
  auto built = builder.Build();
  return built.ok() ? *built : nullptr;
}

}  // namespace

std::shared_ptr<const MessageTypes> MessageTypes::Known() {
  static const std::shared_ptr<const MessageTypes> known = Make();
  return known;
}

}  // namespace rivulet

// The messages that a descriptor_source of "local://" knows: those of tf.Example, tensors and summaries. TensorFlow
// knows every message of its own program there; the others are refused by name, as it does with names it never heard.
#include "engine/ops/message_types_builder.h"

namespace rivulet {
namespace {

// In an order that leaves no gaps: there are many.
struct Row {
  const char* message;
  const char* name;
  const char* type;  // of messages and enums
  uint8_t number;
  FieldKind kind;
  char flags[2];  // r: repeated, and packed if it can be; e: of an entry of a map
  int8_t oneof;   // -1: none
};

// All are of package tensorflow and of syntax proto3.
constexpr Row kRows[] = {
    {"BytesList", "value", "", 1, FieldKind::kBytes, "r", -1},
    {"Example", "features", "Features", 1, FieldKind::kMessage, "", -1},
    {"Feature", "bytes_list", "BytesList", 1, FieldKind::kMessage, "", 0},
    {"Feature", "float_list", "FloatList", 2, FieldKind::kMessage, "", 0},
    {"Feature", "int64_list", "Int64List", 3, FieldKind::kMessage, "", 0},
    {"FeatureList", "feature", "Feature", 1, FieldKind::kMessage, "r", -1},
    {"FeatureLists", "feature_list", "FeatureLists.FeatureListEntry", 1, FieldKind::kMessage, "r", -1},
    {"FeatureLists.FeatureListEntry", "key", "", 1, FieldKind::kString, "e", -1},
    {"FeatureLists.FeatureListEntry", "value", "FeatureList", 2, FieldKind::kMessage, "e", -1},
    {"Features", "feature", "Features.FeatureEntry", 1, FieldKind::kMessage, "r", -1},
    {"Features.FeatureEntry", "key", "", 1, FieldKind::kString, "e", -1},
    {"Features.FeatureEntry", "value", "Feature", 2, FieldKind::kMessage, "e", -1},
    {"FloatList", "value", "", 1, FieldKind::kFloat, "r", -1},
    {"HistogramProto", "min", "", 1, FieldKind::kDouble, "", -1},
    {"HistogramProto", "max", "", 2, FieldKind::kDouble, "", -1},
    {"HistogramProto", "num", "", 3, FieldKind::kDouble, "", -1},
    {"HistogramProto", "sum", "", 4, FieldKind::kDouble, "", -1},
    {"HistogramProto", "sum_squares", "", 5, FieldKind::kDouble, "", -1},
    {"HistogramProto", "bucket_limit", "", 6, FieldKind::kDouble, "r", -1},
    {"HistogramProto", "bucket", "", 7, FieldKind::kDouble, "r", -1},
    {"Int64List", "value", "", 1, FieldKind::kInt64, "r", -1},
    {"ResourceHandleProto", "device", "", 1, FieldKind::kString, "", -1},
    {"ResourceHandleProto", "container", "", 2, FieldKind::kString, "", -1},
    {"ResourceHandleProto", "name", "", 3, FieldKind::kString, "", -1},
    {"ResourceHandleProto", "hash_code", "", 4, FieldKind::kUint64, "", -1},
    {"ResourceHandleProto", "maybe_type_name", "", 5, FieldKind::kString, "", -1},
    {"ResourceHandleProto", "dtypes_and_shapes", "ResourceHandleProto.DtypeAndShape", 6, FieldKind::kMessage, "r", -1},
    {"ResourceHandleProto.DtypeAndShape", "dtype", "DataType", 1, FieldKind::kEnum, "", -1},
    {"ResourceHandleProto.DtypeAndShape", "shape", "TensorShapeProto", 2, FieldKind::kMessage, "", -1},
    {"SequenceExample", "context", "Features", 1, FieldKind::kMessage, "", -1},
    {"SequenceExample", "feature_lists", "FeatureLists", 2, FieldKind::kMessage, "", -1},
    {"Summary", "value", "Summary.Value", 1, FieldKind::kMessage, "r", -1},
    {"Summary.Audio", "sample_rate", "", 1, FieldKind::kFloat, "", -1},
    {"Summary.Audio", "num_channels", "", 2, FieldKind::kInt64, "", -1},
    {"Summary.Audio", "length_frames", "", 3, FieldKind::kInt64, "", -1},
    {"Summary.Audio", "encoded_audio_string", "", 4, FieldKind::kBytes, "", -1},
    {"Summary.Audio", "content_type", "", 5, FieldKind::kString, "", -1},
    {"Summary.Image", "height", "", 1, FieldKind::kInt32, "", -1},
    {"Summary.Image", "width", "", 2, FieldKind::kInt32, "", -1},
    {"Summary.Image", "colorspace", "", 3, FieldKind::kInt32, "", -1},
    {"Summary.Image", "encoded_image_string", "", 4, FieldKind::kBytes, "", -1},
    {"Summary.Value", "node_name", "", 7, FieldKind::kString, "", -1},
    {"Summary.Value", "tag", "", 1, FieldKind::kString, "", -1},
    {"Summary.Value", "metadata", "SummaryMetadata", 9, FieldKind::kMessage, "", -1},
    {"Summary.Value", "simple_value", "", 2, FieldKind::kFloat, "", 0},
    {"Summary.Value", "obsolete_old_style_histogram", "", 3, FieldKind::kBytes, "", 0},
    {"Summary.Value", "image", "Summary.Image", 4, FieldKind::kMessage, "", 0},
    {"Summary.Value", "histo", "HistogramProto", 5, FieldKind::kMessage, "", 0},
    {"Summary.Value", "audio", "Summary.Audio", 6, FieldKind::kMessage, "", 0},
    {"Summary.Value", "tensor", "TensorProto", 8, FieldKind::kMessage, "", 0},
    {"SummaryMetadata", "plugin_data", "SummaryMetadata.PluginData", 1, FieldKind::kMessage, "", -1},
    {"SummaryMetadata", "display_name", "", 2, FieldKind::kString, "", -1},
    {"SummaryMetadata", "summary_description", "", 3, FieldKind::kString, "", -1},
    {"SummaryMetadata", "data_class", "DataClass", 4, FieldKind::kEnum, "", -1},
    {"SummaryMetadata.PluginData", "plugin_name", "", 1, FieldKind::kString, "", -1},
    {"SummaryMetadata.PluginData", "content", "", 2, FieldKind::kBytes, "", -1},
    {"TensorProto", "dtype", "DataType", 1, FieldKind::kEnum, "", -1},
    {"TensorProto", "tensor_shape", "TensorShapeProto", 2, FieldKind::kMessage, "", -1},
    {"TensorProto", "version_number", "", 3, FieldKind::kInt32, "", -1},
    {"TensorProto", "tensor_content", "", 4, FieldKind::kBytes, "", -1},
    {"TensorProto", "half_val", "", 13, FieldKind::kInt32, "r", -1},
    {"TensorProto", "float_val", "", 5, FieldKind::kFloat, "r", -1},
    {"TensorProto", "double_val", "", 6, FieldKind::kDouble, "r", -1},
    {"TensorProto", "int_val", "", 7, FieldKind::kInt32, "r", -1},
    {"TensorProto", "string_val", "", 8, FieldKind::kBytes, "r", -1},
    {"TensorProto", "scomplex_val", "", 9, FieldKind::kFloat, "r", -1},
    {"TensorProto", "int64_val", "", 10, FieldKind::kInt64, "r", -1},
    {"TensorProto", "bool_val", "", 11, FieldKind::kBool, "r", -1},
    {"TensorProto", "dcomplex_val", "", 12, FieldKind::kDouble, "r", -1},
    {"TensorProto", "resource_handle_val", "ResourceHandleProto", 14, FieldKind::kMessage, "r", -1},
    {"TensorProto", "variant_val", "VariantTensorDataProto", 15, FieldKind::kMessage, "r", -1},
    {"TensorProto", "uint32_val", "", 16, FieldKind::kUint32, "r", -1},
    {"TensorProto", "uint64_val", "", 17, FieldKind::kUint64, "r", -1},
    {"TensorProto", "float8_val", "", 18, FieldKind::kBytes, "", -1},
    {"TensorShapeProto", "dim", "TensorShapeProto.Dim", 2, FieldKind::kMessage, "r", -1},
    {"TensorShapeProto", "unknown_rank", "", 3, FieldKind::kBool, "", -1},
    {"TensorShapeProto.Dim", "size", "", 1, FieldKind::kInt64, "", -1},
    {"TensorShapeProto.Dim", "name", "", 2, FieldKind::kString, "", -1},
    {"VariantTensorDataProto", "type_name", "", 1, FieldKind::kString, "", -1},
    {"VariantTensorDataProto", "metadata", "", 2, FieldKind::kBytes, "", -1},
    {"VariantTensorDataProto", "tensors", "TensorProto", 3, FieldKind::kMessage, "r", -1},
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

#include "engine/import/signature_def.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/base/sort.h"
#include "engine/graph/tensor_proto.h"

namespace rivulet {
namespace {

// A map's entry: its key, and a cursor at its value.
struct MapEntry {
  std::string_view key;
  WireCursor value{{}, 0};
};

Status ReadMapEntry(WireCursor message, MapEntry* entry) {
  while (message.Next()) {
    switch (message.field()) {
      case 1: entry->key = message.Text(); break;
      case 2: entry->value = message.Message(); break;
      default: message.Skip();
    }
  }
  return message.status();
}

// The three tensors of a sparse one.
Status ReadSparse(WireCursor message, const std::string& key, DType dtype, const Shape& shape,
                  std::vector<SignatureTensor>* tensors) {
  SignatureTensor values{Cat(key, "/values"), "", dtype, Shape{Shape::kUnknownDim}, {}};
  SignatureTensor indices{Cat(key, "/indices"), "", DType::kInt64, Shape{Shape::kUnknownDim, shape.rank()}, {}};
  SignatureTensor dense{Cat(key, "/dense_shape"), "", DType::kInt64, Shape{shape.rank()}, {}};
  while (message.Next()) {
    switch (message.field()) {
      case 1: values.name = std::string(message.Text()); break;
      case 2: indices.name = std::string(message.Text()); break;
      case 3: dense.name = std::string(message.Text()); break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  for (SignatureTensor* tensor : {&values, &indices, &dense}) tensors->push_back(std::move(*tensor));
  return Status();
}

// A map of TensorInfos; of entries with one key the last one counts.
Status ReadTensorEntry(WireCursor message, const Limits& limits, std::vector<SignatureTensor>* tensors) {
  MapEntry entry;
  RIVULET_RETURN_IF_ERROR(ReadMapEntry(message, &entry));
  const std::string key(entry.key);
  Status status = ReadTensorInfo(entry.value, key, limits, tensors);
  return std::move(status).Framed(Quoted(key));
}

void SortByKey(std::vector<SignatureTensor>* tensors) {
  StableSort(tensors->begin(), tensors->end(),
             [](const SignatureTensor& a, const SignatureTensor& b) { return a.key < b.key; });
  std::vector<SignatureTensor> last;
  for (SignatureTensor& tensor : *tensors) {
    if (!last.empty() && last.back().key == tensor.key) last.pop_back();
    last.push_back(std::move(tensor));
  }
  *tensors = std::move(last);
}

Status ReadDefault(WireCursor message, const std::shared_ptr<void>& owner, const Limits& limits, Allocator& allocator,
                   ModelSignature* signature) {
  MapEntry entry;
  RIVULET_RETURN_IF_ERROR(ReadMapEntry(message, &entry));
  Status status;
  const TensorLiteral literal = ReadTensor(entry.value, owner, limits, &status);
  Result<Tensor> value = status.ok() ? Expand(literal, allocator) : Result<Tensor>(status);
  if (value.ok() && !value->is_aligned()) value = Clone(*value, allocator);
  if (!value.ok()) return std::move(value).status().Framed(Cat("default of ", Quoted(entry.key)));
  for (SignatureTensor& input : signature->inputs) {
    if (input.key == entry.key) input.default_value = *value;
  }
  return Status();
}

}  // namespace

Status ReadTensorInfo(WireCursor message, const std::string& key, const Limits& limits,
                      std::vector<SignatureTensor>* tensors) {
  SignatureTensor tensor;
  tensor.key = key;
  Status nested;
  bool is_sparse = false;
  WireCursor sparse({}, 0), composite({}, 0);
  while (message.Next()) {
    switch (message.field()) {
      case 1: tensor.name = std::string(message.Text()); break;
      case 2: tensor.dtype = DTypeFromFile(message.Int32()); break;
      case 3: tensor.shape = ReadShape(message.Message(), limits, &nested); break;
      case 4:
        sparse = message.Message();
        is_sparse = true;
        break;
      case 5: composite = message.Message(); break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(nested);
  RIVULET_RETURN_IF_ERROR(message.status());
  if (is_sparse) return ReadSparse(sparse, key, tensor.dtype, tensor.shape, tensors);
  // Components of a composite are taken one level deep; TensorFlow nests no deeper.
  int component = 0;
  while (composite.Next()) {
    if (composite.field() != 2) {
      composite.Skip();
      continue;
    }
    SignatureTensor part;
    part.key = Cat(key, "/", component++);
    WireCursor info = composite.Message();
    while (info.Next()) {
      switch (info.field()) {
        case 1: part.name = std::string(info.Text()); break;
        case 2: part.dtype = DTypeFromFile(info.Int32()); break;
        case 3: part.shape = ReadShape(info.Message(), limits, &nested); break;
        default: info.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(nested);
    RIVULET_RETURN_IF_ERROR(info.status());
    tensors->push_back(std::move(part));
  }
  RIVULET_RETURN_IF_ERROR(composite.status());
  if (component == 0) tensors->push_back(std::move(tensor));
  return Status();
}

Result<ModelSignature> ReadSignatureEntry(WireCursor message, const std::shared_ptr<void>& owner, const Limits& limits,
                                          Allocator& allocator) {
  MapEntry entry;
  RIVULET_RETURN_IF_ERROR(ReadMapEntry(message, &entry));
  ModelSignature signature;
  signature.key = std::string(entry.key);
  const auto read = [&]() -> Status {
    std::vector<WireCursor> defaults;
    WireCursor fields = entry.value;
    while (fields.Next()) {
      switch (fields.field()) {
        case 1: RIVULET_RETURN_IF_ERROR(ReadTensorEntry(fields.Message(), limits, &signature.inputs)); break;
        case 2: RIVULET_RETURN_IF_ERROR(ReadTensorEntry(fields.Message(), limits, &signature.outputs)); break;
        case 3: signature.method = std::string(fields.Text()); break;
        case 4: defaults.push_back(fields.Message()); break;
        default: fields.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(fields.status());
    SortByKey(&signature.inputs);
    SortByKey(&signature.outputs);
    for (const WireCursor& value : defaults) {
      RIVULET_RETURN_IF_ERROR(ReadDefault(value, owner, limits, allocator, &signature));
    }
    return Status();
  };
  Status status = read();
  if (!status.ok()) return std::move(status).Framed(Cat("signature ", Quoted(signature.key)));
  return signature;
}

}  // namespace rivulet

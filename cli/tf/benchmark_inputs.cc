#include "cli/tf/benchmark_inputs.h"

#include <cstdlib>
#include <cstring>

#include "cli/tf/flags.h"
#include "cli/tf/type_name.h"
#include "engine/base/errors.h"

namespace rivulet::tf {
namespace {

// Between ":" a part may be empty: a scalar's shape, or an input without values.
std::vector<std::string> SplitByColon(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

template <typename T>
void Store(double value, int64_t index, Tensor* tensor) {
  tensor->data<T>()[index] = static_cast<T>(value);
}

// False for a type that plain numbers cannot fill.
bool StoreValue(double value, int64_t index, Tensor* tensor) {
  switch (tensor->dtype()) {
    case DType::kFloat: Store<float>(value, index, tensor); return true;
    case DType::kDouble: Store<double>(value, index, tensor); return true;
    case DType::kHalf: tensor->data<Half>()[index] = Half(static_cast<float>(value)); return true;
    case DType::kBfloat16: tensor->data<BFloat16>()[index] = BFloat16(static_cast<float>(value)); return true;
    case DType::kInt32:
    case DType::kQint32: Store<int32_t>(value, index, tensor); return true;
    case DType::kInt64: Store<int64_t>(value, index, tensor); return true;
    case DType::kUint8:
    case DType::kQuint8: Store<uint8_t>(value, index, tensor); return true;
    case DType::kInt8:
    case DType::kQint8: Store<int8_t>(value, index, tensor); return true;
    case DType::kBool: Store<bool>(value, index, tensor); return true;
    default: return false;
  }
}

// What a cast could not hold would be undefined.
bool Fits(double value, DType dtype) {
  switch (dtype) {
    case DType::kInt32:
    case DType::kQint32: return value >= -2147483648.0 && value <= 2147483647.0;
    case DType::kInt64: return value >= -9.2e18 && value <= 9.2e18;
    case DType::kUint8:
    case DType::kQuint8: return value >= 0 && value <= 255;
    case DType::kInt8:
    case DType::kQint8: return value >= -128 && value <= 127;
    case DType::kFloat: return value >= -3.4e38 && value <= 3.4e38;
    default: return true;
  }
}

Status Fill(const std::string& values, Tensor* tensor) {
  const std::vector<std::string> numbers = SplitList(values);
  if (static_cast<int64_t>(numbers.size()) > tensor->num_elements()) {
    return InvalidArgument("want at most ", tensor->num_elements(), " values, got ",
                           static_cast<uint64_t>(numbers.size()));
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    char* end = nullptr;
    const double value = std::strtod(numbers[i].c_str(), &end);
    if (*end != '\0' || !Fits(value, tensor->dtype()) || !StoreValue(value, static_cast<int64_t>(i), tensor)) {
      return InvalidArgument("want ", TypeName(tensor->dtype()), " numbers, got ", Quoted(numbers[i]));
    }
  }
  return Status();
}

Result<Tensor> MakeInput(const std::string& type, const std::string& shape, const std::string& values) {
  RIVULET_ASSIGN_OR_RETURN(const DType dtype, TypeCalled(type));
  RIVULET_ASSIGN_OR_RETURN(const Shape dims, ShapeCalled(shape));
  if (!dims.complete()) return InvalidArgument("want a shape without -1, got ", Quoted(shape));
  if (dtype != DType::kString && ElementBytes(dtype) == 0)
    return InvalidArgument("no values of type ", TypeName(dtype));
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, dims, *Allocator::Create()));
  if (dtype != DType::kString) std::memset(tensor.raw(), 0, tensor.bytes());
  if (!values.empty()) RIVULET_RETURN_IF_ERROR(Fill(values, &tensor));
  return tensor;
}

}  // namespace

Result<Feeds> MakeInputs(const InputFlags& flags) {
  const std::vector<std::string> layers = SplitList(flags.layers), types = SplitList(flags.types);
  const std::vector<std::string> shapes = SplitByColon(flags.shapes);
  std::vector<std::string> values = SplitByColon(flags.values);
  const bool none = layers.empty() && types.empty() && flags.shapes.empty();
  if (none) return Feeds();
  if (layers.size() != types.size() || layers.size() != shapes.size()) {
    return InvalidArgument(
        "There must be the same number of items in --input_layer, --input_layer_shape, and "
        "--input_layer_type, for example --input_layer=input1,input2 --input_layer_type=float,float "
        "--input_layer_shape=1,224,224,4:1,20; got ",
        static_cast<uint64_t>(layers.size()), ", ", static_cast<uint64_t>(shapes.size()), " and ",
        static_cast<uint64_t>(types.size()));
  }
  if (values.size() > layers.size()) return InvalidArgument("--input_layer_values: more parts than inputs");
  values.resize(layers.size());
  Feeds feeds;
  for (size_t i = 0; i < layers.size(); ++i) {
    Result<Tensor> tensor = MakeInput(types[i], shapes[i], values[i]);
    if (!tensor.ok()) return Status(tensor.status()).Framed(Cat("input '", layers[i], "'"));
    feeds.emplace_back(layers[i], *std::move(tensor));
  }
  return feeds;
}

}  // namespace rivulet::tf

#include "engine/ops/dims.h"

#include <limits>

namespace rivulet {
namespace {

template <typename T>
std::vector<int64_t> Read(const Tensor& tensor) {
  const auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

}  // namespace

std::vector<int64_t> ReadIntegers(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kInt8: return Read<int8_t>(tensor);
    case DType::kUint8: return Read<uint8_t>(tensor);
    case DType::kInt16: return Read<int16_t>(tensor);
    case DType::kInt32: return Read<int32_t>(tensor);
    case DType::kInt64: return Read<int64_t>(tensor);
    default: return {};
  }
}

Result<Shape> ShapeOf(std::span<const int64_t> dims, std::string_view what) {
  if (dims.size() > static_cast<size_t>(Shape::kMaxRank)) {
    return InvalidArgument(what, ": want at most ", Shape::kMaxRank, " dims, got ", static_cast<int64_t>(dims.size()));
  }
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < 0) return InvalidArgument(what, "[", static_cast<int64_t>(i), "]: want >= 0, got ", dims[i]);
  }
  return Shape(dims);
}

Result<int64_t> VectorLength(const InferContext& c, int input, std::string_view what) {
  const Shape& shape = c.shape(input);
  if (!shape.has_rank()) return int64_t{-1};
  if (shape.rank() != 1) return InvalidArgument(what, ": want a vector, got shape ", shape);
  return shape[0];
}

Result<Shape> ShapeFromInput(const InferContext& c, int input, std::string_view what) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, input, what));
  if (c.known(input)) return ShapeOf(ReadIntegers(*c.value(input)), what);
  if (length < 0) return Shape::UnknownRank();
  if (length > Shape::kMaxRank) return InvalidArgument(what, ": want at most ", Shape::kMaxRank, " dims, got ", length);
  return Shape::OfUnknownDims(static_cast<int>(length));
}

Status WantOneElement(const Shape& shape, std::string_view what) {
  if (!shape.complete() || shape.num_elements() == 1) return Status();
  return InvalidArgument(what, ": want one element, got shape ", shape);
}

Status WriteIntegers(std::span<const int64_t> values, Tensor& to) {
  if (static_cast<int64_t>(values.size()) != to.num_elements()) {
    return Internal(static_cast<int64_t>(values.size()), " integers for shape ", to.shape());
  }
  if (to.dtype() == DType::kInt64) {
    for (size_t i = 0; i < values.size(); ++i) to.data<int64_t>()[i] = values[i];
    return Status();
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < std::numeric_limits<int32_t>::min() || values[i] > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument(values[i], " does not fit into int32; ask for int64");
    }
    to.data<int32_t>()[i] = static_cast<int32_t>(values[i]);
  }
  return Status();
}

Result<Tensor> IntegerTensor(DType dtype, const Shape& shape, std::span<const int64_t> values, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, allocator));
  RIVULET_RETURN_IF_ERROR(WriteIntegers(values, tensor));
  return tensor;
}

Status WantOutputShape(RunContext& c, int i, const Shape& shape) {
  if (c.output(i).shape() == shape) return Status();
  return InvalidArgument("output ", i, " has shape ", c.output(i).shape(), ", the inputs ask for ", shape);
}

}  // namespace rivulet

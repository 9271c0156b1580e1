// Sizes, positions and axes that operators take as integer tensors: read, checked, and turned into shapes.
#ifndef RIVULET_ENGINE_OPS_DIMS_H_
#define RIVULET_ENGINE_OPS_DIMS_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/ops/op.h"

namespace rivulet {

// Elements of a tensor of int8, uint8, int16, int32 or int64; none for other types.
std::vector<int64_t> ReadIntegers(const Tensor& tensor);

// The shape with these dims; an error, which names `what`, where one is negative or there are too many.
Result<Shape> ShapeOf(std::span<const int64_t> dims, std::string_view what);

// The shape that the vector in `input` spells: known where the vector is, else as many unknown dims as it is long.
Result<Shape> ShapeFromInput(const InferContext& c, int input, std::string_view what);

// The length of the vector in `input`; -1 where it is unknown. An error where it is no vector.
Result<int64_t> VectorLength(const InferContext& c, int input, std::string_view what);

// An error unless the input, whose shape may be unknown, is a scalar or has one element.
Status WantOneElement(const Shape& shape, std::string_view what);

// Writes integers to an int32 or int64 tensor; an error where one does not fit.
Status WriteIntegers(std::span<const int64_t> values, Tensor& to);
// The same as a new tensor.
Result<Tensor> IntegerTensor(DType dtype, const Shape& shape, std::span<const int64_t> values, Allocator& allocator);

// For run: output `i` was given the shape that the inputs, as they are now, ask for.
Status WantOutputShape(RunContext& c, int i, const Shape& shape);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_DIMS_H_

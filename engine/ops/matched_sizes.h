// Shape rules of operators whose inputs share sizes: batch, features, units of a cell.
#ifndef RIVULET_ENGINE_OPS_MATCHED_SIZES_H_
#define RIVULET_ENGINE_OPS_MATCHED_SIZES_H_

#include <initializer_list>

#include "engine/base/checked.h"
#include "engine/ops/op.h"

namespace rivulet {

// A size that several inputs have; unknown until one of them says it.
using SharedSize = int64_t;

// An error unless the input has these sizes, as far as they are known. Those that are unknown are learned from it.
inline Status MatchSizes(const InferContext& c, int input, const char* name, std::initializer_list<SharedSize*> sizes) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(input, static_cast<int>(sizes.size())));
  const Shape& shape = c.shape(input);
  if (!shape.has_rank()) return Status();
  Shape want = Shape::OfUnknownDims(shape.rank());
  bool fits = true;
  int axis = 0;
  for (SharedSize* size : sizes) {
    if (*size == Shape::kUnknownDim) *size = shape[axis];
    want.set_dim(axis, *size);
    fits &= shape[axis] < 0 || shape[axis] == *size;
    ++axis;
  }
  if (!fits) return InvalidArgument(name, ": want shape ", want, ", got ", shape);
  return Status();
}

// a + b and a * n of shared sizes: unknown where one of them is, or where there is no such number.
inline SharedSize SumOfSizes(SharedSize a, SharedSize b) {
  const CheckedSize sum = CheckedSize(a) + CheckedSize(b);
  return a >= 0 && b >= 0 && sum.valid() ? sum.value() : Shape::kUnknownDim;
}
inline SharedSize SizeTimes(SharedSize a, int64_t n) {
  const CheckedSize product = CheckedSize(a) * CheckedSize(n);
  return a >= 0 && product.valid() ? product.value() : Shape::kUnknownDim;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_MATCHED_SIZES_H_

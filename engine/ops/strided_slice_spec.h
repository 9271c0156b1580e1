// What StridedSlice and its like say with begin, end, strides and five masks, as one range per axis of the input.
#ifndef RIVULET_ENGINE_OPS_STRIDED_SLICE_SPEC_H_
#define RIVULET_ENGINE_OPS_STRIDED_SLICE_SPEC_H_

#include <vector>

#include "engine/ops/op.h"
#include "engine/ops/strided_copy.h"

namespace rivulet {

// Bit i of a mask is about entry i of begin, end and strides.
struct SliceMasks {
  int64_t begin = 0;        // begin[i] is ignored: from the first place on
  int64_t end = 0;          // end[i] is ignored: up to the last place
  int64_t ellipsis = 0;     // the entry stands for as many whole axes as are left; at most one
  int64_t new_axis = 0;     // the entry makes an axis of 1 in the result
  int64_t shrink_axis = 0;  // the one place begin[i] is taken and the axis dropped

  explicit SliceMasks(const AttrReader& attrs);
  SliceMasks() = default;
};

// Entries of begin, end and strides; an entry whose number is not known yet has known == false.
struct SliceEntry {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t stride = 1;
  bool bounds_known = false;
  bool stride_known = false;
};
// Null tensors are not known; all are of int16, int32 or int64. `count` entries.
Result<std::vector<SliceEntry>> ReadSliceEntries(int64_t count, const Tensor* begin, const Tensor* end, const Tensor* strides);

// One axis of the input.
struct SliceRange {
  int64_t begin = 0;
  int64_t stride = 1;
  int64_t count = Shape::kUnknownDim;  // places taken, where known
};

struct SliceSpec {
  std::vector<SliceRange> ranges;  // one per axis of the input
  Shape result;                    // with new and without dropped axes; dims may be unknown

  // Along each axis: `slice` elements lie as in the input of this shape, the others are dense. Only for complete specs.
  // Returns the position of the first element.
  int64_t AddAxes(const Shape& input, bool from_slice, StridedCopy& copy) const;
  int64_t num_elements() const;
};

// The spec for an input of known rank, whose dims may be unknown.
Result<SliceSpec> ResolveSlice(const Shape& input, const std::vector<SliceEntry>& entries, const SliceMasks& masks);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_STRIDED_SLICE_SPEC_H_

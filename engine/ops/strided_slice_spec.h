// What StridedSlice and its like say with begin, end, strides and five masks, as one range per axis of the input.
#ifndef RIVULET_ENGINE_OPS_STRIDED_SLICE_SPEC_H_
#define RIVULET_ENGINE_OPS_STRIDED_SLICE_SPEC_H_

#include <vector>

#include "engine/ops/op.h"
#include "engine/ops/axis_copy.h"

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
Result<std::vector<SliceEntry>> ReadSliceEntries(int64_t count, const Tensor* begin, const Tensor* end,
                                                 const Tensor* strides);

// One axis of the input.
struct SliceRange {
  int64_t begin = 0;
  int64_t stride = 1;
  int64_t count = Shape::kUnknownDim;  // places taken, where known
  int result_axis = -1;                // of the result; -1 where the axis is dropped
};

struct SliceSpec {
  std::vector<SliceRange> ranges;  // one per axis of the input
  Shape result;                    // with new and without dropped axes; dims may be unknown

  // For complete specs: the axes of a copy out of an array of shape `input`, into a dense one; and of a copy into an
  // array of shape `input`, from a dense one of shape `value` that broadcasts to the result. Both return the position,
  // in the array of shape `input`, of the first element.
  int64_t AxesFromSlice(const Shape& input, AxisCopy& copy) const;
  int64_t AxesToSlice(const Shape& input, const Shape& value, AxisCopy& copy) const;
  int64_t num_elements() const;
};

// The spec for an input of known rank, whose dims may be unknown.
Result<SliceSpec> ResolveSlice(const Shape& input, const std::vector<SliceEntry>& entries, const SliceMasks& masks);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_STRIDED_SLICE_SPEC_H_

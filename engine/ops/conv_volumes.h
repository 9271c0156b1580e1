// A convolution over volumes as one over pictures.
//
// An output slice sees k[0] input slices. With these laid side by side as channels, and the filter's depth taps as
// input channels too, it is a two-dimensional convolution: one product, whose tail is done in registers, and Winograd's
// transforms add up over the depth before they are turned back. Slices outside the input are zeros.
#ifndef RIVULET_ENGINE_OPS_CONV_VOLUMES_H_
#define RIVULET_ENGINE_OPS_CONV_VOLUMES_H_

#include <optional>

#include "engine/ops/conv_shape.h"

namespace rivulet {

// The picture's convolution for `slices` output slices at a time.
ConvGeometry StackedGeometry(const ConvSizes& sizes, int64_t slices);

// The convolution over pictures that one over volumes is as it lies: over its slices, if the filter has no depth, or
// over a picture whose rows are whole slices, if it has nothing else. Its packed filter is the same as the stacked
// one's.
std::optional<ConvGeometry> FlatGeometry(const ConvSizes& sizes);

// So many output slices that what is laid side by side stays in a near cache, at least 1. With `sizes` complete and
// nothing empty.
int64_t SlicesAtATime(const ConvSizes& sizes);

// `out` [count, in[1], in[2], groups, k[0], group_in]: what output slices `first` to first + count - 1, counted over
// the batch, see of `in`, in floats.
void StackSlices(RunContext& c, const ConvSizes& sizes, const float* in, int64_t first, int64_t count, float* out);

// The filter [k[0], k[1], k[2], group_in, out_c] as [k[1], k[2], k[0], group_in, out_c].
void StackFilter(const ConvSizes& sizes, const float* filter, float* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONV_VOLUMES_H_

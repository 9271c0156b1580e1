// Convolutions and their gradients as plain loops, for element types and cases that have no kernel.
//
// Arrays are channels-last, filters [depth, height, width, in_c / groups, out_c]; sizes are complete.
#ifndef RIVULET_ENGINE_OPS_CONV_LOOPS_H_
#define RIVULET_ENGINE_OPS_CONV_LOOPS_H_

#include <algorithm>
#include <type_traits>

#include "engine/ops/conv_shape.h"

namespace rivulet {

// Pieces of about this many multiplications.
inline int64_t ConvGrain(double work_per_item) {
  return static_cast<int64_t>(std::max((1 << 18) / std::max(work_per_item, 1.0), 1.0));
}

// a + b; integers wrap around.
template <typename T>
T WrappingSum(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return a + b;
  }
}

inline double FilterWork(const ConvSizes& s) {
  return static_cast<double>(s.taps()) * static_cast<double>(s.group_in()) * static_cast<double>(s.out_c);
}

// Nothing to multiply: the result is zeros. Loops over a filter's taps are bounded by its elements otherwise.
inline bool EmptyFilter(const ConvSizes& s) {
  return s.k[0] == 0 || s.k[1] == 0 || s.k[2] == 0 || s.in_c == 0 || s.out_c == 0;
}

// The input index under output index `out` and tap `k` along axis `i`.
inline int64_t InputIndex(const ConvSizes& s, size_t i, int64_t out, int64_t k) {
  return out * s.stride[i] - s.pad[i] + k * s.dilation[i];
}

// The taps along axis `i` that output index `out` sees inside the input.
inline TapRange TapsOf(const ConvSizes& s, size_t i, int64_t out) {
  return TapsInside(out * s.stride[i] - s.pad[i], s.dilation[i], s.k[i], s.in[i]);
}

// The output index along axis `i` that sees input index `in` under tap `k`; -1 when there is none.
inline int64_t OutputIndex(const ConvSizes& s, size_t i, int64_t in, int64_t k) {
  const int64_t at = in + s.pad[i] - k * s.dilation[i];
  if (at < 0 || at % s.stride[i] != 0) return -1;
  const int64_t out = at / s.stride[i];
  return out < s.out[i] ? out : -1;
}

// Each in the type `compute`: kFloat, kDouble or kInt32, which wraps around.

// out [batch, out.., out_c] = in * filter.
void ConvForward(RunContext& c, const ConvSizes& s, DType compute, const void* in, const void* filter, void* out);
// in_grad [batch, in.., in_c] = the sum over the outputs that see each input, of grad [batch, out.., out_c] * filter.
void ConvBackpropInput(RunContext& c, const ConvSizes& s, DType compute, const void* filter, const void* grad,
                       void* in_grad);
// filter_grad [k.., group_in, out_c] = the sum over all pixels of in * grad.
void ConvBackpropFilter(RunContext& c, const ConvSizes& s, DType compute, const void* in, const void* grad,
                        void* filter_grad);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONV_LOOPS_H_

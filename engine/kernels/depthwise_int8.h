// Depthwise convolution of codes of 8 bits with signed weights: exact sums, made codes at once.
#ifndef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_H_
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_H_

#include <cstdint>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/depthwise.h"
#include "engine/kernels/gemm_int8.h"

namespace rivulet {

// A filter [k_h, k_w, channels] as the kernel reads it: for each four taps of a column, some of which may be missing,
// four bytes a channel. There may be so many fours.
inline constexpr int64_t kMaxDepthwiseQuads = 32;
inline bool FitsDepthwiseInt8(int64_t k_h, int64_t k_w) {
  return k_h >= 0 && k_w >= 0 && k_h <= 4 * kMaxDepthwiseQuads && k_w <= kMaxDepthwiseQuads &&
         (k_h + 3) / 4 * k_w <= kMaxDepthwiseQuads;
}
CheckedSize DepthwiseInt8Bytes(int64_t k_h, int64_t k_w, int64_t channels);
void PackDepthwiseInt8(const int8_t* filter, int64_t k_h, int64_t k_w, int64_t channels, int8_t* packed);

// output [batch, out_h, out_w, channels] = tail(input * filter), codes only; a filter that
// FitsDepthwiseInt8, one a channel. Outside the input lies the byte `outside`.
void DepthwiseInt8(const uint8_t* input, uint8_t outside, const int8_t* packed, const DepthwiseGeometry& geometry,
                   const SumsTail& tail, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_H_

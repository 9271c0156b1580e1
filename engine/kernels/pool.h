// Maximum and average pooling, NHWC, single precision.
#ifndef RIVULET_ENGINE_KERNELS_POOL_H_
#define RIVULET_ENGINE_KERNELS_POOL_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet {

enum class PoolKind : uint8_t { kMax, kAverage };

// Output pixel (y, x) sees the input rows y * stride_h - pad_top + i, i < k_h, and columns alike, that lie inside the
// input; the average is over those alone. Strides at least 1.
struct PoolGeometry {
  int64_t batch = 1;
  int64_t in_h = 0, in_w = 0, channels = 0;
  int64_t out_h = 0, out_w = 0;
  int64_t k_h = 1, k_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0;
};

// A window that sees nothing gives the lowest float (maximum) or 0 (average). As in TensorFlow a maximum starts from
// the lowest finite float and leaves NaN out; an average with NaN is NaN.
void Pool2D(PoolKind kind, const float* input, const PoolGeometry& geometry, float* output, ThreadPool& pool,
            const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_POOL_H_

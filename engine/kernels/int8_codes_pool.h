// Pooling of bytes, NHWC.
#ifndef RIVULET_ENGINE_KERNELS_INT8_CODES_POOL_H_
#define RIVULET_ENGINE_KERNELS_INT8_CODES_POOL_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/pool.h"

namespace rivulet {

// The largest byte of each window; 0 where a window sees nothing.
void MaxPoolBytes(const uint8_t* input, const PoolGeometry& geometry, uint8_t* output, ThreadPool& pool,
                  const StopToken& stop);

// sums[i] += the i-th byte of each of `pixels` pixels that are `stride` bytes apart.
void AddPixels(const uint8_t* from, int64_t pixels, int64_t stride, int64_t count, int32_t* sums);

// to[i] = sums[i] * factor + add within [low, high], which are codes, rounded to even.
void CodesOfMeans(const int32_t* sums, int64_t count, float factor, float add, float low, float high, uint8_t* to);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_INT8_CODES_POOL_H_

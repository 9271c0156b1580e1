// Rows brought to mean 0 and variance 1.
#ifndef RIVULET_ENGINE_KERNELS_LAYER_NORM_H_
#define RIVULET_ENGINE_KERNELS_LAYER_NORM_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet {

// out [rows, columns] = (in - mean) / sqrt(variance + epsilon) * scale + offset, mean and variance of each row. Sums
// of 1024 terms are single, beyond that double. `out` may be `in`.
struct LayerNormParts {
  const float* scale;   // [columns]
  const float* offset;  // [columns]
  float epsilon;
};
void LayerNormRows(const float* in, int64_t rows, int64_t columns, const LayerNormParts& parts, float* out,
                   ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_LAYER_NORM_H_

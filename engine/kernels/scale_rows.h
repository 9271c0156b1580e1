// Rows whose columns are scaled and moved: what a batch norm that no product has taken comes to.
#ifndef RIVULET_ENGINE_KERNELS_SCALE_ROWS_H_
#define RIVULET_ENGINE_KERNELS_SCALE_ROWS_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet {

// out [rows, columns] = in * scale + shift, or 0 where `relu` and that is less; the product is rounded before the sum.
// Rows of `in` are row_step apart. `out` may be `in` if its rows follow one another.
struct ColumnScale {
  const float* scale;  // [columns]
  const float* shift;  // [columns]
  bool relu;
};
void ScaleRows(const float* in, int64_t row_step, int64_t rows, int64_t columns, const ColumnScale& scale, float* out,
               ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_SCALE_ROWS_H_

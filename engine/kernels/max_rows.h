// The largest values of several rows, element by element.
#ifndef RIVULET_ENGINE_KERNELS_MAX_ROWS_H_
#define RIVULET_ENGINE_KERNELS_MAX_ROWS_H_

#include <cstdint>

namespace rivulet {

// to[i] = the maximum of rows[0][i] to rows[num_rows - 1][i], at least one row. NaN counts for nothing beside a number;
// where all are NaN, the result is. `to` may be one of the rows.
void MaxRows(const float* const* rows, int64_t num_rows, int64_t count, float* to);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_MAX_ROWS_H_

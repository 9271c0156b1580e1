// The weights of one output channel as 8-bit codes.
#ifndef RIVULET_PREPARE_INT8_ROUNDED_COLUMN_H_
#define RIVULET_PREPARE_INT8_ROUNDED_COLUMN_H_

#include <cstdint>
#include <vector>

#include "prepare/int8/float_study.h"

namespace rivulet::prepare {

struct RoundedColumn {
  std::vector<int8_t> codes;  // -127 to 127
  float max = 1;              // what 127 stands for
};

// Of all ends from the largest weight down to a part of it, the one with the least error. That is the sum of squares
// to the nearest codes, or, with `studied` (whose column `at` this is), the mean square that the product is off by,
// eᵀ E[x xᵀ] e, where the weights behind one make up for as much of its error as the inputs go together: with
// E[x xᵀ]^-1 = Uᵀ U, U upper, an error e of weight k adds e U[k][i] / U[k][k] to what weight i > k should be, and costs
// (e / U[k][k])².
RoundedColumn RoundColumn(const std::vector<float>& column, const StudiedFilter* studied, int64_t at);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_ROUNDED_COLUMN_H_

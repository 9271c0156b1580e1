// What plans tell a Concat whose result is a part of another one's.
#ifndef RIVULET_ENGINE_OPS_CONCAT_H_
#define RIVULET_ENGINE_OPS_CONCAT_H_

#include <cstdint>

#include "engine/ops/op.h"

namespace rivulet {

// Before it runs: where the joined dims and those behind them are a row, from one row of the result to the next there
// are so many elements. `state` is that of a Concat or ConcatV2.
void SetJoinedRows(OpState& state, int64_t row_step);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONCAT_H_

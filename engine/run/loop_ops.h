// The operators that loops of tokens are lowered to; no file has them.
#ifndef RIVULET_ENGINE_RUN_LOOP_OPS_H_
#define RIVULET_ENGINE_RUN_LOOP_OPS_H_

#include "engine/ops/op.h"

namespace rivulet {

// input:list(T) -> output:list(T), with functions `cond` and `body` over all of them.
const OpDef& LoopOp();
// input:list(Tin) -> output:list(Tout), with the whole loop as the function `body`.
const OpDef& TokenLoopOp();

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_LOOP_OPS_H_

// A product whose left operand a loop reads from a list, a row or some at each step. Internal: passes make it
// (engine/passes/look_ahead.cc), no file has it.
//
//   y [b, n] = now [b, k] * weights [k, n] + bias [n]
//
// `now` is element `index` of `source`, a tensor list or a tensor array. While the steps go on in order, the products
// of the next elements are made together with this one's, up to some tens of rows, so that the weights are read once
// for them all. A step whose `now` is, bit for bit, what was multiplied ahead takes its rows from there: the result
// depends on now, weights and bias alone, whatever becomes of the source. A row has the same bits by itself and among
// others.
#ifndef RIVULET_ENGINE_OPS_LOOK_AHEAD_MATMUL_H_
#define RIVULET_ENGINE_OPS_LOOK_AHEAD_MATMUL_H_

#include "engine/ops/op.h"

namespace rivulet {

// now:f32, weights:f32 (constant), bias:f32, index:i32, source:S, S in {variant, resource}
extern const OpDef kLookAheadMatMul;

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_LOOK_AHEAD_MATMUL_H_

// Each row of the last axis brought to mean 0 and variance 1. Internal: passes make it
// (engine/passes/fuse_layer_norm.cc), no file has it.
//
//   y [.., n] = (x - mean(x)) / sqrt(variance(x) + epsilon) * gamma [n] + beta [n]
#ifndef RIVULET_ENGINE_OPS_LAYER_NORM_H_
#define RIVULET_ENGINE_OPS_LAYER_NORM_H_

#include "engine/ops/op.h"

namespace rivulet {

// x:f32, gamma:f32, beta:f32; epsilon:float
extern const OpDef kLayerNorm;

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_LAYER_NORM_H_

// Filling tensors from a Philox stream as TensorFlow lays it out: each group of elements has blocks of its own, so the
// numbers do not depend on how the work is split.
#ifndef RIVULET_ENGINE_OPS_RANDOM_FILL_H_
#define RIVULET_ENGINE_OPS_RANDOM_FILL_H_

#include "engine/kernels/philox.h"
#include "engine/ops/op.h"

namespace rivulet {

enum class Distribution { kUniform, kNormal, kTruncatedNormal };

// half, bfloat16, float, double.
Status FillRandom(RunContext& c, Distribution distribution, const Philox& generator, Tensor& out);

// Integers in [low, high) of int32, int64, uint32 or uint64; `low` and `high` are scalars of that type. An empty range
// is an error.
Status FillRandomInt(RunContext& c, const Philox& generator, const Tensor& low, const Tensor& high, Tensor& out);

// Every bit random; int32, int64, uint32, uint64.
Status FillRandomBits(RunContext& c, const Philox& generator, Tensor& out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_RANDOM_FILL_H_

// Binomial numbers from a generator, for the stateless and the stateful operator.
#ifndef RIVULET_ENGINE_OPS_RANDOM_BINOMIAL_H_
#define RIVULET_ENGINE_OPS_RANDOM_BINOMIAL_H_

#include "engine/kernels/philox.h"
#include "engine/ops/op.h"

namespace rivulet {

// counts and probs broadcast to the last dims of `out`; both float32, float64 or float16.
Status FillBinomial(RunContext& c, const Philox& generator, const Tensor& counts, const Tensor& probs, Tensor& out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_RANDOM_BINOMIAL_H_

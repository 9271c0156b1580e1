#include "engine/ops/layer_norm.h"

#include "engine/kernels/layer_norm.h"

namespace rivulet {
namespace {

struct State : OpState {
  float epsilon = 0;
};

Status Infer(InferContext& c) {
  const Shape& x = c.shape(0);
  if (x.has_rank() && x.rank() < 1) return InvalidArgument("x: want at least one axis, got a scalar");
  for (const int i : {1, 2}) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    const int64_t columns = x.has_rank() ? x[x.rank() - 1] : -1;
    const int64_t got = c.shape(i).has_rank() ? c.shape(i)[0] : -1;
    if (columns >= 0 && got >= 0 && columns != got) {
      return InvalidArgument(i == 1 ? "gamma" : "beta", ": want ", columns, " values, got ", got);
    }
  }
  c.set_output(0, x);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->epsilon = c.attrs().Float("epsilon");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const Tensor& x = c.input(0);
  const int64_t columns = x.dim(x.rank() - 1);
  if (x.num_elements() == 0) return Status();
  const LayerNormParts parts{c.input(1).data<float>(), c.input(2).data<float>(), c.state<State>().epsilon};
  LayerNormRows(x.data<float>(), x.num_elements() / columns, columns, parts, c.output(0).data<float>(), c.pool(),
                c.stop());
  return c.stop().Why();
}

}  // namespace

const OpDef kLayerNorm = {.name = "_LayerNorm",
                          .inputs = "x:f32, gamma:f32, beta:f32",
                          .outputs = "y:f32",
                          .attrs = "epsilon:float",
                          .infer = Infer,
                          .prepare = Prepare,
                          .run = Run};

}  // namespace rivulet

// FakeQuantWithMinMaxArgs, FakeQuantWithMinMaxVars, FakeQuantWithMinMaxVarsPerChannel and their gradients: numbers
// rounded as if they were quantised to num_bits.
//
//   inputs [..] of float32, min and max as attributes, as scalars, or [last dim of inputs] -> outputs [..]
//   ...Gradient: gradients like inputs in front -> backprop of inputs, and (but for Args) of min and max
//
// The range is moved so that 0 is one of its steps. A range [0, 0] given as input makes zeros.
#include "engine/graph/shape_math.h"
#include "engine/ops/fake_quant_steps.h"
#include "engine/ops/op.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

enum class Kind { kArgs, kVars, kPerChannel };

Status Infer(InferContext& c, Kind kind, bool gradient) {
  const int64_t bits = c.attrs().Int("num_bits");
  if (bits < 2 || bits > 16) return InvalidArgument("num_bits: want [2, 16], got ", bits);
  const int inputs = gradient ? 1 : 0;
  Shape out = c.shape(inputs);
  if (gradient) {
    auto merged = MergeShapes(out, c.shape(0));
    if (!merged.ok()) return std::move(merged).status().Framed("gradients and inputs");
    out = *merged;
  }
  Shape range;
  if (kind == Kind::kArgs) {
    const float low = c.attrs().Float("min"), high = c.attrs().Float("max");
    if (!(low < high)) return InvalidArgument("min: want below max ", high, ", got ", low);
  } else if (kind == Kind::kVars) {
    RIVULET_RETURN_IF_ERROR(c.WantScalar(inputs + 1));
    RIVULET_RETURN_IF_ERROR(c.WantScalar(inputs + 2));
  } else {
    RIVULET_RETURN_IF_ERROR(c.WantMinRank(inputs, 1));
    range = {out.has_rank() ? out[out.rank() - 1] : Shape::kUnknownDim};
    for (int i = inputs + 1; i < inputs + 3; ++i) {
      RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
      auto merged = MergeShapes(range, c.shape(i));
      if (!merged.ok()) return std::move(merged).status().Framed("min and max along the last dim");
      range = *merged;
    }
    if (out.has_rank()) out.set_dim(out.rank() - 1, range[0]);
  }
  c.set_output(0, std::move(out));
  if (gradient && kind != Kind::kArgs) {
    c.set_output(1, range);
    c.set_output(2, std::move(range));
  }
  return Status();
}

struct State : OpState {
  Kind kind = Kind::kArgs;
  float low = 0;
  float high = 0;
  float first = 0;  // the codes in use
  float last = 255;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, Kind kind) {
  auto state = std::make_unique<State>();
  state->kind = kind;
  if (kind == Kind::kArgs) {
    state->low = c.attrs().Float("min");
    state->high = c.attrs().Float("max");
  }
  state->first = c.attrs().Bool("narrow_range") ? 1 : 0;
  state->last = static_cast<float>((1 << c.attrs().Int("num_bits")) - 1);
  return std::unique_ptr<OpState>(std::move(state));
}

// `min`: the input of that name.
FakeQuantSteps StepsAt(RunContext& c, int min, int64_t i) {
  const auto& state = c.state<State>();
  const bool is_fixed = state.kind == Kind::kArgs;
  return FakeQuantSteps(state.first, state.last, is_fixed ? state.low : c.input(min).data<float>()[i],
                        is_fixed ? state.high : c.input(min + 1).data<float>()[i], state.kind == Kind::kVars);
}

float Rounded(const FakeQuantSteps& steps, float x) { return steps.zero ? 0 : steps.LevelOf(x) * steps.step; }

Status Run(RunContext& c) {
  const int64_t count = c.output(0).num_elements();
  if (count == 0) return Status();
  const float* x = c.input(0).data<float>();
  float* y = c.output(0).data<float>();
  if (c.state<State>().kind != Kind::kPerChannel) {
    const FakeQuantSteps steps = StepsAt(c, 1, 0);
    c.ParallelFor(count, 1 << 14, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = Rounded(steps, x[i]);
    });
    return Status();
  }
  const int64_t channels = c.input(1).num_elements();
  c.ParallelFor(count, 1 << 13, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = Rounded(StepsAt(c, 1, i % channels), x[i]);
  });
  return Status();
}

Status RunGradient(RunContext& c) {
  const Kind kind = c.state<State>().kind;
  const int64_t count = c.output(0).num_elements();
  const float* gradient = c.input(0).data<float>();
  const float* x = c.input(1).data<float>();
  float* y = c.output(0).data<float>();
  const int64_t channels = kind == Kind::kPerChannel ? c.input(2).num_elements() : 1;
  // A channel is done by one thread, so its sums are always made in the same order.
  c.ParallelFor(channels,
                std::max<int64_t>((1 << 14) / std::max<int64_t>(count / std::max<int64_t>(channels, 1), 1), 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t channel = begin; channel < end; ++channel) {
                    const FakeQuantSteps steps = StepsAt(c, 2, channel);
                    double below = 0, above = 0;
                    for (int64_t i = channel; i < count; i += channels) {
                      if (steps.zero) {
                        y[i] = gradient[i];
                        continue;
                      }
                      // Products, as in TensorFlow: NaN and infinities in the gradient show everywhere.
                      const bool is_below = x[i]<steps.low, is_above = x[i]> steps.high;
                      y[i] = gradient[i] * (x[i] >= steps.low && x[i] <= steps.high ? 1.0f : 0.0f);
                      below += static_cast<double>(gradient[i] * (is_below ? 1.0f : 0.0f));
                      above += static_cast<double>(gradient[i] * (is_above ? 1.0f : 0.0f));
                    }
                    if (kind != Kind::kArgs) {
                      c.output(1).data<float>()[channel] = static_cast<float>(below);
                      c.output(2).data<float>()[channel] = static_cast<float>(above);
                    }
                  }
                });
  return Status();
}

#define RIVULET_BITS "num_bits:int=8; narrow_range:bool=false"
#define RIVULET_BACKPROPS "backprops_wrt_input:f32, backprop_wrt_min:f32, backprop_wrt_max:f32"

constexpr OpDef kDefs[] = {
    {.name = "FakeQuantWithMinMaxArgs",
     .inputs = "inputs:f32",
     .outputs = "outputs:f32",
     .attrs = "min:float=-6; max:float=6; " RIVULET_BITS,
     .infer = With<Infer, Kind::kArgs, false>,
     .prepare = With<Prepare, Kind::kArgs>,
     .run = Run,
     .flags = kElementwise},
    {.name = "FakeQuantWithMinMaxVars",
     .inputs = "inputs:f32, min:f32, max:f32",
     .outputs = "outputs:f32",
     .attrs = RIVULET_BITS,
     .infer = With<Infer, Kind::kVars, false>,
     .prepare = With<Prepare, Kind::kVars>,
     .run = Run},
    {.name = "FakeQuantWithMinMaxVarsPerChannel",
     .inputs = "inputs:f32, min:f32, max:f32",
     .outputs = "outputs:f32",
     .attrs = RIVULET_BITS,
     .infer = With<Infer, Kind::kPerChannel, false>,
     .prepare = With<Prepare, Kind::kPerChannel>,
     .run = Run},
    {.name = "FakeQuantWithMinMaxArgsGradient",
     .inputs = "gradients:f32, inputs:f32",
     .outputs = "backprops:f32",
     .attrs = "min:float=-6; max:float=6; " RIVULET_BITS,
     .infer = With<Infer, Kind::kArgs, true>,
     .prepare = With<Prepare, Kind::kArgs>,
     .run = RunGradient},
    {.name = "FakeQuantWithMinMaxVarsGradient",
     .inputs = "gradients:f32, inputs:f32, min:f32, max:f32",
     .outputs = RIVULET_BACKPROPS,
     .attrs = RIVULET_BITS,
     .infer = With<Infer, Kind::kVars, true>,
     .prepare = With<Prepare, Kind::kVars>,
     .run = RunGradient},
    {.name = "FakeQuantWithMinMaxVarsPerChannelGradient",
     .inputs = "gradients:f32, inputs:f32, min:f32, max:f32",
     .outputs = RIVULET_BACKPROPS,
     .attrs = RIVULET_BITS,
     .infer = With<Infer, Kind::kPerChannel, true>,
     .prepare = With<Prepare, Kind::kPerChannel>,
     .run = RunGradient},
};

}  // namespace

RIVULET_OP_LIST(FakeQuant, kDefs);

}  // namespace rivulet

// BatchNormWithGlobalNormalization and its gradient (operators of GraphDefs before version 9).
//
//   result = (t - m) / sqrt(v + variance_epsilon) [* gamma if scale_after_normalization] + beta
//
// t [batch, height, width, channels]; m, v, beta, gamma [channels]. With s = 1 / sqrt(v + variance_epsilon) and g =
// gamma or 1, the gradient for `backprop` b, summed over all but the channels:
//
//   dx = b * s * g      dm = -sum b * s * g      dv = -1/2 * sum b * (t - m) * s^3 * g
//   db = sum b          dg = sum b * (t - m) * s if scale_after_normalization, else 0
#include <algorithm>
#include <cmath>

#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"
#include "engine/ops/staging.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  float epsilon = 0;
  bool scale = false;
};

// t of rank 4 and `count` vectors from input `first` on; returns t's shape and the channels.
struct Shapes {
  Shape t;
  int64_t channels = -1;
};
Result<Shapes> CheckShapes(const InferContext& c, int first, int count) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  Shapes out{c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(4)};
  out.channels = out.t[3];
  for (int i = first; i < first + count; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    if (!c.shape(i).has_rank() || c.shape(i)[0] < 0) continue;
    if (out.channels < 0) out.channels = c.shape(i)[0];
    if (c.shape(i)[0] != out.channels) {
      return InvalidArgument("input ", i, ": want ", out.channels, " elements, one for each channel, got ",
                             c.shape(i)[0]);
    }
  }
  out.t.set_dim(3, out.channels);
  return out;
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shapes shapes, CheckShapes(c, 1, 4));
  c.set_output(0, shapes.t);
  return Status();
}

Status InferGrad(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shapes shapes, CheckShapes(c, 1, 3));
  RIVULET_ASSIGN_OR_RETURN(const Shape dx, MergeShapes(shapes.t, c.shape(4)));
  c.set_output(0, dx);
  for (int i = 1; i <= 4; ++i) c.set_output(i, {dx[3]});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->epsilon = c.attrs().Float("variance_epsilon");
  state->scale = c.attrs().Bool("scale_after_normalization");
  return std::unique_ptr<OpState>(std::move(state));
}

int64_t RowGrain(int64_t channels) { return std::max<int64_t>((1 << 14) / std::max<int64_t>(channels, 1), 1); }

template <typename T>
void Forward(RunContext& c, const State& state, const void* const inputs[5], void* const outputs[5]) {
  const T* in[5];
  for (int i = 0; i < 5; ++i) in[i] = static_cast<const T*>(inputs[i]);
  T* out = static_cast<T*>(outputs[0]);
  const int64_t channels = c.output(0).dim(3);
  const int64_t rows = c.output(0).num_elements() / channels;
  c.ParallelFor(rows, RowGrain(channels), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t i = 0; i < channels; ++i) {
        T factor = T(1) / std::sqrt(in[2][i] + static_cast<T>(state.epsilon));
        if (state.scale) factor *= in[4][i];
        out[row * channels + i] = (in[0][row * channels + i] - in[1][i]) * factor + in[3][i];
      }
    }
  });
}

// `outputs`: dx, dm, dv, db, dg.
template <typename T>
void Backward(RunContext& c, const State& state, const void* const inputs[5], void* const outputs[5]) {
  const T* in[5];
  T* out[5];
  for (int i = 0; i < 5; ++i) {
    in[i] = static_cast<const T*>(inputs[i]);
    out[i] = static_cast<T*>(outputs[i]);
  }
  const int64_t channels = c.output(0).dim(3);
  const int64_t rows = channels > 0 ? c.output(0).num_elements() / channels : 0;
  c.ParallelFor(channels, std::max<int64_t>((1 << 14) / std::max<int64_t>(rows, 1), 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const double s = 1 / std::sqrt(static_cast<double>(in[2][i]) + static_cast<double>(state.epsilon));
                    const double g = state.scale ? static_cast<double>(in[3][i]) : 1.0;
                    double sum = 0;
                    double product = 0;
                    for (int64_t at = i; at < rows * channels; at += channels) {
                      const double b = static_cast<double>(in[4][at]);
                      sum += b;
                      product += b * static_cast<double>(in[0][at] - in[1][i]);
                      out[0][at] = static_cast<T>(b * s * g);
                    }
                    out[1][i] = static_cast<T>(-sum * s * g);
                    out[2][i] = static_cast<T>(product * -0.5 * s * s * s * g);
                    out[3][i] = static_cast<T>(sum);
                    out[4][i] = static_cast<T>(state.scale ? product * s : 0.0);
                  }
                });
}

Status Run(RunContext& c, bool grad) {
  const auto& state = c.state<State>();
  if (!grad && c.output(0).num_elements() == 0) return Status();
  ScratchPieces pieces;
  const StagedInput inputs[5] = {{c.input(0), true, pieces},
                                 {c.input(1), true, pieces},
                                 {c.input(2), true, pieces},
                                 {c.input(3), true, pieces},
                                 {c.input(4), true, pieces}};
  std::vector<StagedOutput> outputs;
  for (int i = 0; i < c.num_outputs(); ++i) outputs.emplace_back(c.output(i), true, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* in[5] = {};
  void* out[5] = {};
  for (size_t i = 0; i < 5; ++i) in[i] = inputs[i].Fill(c, pieces);
  for (size_t i = 0; i < outputs.size(); ++i) out[i] = outputs[i].data(pieces);
  VisitLoops<kWidenFloats, float, double>(ComputeType(c.output(0).dtype()), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    (grad ? Backward<T> : Forward<T>)(c, state, in, out);
  });
  for (const StagedOutput& output : outputs) output.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS "T:type in {f16,f32,f64}; variance_epsilon:float; scale_after_normalization:bool"

constexpr OpDef kDefs[] = {
    {.name = "BatchNormWithGlobalNormalization",
     .inputs = "t:T, m:T, v:T, beta:T, gamma:T",
     .outputs = "result:T",
     .attrs = RIVULET_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<With<Run, false>, kWidenFloats, State>},
    {.name = "BatchNormWithGlobalNormalizationGrad",
     .inputs = "t:T, m:T, v:T, gamma:T, backprop:T",
     .outputs = "dx:T, dm:T, dv:T, db:T, dg:T",
     .attrs = RIVULET_ATTRS,
     .infer = InferGrad,
     .prepare = Prepare,
     .run = kWidened<With<Run, true>, kWidenFloats, State>},
};

}  // namespace

RIVULET_OP_LIST(BatchNormGlobal, kDefs);

}  // namespace rivulet

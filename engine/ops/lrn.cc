// LRN and LRNGrad: local response normalisation over neighbouring channels.
//
//   norm[d] = bias + alpha * sum of in[j]^2 for |j - d| <= depth_radius       out[d] = in[d] * norm[d]^-beta
//   gradient: dx[k] = dy[k] * norm[k]^-beta - 2 alpha beta in[k] * sum over |j - k| <= depth_radius of dy[j] out[j] /
//   norm[j]
//
// Rank 4, channels last. The gradient of small floats is rounded after every operation, in TensorFlow's order: window
// by window, which for large gradients differs from sums in float by more than the rule allows.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"
#include "engine/ops/rounded.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t radius = 0;
  float bias = 0;
  float alpha = 0;
  float beta = 0;
};

Status Infer(InferContext& c) {
  const int64_t radius = c.attrs().Int("depth_radius");
  if (radius < 0 || radius > 0x7fffffff) {
    return InvalidArgument("attr 'depth_radius': want [0, 2147483647], got ", radius);
  }
  Shape shape = Shape::OfUnknownDims(4);
  for (int i = 0; i < c.num_inputs(); ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 4));
    RIVULET_ASSIGN_OR_RETURN(shape, MergeShapes(shape, c.shape(i)));
  }
  c.set_output(0, shape);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->radius = c.attrs().Int("depth_radius");
  state->bias = c.attrs().Float("bias");
  state->alpha = c.attrs().Float("alpha");
  state->beta = c.attrs().Float("beta");
  return std::unique_ptr<OpState>(std::move(state));
}

// norm^-beta; the exponents that networks use are cheap.
float Power(float norm, float beta) {
  if (beta == 0.5f) return 1.0f / std::sqrt(norm);
  if (beta == 0.75f) {
    const float root = std::sqrt(norm);
    return 1.0f / (root * std::sqrt(root));
  }
  if (beta == 1.0f) return 1.0f / norm;
  return std::pow(norm, -beta);
}

// The same as exp(-beta * log(norm)): NaN of a negative norm, and with beta 0 of all whose logarithm is not finite. So
// TensorFlow forward, unlike its gradient.
float PowerByLog(float norm, float beta) {
  if (beta == 0.0f) return norm > 0 && std::isfinite(norm) ? 1.0f : std::numeric_limits<float>::quiet_NaN();
  return norm < 0 && beta != 1.0f ? std::numeric_limits<float>::quiet_NaN() : Power(norm, beta);
}

// Calls body(i, sum) with the sum of value(j) for |j - i| <= radius, for each i of [0, count). Short windows are summed
// one by one; long ones as differences of running sums, in double precision.
template <typename Value, typename Body>
void WindowSums(int64_t count, int64_t radius, double* running, const Value& value, const Body& body) {
  constexpr int64_t kShort = 16;
  if (radius <= kShort) {
    for (int64_t i = 0; i < count; ++i) {
      float sum = 0;
      const int64_t end = std::min(i + radius + 1, count);
      for (int64_t j = std::max<int64_t>(i - radius, 0); j < end; ++j) sum += value(j);
      body(i, sum);
    }
    return;
  }
  running[0] = 0;
  for (int64_t i = 0; i < count; ++i) running[i + 1] = running[i] + static_cast<double>(value(i));
  for (int64_t i = 0; i < count; ++i) {
    const double sum = running[std::min(i + radius + 1, count)] - running[std::max<int64_t>(i - radius, 0)];
    body(i, static_cast<float>(sum));
  }
}

void ForwardRow(const State& s, const float* in, int64_t channels, double* running, float* out) {
  WindowSums(
      channels, s.radius, running, [&](int64_t j) { return in[j] * in[j]; },
      [&](int64_t i, float sum) { out[i] = in[i] * PowerByLog(s.bias + s.alpha * sum, s.beta); });
}

// `norm`: room for a row.
void BackwardRow(const State& s, const float* grad, const float* in, const float* out, int64_t channels,
                 double* running, float* norm, float* to) {
  WindowSums(
      channels, s.radius, running, [&](int64_t j) { return in[j] * in[j]; },
      [&](int64_t i, float sum) { norm[i] = s.bias + s.alpha * sum; });
  WindowSums(
      channels, s.radius, running, [&](int64_t j) { return grad[j] * out[j] / norm[j]; },
      [&](int64_t i, float sum) { to[i] = grad[i] * Power(norm[i], s.beta) - 2 * s.alpha * s.beta * in[i] * sum; });
}

// The gradient of a row in arithmetic that rounds to float16.
void BackwardRounded(const State& s, const Half* grad, const Half* in, const Half* out, int64_t channels, Half* to) {
  using R = Rounded<Half>;
  const R alpha = R::Of(s.alpha), bias = R::Of(s.bias), exponent = R::Of(-R::Of(s.beta).value);
  const R factor = R::Of(-2 * R::Of(s.alpha).value * R::Of(s.beta).value);
  std::fill_n(to, channels, Half(0.0f));
  for (int64_t j = 0; j < channels; ++j) {
    const int64_t begin = std::max<int64_t>(j - s.radius, 0), end = std::min(j + s.radius + 1, channels);
    R norm;
    for (int64_t k = begin; k < end; ++k) norm = norm + R(in[k]) * R(in[k]);
    norm = alpha * norm + bias;
    const R power = R::Of(std::pow(norm.value, exponent.value)), active = factor * R(out[j]);
    for (int64_t k = begin; k < end; ++k) {
      R d = R(in[k]) * active / norm;
      if (k == j) d = d + power;
      to[k] = (R(to[k]) + d * R(grad[j])).stored();
    }
  }
}

Status RunHalf(RunContext& c) {
  const auto& state = c.state<State>();
  const int64_t channels = c.output(0).dim(3);
  const Half* in[3];
  for (int i = 0; i < 3; ++i) in[i] = c.input(i).data<Half>();
  Half* to = c.output(0).data<Half>();
  c.ParallelFor(c.output(0).num_elements() / channels, std::max<int64_t>((1 << 11) / channels, 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t at = begin * channels; at < end * channels && !c.stop().stopped(); at += channels) {
                    BackwardRounded(state, in[0] + at, in[1] + at, in[2] + at, channels, to + at);
                  }
                });
  return Status();
}

Status Run(RunContext& c, bool grad) {
  const auto& state = c.state<State>();
  if (c.output(0).num_elements() == 0) return Status();
  if (grad && c.output(0).dtype() == DType::kHalf) return RunHalf(c);
  const int64_t channels = c.output(0).dim(3);
  const int64_t rows = c.output(0).num_elements() / channels;
  const int64_t grain = std::max<int64_t>((1 << 12) / channels, 1);
  ScratchPieces pieces;
  std::vector<StagedInput> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.emplace_back(c.input(i), true, pieces);
  const StagedOutput output(c.output(0), true, pieces);
  // Each piece of the loop has room of its own for running sums and norms.
  const CheckedSize each = CheckedSize(channels + 1) * static_cast<int64_t>(2 * sizeof(double));
  const int64_t room = pieces.Add(each * ((rows + grain - 1) / grain));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const float* in[3] = {};
  for (size_t i = 0; i < inputs.size(); ++i) in[i] = static_cast<const float*>(inputs[i].Fill(c, pieces));
  float* to = static_cast<float*>(output.data(pieces));
  c.ParallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    double* running = pieces.At<double>(room) + begin / grain * (channels + 1) * 2;
    for (int64_t row = begin; row < end; ++row) {
      const int64_t at = row * channels;
      if (grad) {
        float* norm = reinterpret_cast<float*>(running + channels + 1);
        BackwardRow(state, in[0] + at, in[1] + at, in[2] + at, channels, running, norm, to + at);
      } else {
        ForwardRow(state, in[0] + at, channels, running, to + at);
      }
    }
  });
  output.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS \
  "depth_radius:int=5; bias:float=1.0; alpha:float=1.0; beta:float=0.5; T:type=f32 in {f16,bf16,f32}"

constexpr OpDef kDefs[] = {
    {.name = "LRN",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = With<Run, false>},
    {.name = "LRNGrad",
     .inputs = "input_grads:T, input_image:T, output_image:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = With<Run, true>},
};

}  // namespace

RIVULET_OP_LIST(Lrn, kDefs);

}  // namespace rivulet

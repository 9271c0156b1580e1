// FusedBatchNorm, V2, V3 and _FusedBatchNormEx:
//
//   y = (x - mean) / sqrt(variance + epsilon) * scale + offset       for each channel
//
// x [batch, .., channels] or [batch, channels, ..] of rank 4, or 5 (V3); the other inputs have one value for each
// channel. Inference takes mean and variance as given. Training takes those of x over all axes but the channels', and
// mean and variance may then be empty.
//
// Outputs: y; mean and variance, in training f * (those of x, the variance with n / (n - 1)) + (1 - f) * (those given)
// with f = exponential_avg_factor; reserve_space_1 and 2, the mean and the plain variance that were used; V3's
// reserve_space_3, a scalar 0. Of an empty x, mean and variance are NaN. In inference TensorFlow leaves reserve_space_1
// and 2 unset.
//
// _FusedBatchNormEx goes on with activation(y + side_input).
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

constexpr int kX = 0;
constexpr int kScale = 1;
constexpr int kOffset = 2;
constexpr int kMean = 3;
constexpr int kVariance = 4;
constexpr int kSide = 5;

struct State : OpState {
  bool training = false;
  bool channels_last = true;
  bool relu = false;
  float epsilon = 0;
  float factor = 1;
};

bool ChannelsLast(const AttrReader& attrs) {
  const auto format = ParseDataFormat(attrs.Str("data_format"));
  return !format.ok() || format->channels_last;
}

Status Infer(InferContext& c, int max_rank) {
  const Shape& x = c.shape(kX);
  if (x.has_rank() && (x.rank() < 4 || x.rank() > max_rank)) {
    return InvalidArgument("x: want rank 4", max_rank == 5 ? " or 5" : "", ", got shape ", x);
  }
  const bool training = c.attrs().Bool("is_training");
  const bool averages = c.attrs().Float("exponential_avg_factor") != 1.0f;
  const int64_t given = !x.has_rank() ? -1 : x[ChannelsLast(c.attrs()) ? x.rank() - 1 : 1];
  int64_t channels = given;
  for (int i = kScale; i <= kVariance; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    if (!c.shape(i).has_rank() || c.shape(i)[0] < 0) continue;
    const bool used = i <= kOffset || !training || averages;
    if (channels < 0 && used) channels = c.shape(i)[0];
    if (channels >= 0 && c.shape(i)[0] != channels && used) {
      return InvalidArgument("input ", i, ": want ", channels, " elements, one for each channel of x, got ",
                             c.shape(i)[0]);
    }
  }
  Shape y = x;
  if (x.has_rank() && channels >= 0) y.set_dim(ChannelsLast(c.attrs()) ? x.rank() - 1 : 1, channels);
  for (int i = kSide; i < c.num_inputs(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(y, MergeShapes(y, c.shape(i)));
  }
  c.set_output(0, y);
  for (int i = 1; i <= 4; ++i) c.set_output(i, {channels});
  if (c.num_outputs() > 5) c.set_output(5, {});
  return Status();
}

Status InferEx(InferContext& c) {
  const std::string activation = c.attrs().Str("activation_mode");
  if (activation != "Identity" && activation != "Relu") {
    return Unimplemented("attr 'activation_mode': want Identity or Relu, got ", Quoted(activation));
  }
  if (c.num_inputs() > kSide + 1) return InvalidArgument("want at most one side input");
  return Infer(c, 5);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->training = c.attrs().Bool("is_training");
  state->channels_last = ChannelsLast(c.attrs());
  state->relu = c.attrs().Str("activation_mode") == "Relu";
  state->epsilon = c.attrs().Float("epsilon");
  state->factor = c.attrs().Float("exponential_avg_factor");
  return std::unique_ptr<OpState>(std::move(state));
}

// Channels are walked through in runs of this many: a cache line.
constexpr int64_t kRun = 16;

// Mean and variance of each column of x [rows, channels].
void Moments(RunContext& c, const float* x, int64_t rows, int64_t channels, float* mean, float* variance) {
  const int64_t runs = (channels + kRun - 1) / kRun;
  c.ParallelFor(runs, std::max<int64_t>((1 << 14) / std::max<int64_t>(rows, 1), 1), [&](int64_t begin, int64_t end) {
    for (int64_t run = begin; run < end; ++run) {
      const int64_t first = run * kRun;
      const int64_t count = std::min(kRun, channels - first);
      double sum[kRun] = {};
      for (int64_t row = 0; row < rows; ++row) {
        const float* from = x + row * channels + first;
        for (int64_t i = 0; i < count; ++i) sum[i] += static_cast<double>(from[i]);
      }
      double squares[kRun] = {};
      const double n = static_cast<double>(rows);
      for (int64_t i = 0; i < count; ++i) sum[i] /= n;
      for (int64_t row = 0; row < rows; ++row) {
        const float* from = x + row * channels + first;
        for (int64_t i = 0; i < count; ++i) {
          const double d = static_cast<double>(from[i]) - sum[i];
          squares[i] += d * d;
        }
      }
      for (int64_t i = 0; i < count; ++i) {
        mean[first + i] = static_cast<float>(sum[i]);
        variance[first + i] = static_cast<float>(squares[i] / n);
      }
    }
  });
}

void Normalize(RunContext& c, const State& state, const float* x, const float* side, int64_t rows, int64_t channels,
               const float* mean, const float* factor, const float* offset, float* y) {
  const int64_t grain = std::max<int64_t>((1 << 15) / std::max<int64_t>(channels, 1), 1);
  c.ParallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* from = x + row * channels;
      float* to = y + row * channels;
      for (int64_t i = 0; i < channels; ++i) to[i] = (from[i] - mean[i]) * factor[i] + offset[i];
      if (side != nullptr) {
        for (int64_t i = 0; i < channels; ++i) to[i] += side[row * channels + i];
      }
      if (state.relu) {
        for (int64_t i = 0; i < channels; ++i) to[i] = to[i] < 0 ? 0 : to[i];
      }
    }
  });
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const int64_t channels = c.output(1).num_elements();
  const int64_t rows = channels > 0 ? c.output(0).num_elements() / channels : 0;
  float* const out_mean = c.output(1).data<float>();
  float* const out_variance = c.output(2).data<float>();
  float* const used_mean = c.output(3).data<float>();
  float* const used_variance = c.output(4).data<float>();
  if (c.num_outputs() > 5) c.output(5).data<float>()[0] = 0;
  if (rows == 0) {
    std::fill_n(out_mean, channels, std::numeric_limits<float>::quiet_NaN());
    std::fill_n(out_variance, channels, std::numeric_limits<float>::quiet_NaN());
    std::fill_n(used_mean, channels, 0.0f);
    std::fill_n(used_variance, channels, 0.0f);
    return Status();
  }
  ScratchPieces pieces;
  const StagedInput input(c.input(kX), state.channels_last, pieces);
  std::optional<StagedInput> side;
  if (c.num_inputs() > kSide) side.emplace(c.input(kSide), state.channels_last, pieces);
  const StagedOutput output(c.output(0), state.channels_last, pieces);
  const int64_t factor_piece = pieces.Add(CheckedSize(channels) * static_cast<int64_t>(sizeof(float)));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const float* x = static_cast<const float*>(input.Fill(c, pieces));

  const float* given_mean = c.input(kMean).data<float>();
  const float* given_variance = c.input(kVariance).data<float>();
  if (state.training) {
    Moments(c, x, rows, channels, used_mean, used_variance);
    const float n = static_cast<float>(rows);
    const float unbias = n / std::max(n - 1, 1.0f);
    for (int64_t i = 0; i < channels; ++i) {
      out_mean[i] = used_mean[i];
      out_variance[i] = used_variance[i] * unbias;
      if (state.factor != 1.0f) {
        out_mean[i] = state.factor * out_mean[i] + (1 - state.factor) * given_mean[i];
        out_variance[i] = state.factor * out_variance[i] + (1 - state.factor) * given_variance[i];
      }
    }
  } else {
    for (float* to : {out_mean, used_mean}) std::copy_n(given_mean, channels, to);
    for (float* to : {out_variance, used_variance}) std::copy_n(given_variance, channels, to);
  }
  float* factor = pieces.At<float>(factor_piece);
  const float* scale = c.input(kScale).data<float>();
  for (int64_t i = 0; i < channels; ++i) factor[i] = scale[i] / std::sqrt(used_variance[i] + state.epsilon);
  Normalize(c, state, x, side ? static_cast<const float*>(side->Fill(c, pieces)) : nullptr, rows, channels, used_mean,
            factor, c.input(kOffset).data<float>(), static_cast<float*>(output.data(pieces)));
  output.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS "epsilon:float=0.0001; exponential_avg_factor:float=1.0; is_training:bool=true; "
#define RIVULET_FLAT "data_format:string=\"NHWC\" in {NHWC,NCHW}; "

constexpr OpDef kDefs[] = {
    {.name = "FusedBatchNorm",
     .inputs = "x:T, scale:T, offset:T, mean:T, variance:T",
     .outputs = "y:T, batch_mean:T, batch_variance:T, reserve_space_1:T, reserve_space_2:T",
     .attrs = RIVULET_ATTRS RIVULET_FLAT "T:type in {f32}",
     .infer = With<Infer, 4>,
     .prepare = Prepare,
     .run = Run},
    {.name = "FusedBatchNormV2",
     .inputs = "x:T, scale:U, offset:U, mean:U, variance:U",
     .outputs = "y:T, batch_mean:U, batch_variance:U, reserve_space_1:U, reserve_space_2:U",
     .attrs = RIVULET_ATTRS RIVULET_FLAT "T:type in {f16,bf16,f32}; U:type in {f32}",
     .infer = With<Infer, 4>,
     .prepare = Prepare,
     .run = Run},
    {.name = "FusedBatchNormV3",
     .inputs = "x:T, scale:U, offset:U, mean:U, variance:U",
     .outputs = "y:T, batch_mean:U, batch_variance:U, reserve_space_1:U, reserve_space_2:U, reserve_space_3:U",
     .attrs = RIVULET_ATTRS "data_format:string=\"NHWC\" in {NHWC,NCHW,NDHWC,NCDHW}; T:type in {f16,bf16,f32}; "
                            "U:type in {f32}",
     .infer = With<Infer, 5>,
     .prepare = Prepare,
     .run = Run},
    {.name = "_FusedBatchNormEx",
     .inputs = "x:T, scale:U, offset:U, mean:U, variance:U, side_input:num_side_inputs*T",
     .outputs = "y:T, batch_mean:U, batch_variance:U, reserve_space_1:U, reserve_space_2:U, reserve_space_3:U",
     .attrs = RIVULET_ATTRS RIVULET_FLAT "T:type in {f16,bf16,f32}; U:type in {f32}; num_side_inputs:int=0; "
                                         "activation_mode:string=\"Identity\"",
     .infer = InferEx,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(BatchNorm, kDefs);

}  // namespace rivulet

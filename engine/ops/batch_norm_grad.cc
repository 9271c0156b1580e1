// FusedBatchNormGrad, V2, V3. With s = 1 / sqrt(variance + epsilon) and sums over all elements of a channel:
//
//   offset_backprop = sum dy          scale_backprop = s * sum dy * (x - mean)
//   x_backprop, inference: dy * scale * s
//   x_backprop, training:  scale * s * (dy - mean of dy - (x - mean) * s^2 * mean of dy * (x - mean))
//
// mean and variance are reserve_space_1 and 2; the last two outputs are empty.
#include <algorithm>
#include <cmath>

#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool training = false;
  bool channels_last = true;
  float epsilon = 0;
};

bool ChannelsLast(const AttrReader& attrs) {
  const auto format = ParseDataFormat(attrs.Str("data_format"));
  return !format.ok() || format->channels_last;
}

Status Infer(InferContext& c, int max_rank) {
  RIVULET_ASSIGN_OR_RETURN(Shape x, MergeShapes(c.shape(0), c.shape(1)));
  if (x.has_rank() && (x.rank() < 4 || x.rank() > max_rank)) {
    return InvalidArgument("x: want rank 4", max_rank == 5 ? " or 5" : "", ", got shape ", x);
  }
  int64_t channels = !x.has_rank() ? -1 : x[ChannelsLast(c.attrs()) ? x.rank() - 1 : 1];
  for (int i = 2; i <= 4; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    if (!c.shape(i).has_rank() || c.shape(i)[0] < 0) continue;
    if (channels < 0) channels = c.shape(i)[0];
    if (c.shape(i)[0] != channels) {
      return InvalidArgument("input ", i, ": want ", channels, " elements, one for each channel of x, got ",
                             c.shape(i)[0]);
    }
  }
  c.set_output(0, x);
  c.set_output(1, {channels});
  c.set_output(2, {channels});
  c.set_output(3, {0});
  c.set_output(4, {0});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->training = c.attrs().Bool("is_training");
  state->channels_last = ChannelsLast(c.attrs());
  state->epsilon = c.attrs().Float("epsilon");
  return std::unique_ptr<OpState>(std::move(state));
}

// Channels are walked through in runs of this many: a cache line.
constexpr int64_t kRun = 16;

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const int64_t channels = c.output(1).num_elements();
  const int64_t rows = channels > 0 ? c.output(0).num_elements() / channels : 0;
  float* const scale_grad = c.output(1).data<float>();
  float* const offset_grad = c.output(2).data<float>();
  std::fill_n(scale_grad, channels, 0.0f);
  std::fill_n(offset_grad, channels, 0.0f);
  if (rows == 0) return Status();
  ScratchPieces pieces;
  const StagedInput grad(c.input(0), state.channels_last, pieces);
  const StagedInput input(c.input(1), state.channels_last, pieces);
  const StagedOutput output(c.output(0), state.channels_last, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const float* dy = static_cast<const float*>(grad.Fill(c, pieces));
  const float* x = static_cast<const float*>(input.Fill(c, pieces));
  float* dx = static_cast<float*>(output.data(pieces));
  const float* scale = c.input(2).data<float>();
  const float* mean = c.input(3).data<float>();
  const float* variance = c.input(4).data<float>();

  const int64_t runs = (channels + kRun - 1) / kRun;
  c.ParallelFor(runs, std::max<int64_t>((1 << 14) / rows, 1), [&](int64_t begin, int64_t end) {
    for (int64_t run = begin; run < end; ++run) {
      const int64_t first = run * kRun;
      const int64_t count = std::min(kRun, channels - first);
      double sum[kRun] = {};
      double product[kRun] = {};
      for (int64_t row = 0; row < rows; ++row) {
        const int64_t at = row * channels + first;
        for (int64_t i = 0; i < count; ++i) {
          sum[i] += static_cast<double>(dy[at + i]);
          product[i] += static_cast<double>(dy[at + i]) * static_cast<double>(x[at + i] - mean[first + i]);
        }
      }
      float factor[kRun] = {};
      float mean_sum[kRun] = {};
      float slope[kRun] = {};
      const double n = static_cast<double>(rows);
      for (int64_t i = 0; i < count; ++i) {
        const double s = 1 / std::sqrt(static_cast<double>(variance[first + i]) + static_cast<double>(state.epsilon));
        scale_grad[first + i] = static_cast<float>(product[i] * s);
        offset_grad[first + i] = static_cast<float>(sum[i]);
        factor[i] = static_cast<float>(static_cast<double>(scale[first + i]) * s);
        mean_sum[i] = static_cast<float>(sum[i] / n);
        slope[i] = static_cast<float>(product[i] / n * s * s);
      }
      for (int64_t row = 0; row < rows; ++row) {
        const int64_t at = row * channels + first;
        for (int64_t i = 0; i < count; ++i) {
          float y = dy[at + i];
          if (state.training) y = y - mean_sum[i] - (x[at + i] - mean[first + i]) * slope[i];
          dx[at + i] = factor[i] * y;
        }
      }
    }
  });
  output.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS "epsilon:float=0.0001; is_training:bool=true; "
#define RIVULET_FLAT "data_format:string=\"NHWC\" in {NHWC,NCHW}; "
#define RIVULET_OUTPUTS(type, a, b)                                                                                 \
  "x_backprop:T, scale_backprop:" type ", offset_backprop:" type ", reserve_space_" a ":" type ", reserve_space_" b \
  ":" type

constexpr OpDef kDefs[] = {
    {.name = "FusedBatchNormGrad",
     .inputs = "y_backprop:T, x:T, scale:T, reserve_space_1:T, reserve_space_2:T",
     .outputs = RIVULET_OUTPUTS("T", "3", "4"),
     .attrs = RIVULET_ATTRS RIVULET_FLAT "T:type in {f32}",
     .infer = With<Infer, 4>,
     .prepare = Prepare,
     .run = Run},
    {.name = "FusedBatchNormGradV2",
     .inputs = "y_backprop:T, x:T, scale:f32, reserve_space_1:U, reserve_space_2:U",
     .outputs = RIVULET_OUTPUTS("U", "3", "4"),
     .attrs = RIVULET_ATTRS RIVULET_FLAT "T:type in {f16,bf16,f32}; U:type in {f32}",
     .infer = With<Infer, 4>,
     .prepare = Prepare,
     .run = Run},
    {.name = "FusedBatchNormGradV3",
     .inputs = "y_backprop:T, x:T, scale:f32, reserve_space_1:U, reserve_space_2:U, reserve_space_3:U",
     .outputs = RIVULET_OUTPUTS("U", "4", "5"),
     .attrs = RIVULET_ATTRS "data_format:string=\"NHWC\" in {NHWC,NCHW,NDHWC,NCDHW}; T:type in {f16,bf16,f32}; "
                            "U:type in {f32}",
     .infer = With<Infer, 5>,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(BatchNormGrad, kDefs);

}  // namespace rivulet

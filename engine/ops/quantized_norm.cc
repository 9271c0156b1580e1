// QuantizedInstanceNorm, QuantizedBatchNormWithGlobalNormalization: normalised codes.
//
//   instance: x [batch, height, width, channels] of quint8, x_min, x_max -> y, y_min, y_max; each channel of each image
//   gets mean 0 and variance 1. The range is that of the result or the given one, at least min_separation wide. batch:
//   t [batch, height, width, channels] of quint8 and its range, then mean, variance, beta and gamma [channels] with
//   theirs -> result of qint32 in the range [-2^20, 2^20], made in fixed point.
#include "engine/ops/quantized.h"

namespace rivulet {
namespace {

Status InferInstance(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  RIVULET_RETURN_IF_ERROR(WantScalars(c, 1, 2));
  if (c.attrs().Bool("output_range_given") && !(c.attrs().Float("given_y_min") < c.attrs().Float("given_y_max"))) {
    return InvalidArgument("given_y_min: want below given_y_max ", c.attrs().Float("given_y_max"), ", got ",
                           c.attrs().Float("given_y_min"));
  }
  SetQuantizedOutputs(c, c.shape(0));
  return Status();
}

struct InstanceState : OpState {
  bool range_given = false;
  Range range;
  float epsilon = 0;
  float separation = 0;
};

Result<std::unique_ptr<OpState>> PrepareInstance(PrepareContext& c) {
  auto state = std::make_unique<InstanceState>();
  state->range_given = c.attrs().Bool("output_range_given");
  state->range = {c.attrs().Float("given_y_min"), c.attrs().Float("given_y_max")};
  state->epsilon = c.attrs().Float("variance_epsilon");
  state->separation = c.attrs().Float("min_separation");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunInstance(RunContext& c) {
  const auto& state = c.state<InstanceState>();
  Range range;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 1, 2, false, &range));
  const Tensor& input = c.input(0);
  const int64_t count = input.num_elements();
  Range out = state.range_given ? state.range : Range{};
  if (count == 0) {
    WriteRange(c, 1, out);
    return Status();
  }
  const int64_t channels = input.dim(3), area = input.dim(1) * input.dim(2), lines = input.dim(0) * channels;
  const auto* x = static_cast<const uint8_t*>(input.raw());
  auto* y = static_cast<uint8_t*>(c.output(0).raw());
  struct Line {
    float mean, factor, low, high;
  };
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(lines) * sizeof(Line)));
  auto* all = static_cast<Line*>(scratch);
  const Decoder<uint8_t> decode(range);
  const int64_t grain = std::max<int64_t>((1 << 14) / area, 1);
  c.ParallelFor(lines, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint8_t* from = x + i / channels * area * channels + i % channels;
      int64_t sum = 0, lowest = 255, highest = 0;
      for (int64_t p = 0; p < area; ++p) {
        const int64_t code = from[p * channels];
        sum += code;
        lowest = std::min(lowest, code);
        highest = std::max(highest, code);
      }
      const double middle = static_cast<double>(sum) / static_cast<double>(area);
      double square = 0;
      for (int64_t p = 0; p < area; ++p) {
        const double off = static_cast<double>(from[p * channels]) - middle;
        square += off * off;
      }
      const auto step = static_cast<double>(decode.step);
      const double variance = square / static_cast<double>(area) * step * step;
      Line& line = all[i];
      line.mean = static_cast<float>(static_cast<double>(decode.low) + middle * step);
      line.factor = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(state.epsilon)));
      line.low = (decode(static_cast<uint8_t>(lowest)) - line.mean) * line.factor;
      line.high = (decode(static_cast<uint8_t>(highest)) - line.mean) * line.factor;
    }
  });
  if (!state.range_given) {
    out = {all[0].low, all[0].high};
    for (int64_t i = 1; i < lines; ++i) out = {std::min(out.low, all[i].low), std::max(out.high, all[i].high)};
  }
  if (!(out.high - out.low >= state.separation)) out.high = out.low + state.separation;
  const Encoder<uint8_t> encode(out);
  c.ParallelFor(lines, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i / channels * area * channels + i % channels;
      for (int64_t p = 0; p < area; ++p) {
        y[at + p * channels] = encode((decode(x[at + p * channels]) - all[i].mean) * all[i].factor);
      }
    }
  });
  WriteRange(c, 1, out);
  return Status();
}

// TensorFlow's kernel wants more than one mean.
Status InferBatch(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  Shape out = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(4);
  for (int i = 0; i < 15; i += 3) {
    RIVULET_RETURN_IF_ERROR(WantOneElement(c, i + 1, 2));
    if (i == 0) continue;
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    if (!c.shape(i).has_rank() || c.shape(i)[0] < 0) continue;
    if (out[3] >= 0 && out[3] != c.shape(i)[0]) {
      return InvalidArgument("input ", i, ": want ", out[3], " channels, got ", c.shape(i)[0]);
    }
    out.set_dim(3, c.shape(i)[0]);
  }
  if (out[3] == 1) return InvalidArgument("want more than one channel");
  SetQuantizedOutputs(c, std::move(out));
  return Status();
}

struct BatchState : OpState {
  float epsilon = 0;
  bool scale = false;
};

Result<std::unique_ptr<OpState>> PrepareBatch(PrepareContext& c) {
  auto state = std::make_unique<BatchState>();
  state->epsilon = c.attrs().Float("variance_epsilon");
  state->scale = c.attrs().Bool("scale_after_normalization");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunBatch(RunContext& c) {
  const auto& state = c.state<BatchState>();
  Range ranges[5];
  for (int i = 0; i < 5; ++i) RIVULET_RETURN_IF_ERROR(ReadRange(c, 3 * i + 1, 3 * i + 2, false, &ranges[i]));
  const Range out{-1048576.0f, 1048576.0f};
  WriteRange(c, 1, out);
  const int64_t count = c.output(0).num_elements();
  if (count == 0) return Status();
  const int64_t channels = c.output(0).dim(3);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(channels) * 2 * sizeof(int32_t)));
  auto* scale = static_cast<int32_t*>(scratch);
  int32_t* offset = scale + channels;
  const auto number = [&](int i, int64_t channel) {
    return NumberOf<uint8_t>(static_cast<const uint8_t*>(c.input(3 * i).raw())[channel], ranges[i]);
  };
  for (int64_t i = 0; i < channels; ++i) {
    float factor = 1.0f / std::sqrt(number(2, i) + state.epsilon);
    if (state.scale) factor *= number(4, i);
    scale[i] = CodeOf<int32_t>(factor, out);
    offset[i] = CodeOf<int32_t>(-number(1, i) * factor + number(3, i), out);
  }
  const auto one = static_cast<int64_t>(CodeOf<int32_t>(1.0f, out));
  int32_t codes[256];
  for (int i = 0; i < 256; ++i) codes[i] = Recode<uint8_t, int32_t>(static_cast<uint8_t>(i), ranges[0], out);
  const auto* x = static_cast<const uint8_t*>(c.input(0).raw());
  auto* y = static_cast<int32_t*>(c.output(0).raw());
  c.ParallelFor(count, 1 << 13, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t channel = i % channels;
      // The product wraps around in 32 bits.
      const auto product =
          static_cast<int32_t>(static_cast<uint32_t>(codes[x[i]]) * static_cast<uint32_t>(scale[channel]));
      y[i] = static_cast<int32_t>(static_cast<uint32_t>(product / one) + static_cast<uint32_t>(offset[channel]));
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "QuantizedInstanceNorm",
     .inputs = "x:T, x_min:f32, x_max:f32",
     .outputs = "y:T, y_min:f32, y_max:f32",
     .attrs = "T:type in {qu8}; output_range_given:bool=false; given_y_min:float=0; given_y_max:float=0; "
              "variance_epsilon:float=1e-05; min_separation:float=0.001",
     .infer = InferInstance,
     .prepare = PrepareInstance,
     .run = RunInstance},
    {.name = "QuantizedBatchNormWithGlobalNormalization",
     .inputs = "t:Tinput, t_min:f32, t_max:f32, m:Tinput, m_min:f32, m_max:f32, v:Tinput, v_min:f32, v_max:f32, "
               "beta:Tinput, beta_min:f32, beta_max:f32, gamma:Tinput, gamma_min:f32, gamma_max:f32",
     .outputs = "result:out_type, result_min:f32, result_max:f32",
     .attrs = "Tinput:type in {qu8}; out_type:type in {qi32}; variance_epsilon:float; scale_after_normalization:bool",
     .infer = InferBatch,
     .prepare = PrepareBatch,
     .run = RunBatch},
};

}  // namespace

RIVULET_OP_LIST(QuantizedNorm, kDefs);

}  // namespace rivulet

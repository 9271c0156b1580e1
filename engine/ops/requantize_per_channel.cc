// RequantizationRangePerChannel, RequantizePerChannel: 32-bit codes whose channels have ranges of their own.
//
//   input [n, h, w, channels] of qint32, input_min, input_max: [channels]
//   RequantizationRangePerChannel -> output_min, output_max: scalars, 0 in the middle unless no code is negative
//   RequantizePerChannel, requested_output_min, requested_output_max: scalars -> output [..], the two again
//
// Ranges are symmetric: the larger of both ends' magnitudes stands for 2^31, and for 127 of qint8 or 255 of quint8.
// One range serves all channels. Deviation: the range of no elements is refused, the codes of none are none; TensorFlow
// divides by zero.
#include "engine/ops/quantized.h"

namespace rivulet {
namespace {

constexpr float kCodes = 2147483648.0f;

struct State : OpState {
  float clip = 0;
};

Status Infer(InferContext& c) {
  const bool makes_codes = c.num_outputs() == 3;
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  const Shape input = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(4);
  for (int i = 1; i < 3; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    const int64_t count = c.shape(i).has_rank() ? c.shape(i)[0] : Shape::kUnknownDim;
    if (count >= 0 && input[3] >= 0 && count != input[3] && !(makes_codes && count == 1)) {
      return InvalidArgument(i == 1 ? "input_min" : "input_max", ": want one element for each of ", input[3],
                             " channels, got ", count);
    }
  }
  if (makes_codes) {
    RIVULET_RETURN_IF_ERROR(WantOneElement(c, 3, 2));
    SetQuantizedOutputs(c, input);
  } else {
    c.set_output(0, {});
    c.set_output(1, {});
  }
  return Status();
}

Status WantOneCount(RunContext& c) {
  const int64_t low = c.input(1).num_elements(), high = c.input(2).num_elements();
  if (low == high) return Status();
  return InvalidArgument("want as many input_min as input_max, got ", low, " and ", high);
}

Result<std::unique_ptr<OpState>> PrepareRange(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->clip = c.attrs().Float("clip_value_max");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunRange(RunContext& c) {
  const Tensor& input = c.input(0);
  if (input.num_elements() == 0) return InvalidArgument("input: want elements, got shape ", input.shape());
  RIVULET_RETURN_IF_ERROR(WantOneCount(c));
  const auto* x = static_cast<const int32_t*>(input.raw());
  const float *low = c.input(1).data<float>(), *high = c.input(2).data<float>();
  const int64_t channels = input.dim(3), rows = input.num_elements() / channels;
  float most = std::numeric_limits<float>::min();
  bool negative = false;
  for (int64_t k = 0; k < channels; ++k) {
    int64_t low_code = x[k], high_code = x[k];
    for (int64_t row = 0; row < rows; ++row) {
      if (row % (1 << 16) == 0 && c.stop().stopped()) return c.stop().Why();
      low_code = std::min<int64_t>(low_code, x[row * channels + k]);
      high_code = std::max<int64_t>(high_code, x[row * channels + k]);
    }
    negative = negative || low_code < 0;
    const auto code = static_cast<float>(std::max(std::abs(low_code), std::abs(high_code)));
    most = std::max(most, std::max(std::fabs(low[k]), std::fabs(high[k])) * code / kCodes);
  }
  most = std::min(most, c.state<State>().clip);
  WriteRange(c, 0, {negative ? -most : 0.0f, most});
  return Status();
}

template <typename T>
void Encode(RunContext& c, float requested) {
  const auto* x = static_cast<const int32_t*>(c.input(0).raw());
  T* y = static_cast<T*>(c.output(0).raw());
  const float *low = c.input(1).data<float>(), *high = c.input(2).data<float>();
  const int64_t channels = c.input(0).dim(3), ranges = c.input(1).num_elements();
  const float top = std::numeric_limits<T>::max();
  c.ParallelFor(c.output(0).num_elements() / channels, std::max<int64_t>((1 << 12) / channels, 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t row = begin; row < end; ++row) {
                    for (int64_t k = 0; k < channels; ++k) {
                      const int64_t own = ranges == 1 ? 0 : k;
                      const float range = std::max(std::fabs(low[own]), std::fabs(high[own]));
                      const float scale = top * (range / requested / kCodes);
                      const float code = std::nearbyint(static_cast<float>(x[row * channels + k]) * scale);
                      y[row * channels + k] = Saturate<T>(static_cast<double>(code));
                    }
                  }
                });
}

Status Run(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(WantOneCount(c));
  const Range to = {c.input(3).data<float>()[0], c.input(4).data<float>()[0]};
  const float requested = std::max(std::fabs(to.low), std::fabs(to.high));
  if (!(requested > 0)) {
    return InvalidArgument("requested_output_min and requested_output_max: want one that is not 0, got ", to.low,
                           " and ", to.high);
  }
  if (c.output(0).dtype() == DType::kQint8 && !(to.low < 0)) {
    return InvalidArgument("requested_output_min: want less than 0 for qint8, got ", to.low);
  }
  if (c.output(0).num_elements() > 0) {
    c.output(0).dtype() == DType::kQuint8 ? Encode<uint8_t>(c, requested) : Encode<int8_t>(c, requested);
  }
  WriteRange(c, 1, to);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "RequantizationRangePerChannel",
     .inputs = "input:T, input_min:f32, input_max:f32",
     .outputs = "output_min:f32, output_max:f32",
     .attrs = "T:type=qi32 in {qi32}; clip_value_max:float",
     .infer = Infer,
     .prepare = PrepareRange,
     .run = RunRange},
    {.name = "RequantizePerChannel",
     .inputs = "input:T, input_min:f32, input_max:f32, requested_output_min:f32, requested_output_max:f32",
     .outputs = "output:out_type, output_min:f32, output_max:f32",
     .attrs = "T:type=qi32 in {qi32}; out_type:type=qu8 in {qi8,qu8}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(RequantizePerChannel, kDefs);

}  // namespace rivulet

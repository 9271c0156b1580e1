// UniformQuantize, UniformDequantize, UniformRequantize, UniformQuantizedClipByValue; see uniform_quantized.h.
//
//   input, scales, zero_points -> codes of qint8, quint8 or qint32; or the other way
//   input, input_scales, input_zero_points, output_scales, output_zero_points -> codes in other scales
//   operand, min, max (codes, as many as scales), scales, zero_points -> operand within [min, max], max first
//
// Codes outside of the output's type are its low bits, where the limits allow them.
#include <algorithm>
#include <type_traits>
#include <vector>

#include "engine/ops/uniform_quantized.h"

namespace rivulet {
namespace {

struct State : OpState {
  CodeLimits limits;
  int64_t axis = -1;
  int64_t output_axis = -1;
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckScales(c, c.shape(0), "quantization_axis", 1));
  c.set_output(0, c.shape(0));
  return Status();
}

Status InferClip(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckScales(c, c.shape(0), "quantization_axis", 3));
  for (int i = 1; i < 3; ++i) {
    if (c.shape(i).complete() && c.shape(3).complete() && c.shape(i) != c.shape(3)) {
      return InvalidArgument(i == 1 ? "min" : "max", ": want the scales' shape ", c.shape(3), ", got ", c.shape(i));
    }
  }
  c.set_output(0, c.shape(0));
  return Status();
}

Status InferRequantize(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckScales(c, c.shape(0), "input_quantization_axis", 1));
  RIVULET_RETURN_IF_ERROR(CheckScales(c, c.shape(0), "output_quantization_axis", 3));
  const int64_t from = c.attrs().Int("input_quantization_axis"), to = c.attrs().Int("output_quantization_axis");
  if (from >= 0 && to >= 0 && from != to) {
    return InvalidArgument("quantization axes: want one, got ", from, " of the input and ", to, " of the output");
  }
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->axis = c.attrs().Int("quantization_axis");
  RIVULET_ASSIGN_OR_RETURN(state->limits, ReadCodeLimits(c.attrs()));
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareRequantize(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->axis = std::max(c.attrs().Int("input_quantization_axis"), c.attrs().Int("output_quantization_axis"));
  RIVULET_ASSIGN_OR_RETURN(state->limits, ReadCodeLimits(c.attrs(), "output_"));
  return std::unique_ptr<OpState>(std::move(state));
}

// Calls body(first, last, channel) for stretches of elements that have one scale.
template <typename Body>
void ForEachChannel(RunContext& c, const Shape& shape, int64_t axis, const Body& body) {
  int64_t inner = 1;
  for (int i = static_cast<int>(axis) + 1; i < shape.rank(); ++i) inner *= shape[i];
  if (axis < 0) inner = shape.num_elements();
  const int64_t channels = axis < 0 ? 1 : shape[static_cast<int>(axis)];
  c.ParallelFor(shape.num_elements(), 1 << 14, [&](int64_t begin, int64_t end) {
    int64_t channel = begin / inner % channels;
    while (begin < end) {
      const int64_t last = std::min(begin / inner * inner + inner, end);
      body(begin, last, channel);
      begin = last;
      if (++channel == channels) channel = 0;
    }
  });
}

Status RunQuantize(RunContext& c) {
  const auto& state = c.state<State>();
  if (c.output(0).num_elements() == 0) return Status();
  const float* x = c.input(0).data<float>();
  const auto quantize = [&](auto* y) {
    ForEachChannel(c, c.input(0).shape(), state.axis, [&](int64_t first, int64_t last, int64_t channel) {
      const float inverse = 1.0f / c.input(1).data<float>()[channel];
      const int32_t zero_point = c.input(2).data<int32_t>()[channel];
      for (int64_t i = first; i < last; ++i) {
        y[i] = static_cast<std::remove_pointer_t<decltype(y)>>(state.limits.Clamp(ToCode(x[i], inverse, zero_point)));
      }
    });
  };
  switch (c.output(0).dtype()) {
    case DType::kQint8: quantize(static_cast<int8_t*>(c.output(0).raw())); break;
    case DType::kQuint8: quantize(static_cast<uint8_t*>(c.output(0).raw())); break;
    default: quantize(static_cast<int32_t*>(c.output(0).raw())); break;
  }
  return Status();
}

Status RunDequantize(RunContext& c) {
  const auto& state = c.state<State>();
  RIVULET_RETURN_IF_ERROR(WantPositive(c, 1));
  if (c.output(0).num_elements() == 0) return Status();
  float* y = c.output(0).data<float>();
  const auto dequantize = [&](const auto* x) {
    ForEachChannel(c, c.input(0).shape(), state.axis, [&](int64_t first, int64_t last, int64_t channel) {
      const float scale = c.input(1).data<float>()[channel];
      const int64_t zero_point = c.input(2).data<int32_t>()[channel];
      for (int64_t i = first; i < last; ++i) y[i] = static_cast<float>(Wrapped(ReadCode(x[i]) - zero_point)) * scale;
    });
  };
  switch (c.input(0).dtype()) {
    case DType::kQint8: dequantize(static_cast<const int8_t*>(c.input(0).raw())); break;
    case DType::kQuint8: dequantize(static_cast<const uint8_t*>(c.input(0).raw())); break;
    default: dequantize(static_cast<const int32_t*>(c.input(0).raw())); break;
  }
  return Status();
}

Status RunRequantize(RunContext& c) {
  const auto& state = c.state<State>();
  RIVULET_RETURN_IF_ERROR(WantPositive(c, 1));
  RIVULET_RETURN_IF_ERROR(WantPositive(c, 3));
  const int64_t froms = c.input(1).num_elements(), tos = c.input(3).num_elements();
  const int64_t count = c.input(1).rank() > 0 ? froms : tos;
  if (count == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(count) * sizeof(FixedPoint)));
  auto* factors = static_cast<FixedPoint*>(scratch);
  const int64_t from_step = c.input(1).rank(), to_step = c.input(3).rank();
  for (int64_t j = 0; j < count; ++j) {
    RIVULET_ASSIGN_OR_RETURN(factors[j], ToFixedPoint(static_cast<double>(c.input(1).data<float>()[j * from_step]) /
                                                      static_cast<double>(c.input(3).data<float>()[j * to_step])));
  }
  if (c.output(0).num_elements() == 0) return Status();
  auto* y = static_cast<int8_t*>(c.output(0).raw());
  const auto requantize = [&](const auto* x) {
    ForEachChannel(c, c.input(0).shape(), state.axis, [&](int64_t first, int64_t last, int64_t channel) {
      const int64_t from = c.input(2).data<int32_t>()[channel * from_step];
      const int64_t to = c.input(4).data<int32_t>()[channel * to_step];
      for (int64_t i = first; i < last; ++i) {
        y[i] = static_cast<int8_t>(
            state.limits.Clamp(Wrapped(Multiply(Wrapped(ReadCode(x[i]) - from), factors[channel]) + to)));
      }
    });
  };
  if (c.input(0).dtype() == DType::kQint8) {
    requantize(static_cast<const int8_t*>(c.input(0).raw()));
  } else {
    requantize(static_cast<const int32_t*>(c.input(0).raw()));
  }
  return Status();
}

Status RunClip(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  const auto* x = static_cast<const int32_t*>(c.input(0).raw());
  const auto* lows = static_cast<const int32_t*>(c.input(1).raw());
  const auto* highs = static_cast<const int32_t*>(c.input(2).raw());
  auto* y = static_cast<int32_t*>(c.output(0).raw());
  ForEachChannel(c, c.input(0).shape(), c.state<State>().axis, [&](int64_t first, int64_t last, int64_t channel) {
    const int32_t low = lows[channel], high = highs[channel];
    for (int64_t i = first; i < last; ++i) y[i] = std::min(std::max(x[i], low), high);
  });
  return Status();
}

#define RIVULET_AXIS(prefix) \
  prefix "quantization_axis:int=-1; " prefix "quantization_min_val:int; " prefix "quantization_max_val:int"
constexpr OpDef kDefs[] = {
    {.name = "UniformDequantize",
     .inputs = "input:Tin, scales:f32, zero_points:i32",
     .outputs = "output:Tout",
     .attrs = "Tin:type in {qi8,qu8,qi32}; Tout:type in {f32}; " RIVULET_AXIS(""),
     .infer = Infer,
     .prepare = Prepare,
     .run = RunDequantize},
    {.name = "UniformQuantize",
     .inputs = "input:Tin, scales:f32, zero_points:i32",
     .outputs = "output:Tout",
     .attrs = "Tin:type in {f32}; Tout:type in {qi8,qu8,qi32}; " RIVULET_AXIS(""),
     .infer = Infer,
     .prepare = Prepare,
     .run = RunQuantize},
    {.name = "UniformQuantizedClipByValue",
     .inputs = "operand:T, min:T, max:T, scales:f32, zero_points:i32",
     .outputs = "output:T",
     .attrs = "T:type in {qi32}; " RIVULET_AXIS(""),
     .infer = InferClip,
     .prepare = Prepare,
     .run = RunClip},
    {.name = "UniformRequantize",
     .inputs = "input:Tin, input_scales:f32, input_zero_points:i32, output_scales:f32, output_zero_points:i32",
     .outputs = "output:Tout",
     .attrs = "Tin:type in {qi8,qi32}; Tout:type in {qi8}; " RIVULET_AXIS("input_") "; " RIVULET_AXIS("output_"),
     .infer = InferRequantize,
     .prepare = PrepareRequantize,
     .run = RunRequantize},
};
#undef RIVULET_AXIS

}  // namespace

RIVULET_OP_LIST(UniformQuantize, kDefs);

}  // namespace rivulet

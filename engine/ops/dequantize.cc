// Dequantize: codes to numbers.
//
//   input [..] of T, min_range, max_range: one element, or with axis >= 0 one per index along that axis
//   -> output [..] of float32 or bfloat16 (MIN_COMBINED only)
//
// With SCALED, qint32 codes that round to 2^31 as float stand for the lowest code, as in TensorFlow.
#include <algorithm>
#include <cmath>

#include "engine/graph/shape_math.h"
#include "engine/kernels/quantized_codes.h"
#include "engine/ops/number.h"
#include "engine/ops/quantized.h"

namespace rivulet {
namespace {

enum class Mode { kMinCombined, kMinFirst, kScaled };

struct State : OpState {
  Mode mode = Mode::kMinCombined;
  bool narrow = false;
  int64_t axis = -1;
};

Status Infer(InferContext& c) {
  const int64_t axis = c.attrs().Int("axis");
  const std::string mode = c.attrs().Str("mode");
  if (axis < -1) return InvalidArgument("axis: want >= -1, got ", axis);
  if (axis >= 0 && mode == "MIN_FIRST")
    return Unimplemented("attr 'mode': want another than MIN_FIRST with axis ", axis);
  if (c.output_dtype(0) == DType::kBfloat16 && mode != "MIN_COMBINED") {
    return InvalidArgument("dtype bfloat16: want mode MIN_COMBINED, got ", mode);
  }
  const Shape& input = c.shape(0);
  if (axis < 0) {
    RIVULET_RETURN_IF_ERROR(WantOneElement(c, 1, 2));
  } else {
    Shape range = {Shape::kUnknownDim};
    if (input.has_rank()) {
      if (axis >= input.rank()) return InvalidArgument("axis: want below the rank ", input.rank(), ", got ", axis);
      range = {input[static_cast<int>(axis)]};
    }
    for (int i = 1; i < 3; ++i) {
      RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
      auto merged = MergeShapes(range, c.shape(i));
      if (!merged.ok()) return std::move(merged).status().Framed("ranges along the axis");
      range = *merged;
    }
  }
  c.set_output(0, input);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const std::string mode = c.attrs().Str("mode");
  state->mode = mode == "SCALED" ? Mode::kScaled : mode == "MIN_FIRST" ? Mode::kMinFirst : Mode::kMinCombined;
  state->narrow = c.attrs().Bool("narrow_range");
  state->axis = c.attrs().Int("axis");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T, typename Out>
void Decode(const State& state, const T* x, Out* y, int64_t n, Range range) {
  constexpr auto kLowest = static_cast<float>(std::numeric_limits<T>::lowest());
  constexpr auto kHighest = static_cast<float>(std::numeric_limits<T>::max());
  if (state.mode == Mode::kMinFirst) {
    const Decoder<T> decode(range);
    for (int64_t i = 0; i < n; ++i) y[i] = Out(decode(x[i]));
  } else if (state.mode == Mode::kMinCombined) {
    const float scale = (range.high - range.low) / static_cast<float>(kSteps<T> - 1);
    const float half = kLowest < 0 ? static_cast<float>(kSteps<T> / 2) : 0.0f;
    for (int64_t i = 0; i < n; ++i) y[i] = Out((static_cast<float>(x[i]) + half) * scale + range.low);
  } else {
    const float lowest = kLowest + (state.narrow ? 1.0f : 0.0f);
    const float scale = kLowest < 0 ? std::max(range.low / lowest, range.high / kHighest) : range.high / kHighest;
    for (int64_t i = 0; i < n; ++i) {
      const auto code = static_cast<float>(x[i]);
      y[i] = Out((code == 2147483648.0f ? -code : code) * scale);
    }
  }
}

// The same of bytes: code * step + add.
void DecodeSome(const State& state, const uint8_t* x, float* y, int64_t n, Range range) {
  float step = 0, add = 0;
  if (state.mode == Mode::kMinFirst) {
    const Decoder<uint8_t> decode(range);
    step = decode.step;
    add = decode.low;
  } else if (state.mode == Mode::kMinCombined) {
    step = (range.high - range.low) / 255.0f;
    add = range.low;
  } else {
    step = range.high / 255.0f;
  }
  DecodeBytes(x, n, step, add, y);
}

template <typename T, typename Out>
void DecodeSome(const State& state, const T* x, Out* y, int64_t n, Range range) {
  Decode<T, Out>(state, x, y, n, range);
}

template <typename T, typename Out>
Status Dequantize(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& input = c.input(0);
  int64_t slices = 1, inner = input.num_elements();
  if (state.axis >= 0) {
    const int axis = static_cast<int>(state.axis);
    slices = input.dim(axis);
    inner = 1;
    for (int i = axis + 1; i < input.rank(); ++i) inner *= std::max<int64_t>(input.dim(i), 1);
  }
  const float* low = c.input(1).data<float>();
  const float* high = c.input(2).data<float>();
  if (input.num_elements() == 0) return Status();
  const T* x = static_cast<const T*>(input.raw());
  Out* y = static_cast<Out*>(c.output(0).raw());
  if (state.axis < 0) {
    c.ParallelFor(inner, 1 << 14, [&](int64_t begin, int64_t end) {
      DecodeSome(state, x + begin, y + begin, end - begin, {low[0], high[0]});
    });
    return Status();
  }
  c.ParallelFor(input.num_elements() / inner, std::max<int64_t>((1 << 14) / inner, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      DecodeSome(state, x + i * inner, y + i * inner, inner, {low[i % slices], high[i % slices]});
    }
  });
  return Status();
}

template <typename Out>
Status RunTo(RunContext& c) {
  switch (c.input(0).dtype()) {
    case DType::kQint8: return Dequantize<int8_t, Out>(c);
    case DType::kQuint8: return Dequantize<uint8_t, Out>(c);
    case DType::kQint16: return Dequantize<int16_t, Out>(c);
    case DType::kQuint16: return Dequantize<uint16_t, Out>(c);
    default: return Dequantize<int32_t, Out>(c);
  }
}

Status Run(RunContext& c) { return c.output(0).dtype() == DType::kBfloat16 ? RunTo<BFloat16>(c) : RunTo<float>(c); }

constexpr OpDef kDefs[] = {
    {.name = "Dequantize",
     .inputs = "input:T, min_range:f32, max_range:f32",
     .outputs = "output:dtype",
     .attrs = "T:type in {qi8,qu8,qi32,qi16,qu16}; mode:string=\"MIN_COMBINED\" in {MIN_COMBINED,MIN_FIRST,SCALED}; "
              "narrow_range:bool=false; axis:int=-1; dtype:type=f32 in {bf16,f32}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Dequantize, kDefs);

}  // namespace rivulet

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
#include "engine/ops/rows.h"

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

template <typename T>
void Decode(const State& state, const void* codes, float* y, int64_t n, Range range) {
  const T* x = static_cast<const T*>(codes);
  constexpr auto kLowest = static_cast<float>(std::numeric_limits<T>::lowest());
  constexpr auto kHighest = static_cast<float>(std::numeric_limits<T>::max());
  if (state.mode == Mode::kMinFirst) {
    const Decoder<T> decode(range);
    for (int64_t i = 0; i < n; ++i) y[i] = decode(x[i]);
  } else if (state.mode == Mode::kMinCombined) {
    const float scale = (range.high - range.low) / static_cast<float>(kSteps<T> - 1);
    const float half = kLowest < 0 ? static_cast<float>(kSteps<T> / 2) : 0.0f;
    for (int64_t i = 0; i < n; ++i) y[i] = (static_cast<float>(x[i]) + half) * scale + range.low;
  } else {
    const float lowest = kLowest + (state.narrow ? 1.0f : 0.0f);
    const float scale = kLowest < 0 ? std::max(range.low / lowest, range.high / kHighest) : range.high / kHighest;
    for (int64_t i = 0; i < n; ++i) {
      const auto code = static_cast<float>(x[i]);
      y[i] = (code == 2147483648.0f ? -code : code) * scale;
    }
  }
}

// The same of bytes: code * step + add.
void DecodeOfBytes(const State& state, const void* codes, float* y, int64_t n, Range range) {
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
  DecodeBytes(static_cast<const uint8_t*>(codes), n, step, add, y);
}

using DecodeLoop = void (*)(const State& state, const void* codes, float* y, int64_t n, Range range);

DecodeLoop FindLoop(DType dtype, bool to_floats) {
  switch (dtype) {
    case DType::kQint8: return Decode<int8_t>;
    case DType::kQuint8: return to_floats ? DecodeOfBytes : Decode<uint8_t>;
    case DType::kQint16: return Decode<int16_t>;
    case DType::kQuint16: return Decode<uint16_t>;
    default: return Decode<int32_t>;
  }
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& input = c.input(0);
  if (input.num_elements() == 0) return Status();
  // Stretches have one range; without an axis it is that of all.
  constexpr int64_t kStretch = 1 << 14;
  int64_t slices = 1, inner = input.num_elements(), grain = kStretch;
  const bool by_slice = state.axis >= 0;
  if (by_slice) {
    const int axis = static_cast<int>(state.axis);
    slices = input.dim(axis);
    inner = 1;
    for (int i = axis + 1; i < input.rank(); ++i) inner *= std::max<int64_t>(input.dim(i), 1);
    grain = std::max<int64_t>(kStretch / inner, 1);
  }
  const float* low = c.input(1).data<float>();
  const float* high = c.input(2).data<float>();
  const bool to_floats = c.output(0).dtype() == DType::kFloat;
  const DecodeLoop decode = FindLoop(input.dtype(), to_floats);
  const DType dtype = input.dtype();
  const void* codes = input.raw();
  void* out = c.output(0).raw();
  const auto decode_some = [&](int64_t at, int64_t n, Range range) {
    if (to_floats) return decode(state, ElementAt(codes, dtype, at), static_cast<float*>(out) + at, n, range);
    constexpr int64_t kTile = 256;
    float tile[kTile];
    for (int64_t i = 0; i < n; i += kTile) {
      const int64_t width = std::min(kTile, n - i);
      decode(state, ElementAt(codes, dtype, at + i), tile, width, range);
      for (int64_t k = 0; k < width; ++k) static_cast<BFloat16*>(out)[at + i + k] = BFloat16(tile[k]);
    }
  };
  c.ParallelFor(by_slice ? input.num_elements() / inner : inner, grain, [&](int64_t begin, int64_t end) {
    if (!by_slice) return decode_some(begin, end - begin, {low[0], high[0]});
    for (int64_t i = begin; i < end; ++i) decode_some(i * inner, inner, {low[i % slices], high[i % slices]});
  });
  return Status();
}

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

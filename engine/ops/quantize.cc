// QuantizeV2: numbers to codes.
//
//   input [..] of float32, min_range, max_range: one element, or with axis >= 0 one per index along that axis
//   -> output [..] of T, and the range in use: scalars, or as many elements as were given where that is not one
//
// MIN_COMBINED and MIN_FIRST spread the range over all codes (the second so that 0 has a code); SCALED multiplies only.
// Codes of qint32 past the highest wrap to the lowest, as TensorFlow's conversion does; NaN becomes 0, or the lowest
// qint32 with MIN_FIRST.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "engine/graph/shape_math.h"
#include "engine/kernels/quantized_codes.h"
#include "engine/ops/number.h"
#include "engine/ops/quantized_ranges.h"

namespace rivulet {
namespace {

enum class Mode { kMinCombined, kMinFirst, kScaled };

struct State : OpState {
  Mode mode = Mode::kMinCombined;
  bool even = false;
  bool narrow = false;
  int64_t axis = -1;
  float least = 0.01f;
};

Status Infer(InferContext& c) {
  const int64_t axis = c.attrs().Int("axis");
  const std::string mode = c.attrs().Str("mode");
  if (axis < -1) return InvalidArgument("axis: want >= -1, got ", axis);
  if (c.attrs().Str("round_mode") == "HALF_TO_EVEN" && mode != "SCALED") {
    return InvalidArgument("round_mode HALF_TO_EVEN: want mode SCALED, got ", mode);
  }
  if (!(c.attrs().Float("ensure_minimum_range") >= 0)) {
    return InvalidArgument("ensure_minimum_range: want >= 0, got ", c.attrs().Float("ensure_minimum_range"));
  }
  const Shape& input = c.shape(0);
  Shape range;
  if (axis < 0) {
    RIVULET_RETURN_IF_ERROR(WantOneElement(c, 1, 2));
  } else {
    range = {Shape::kUnknownDim};
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
    if (range[0] == Shape::kUnknownDim) {
      range = Shape::UnknownRank();
    } else if (range[0] == 1) {
      range = {};
    } else if (mode == "MIN_FIRST") {
      return Unimplemented("attr 'mode': want another than MIN_FIRST with axis ", axis);
    }
  }
  c.set_output(0, input);
  c.set_output(1, range);
  c.set_output(2, std::move(range));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const std::string mode = c.attrs().Str("mode");
  state->mode = mode == "SCALED" ? Mode::kScaled : mode == "MIN_FIRST" ? Mode::kMinFirst : Mode::kMinCombined;
  state->even = c.attrs().Str("round_mode") == "HALF_TO_EVEN";
  state->narrow = c.attrs().Bool("narrow_range");
  state->axis = c.attrs().Int("axis");
  state->least = c.attrs().Float("ensure_minimum_range");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
T Convert(float x) {
  if (sizeof(T) == 4 && x >= 2147483648.0f) return std::numeric_limits<T>::lowest();
  return Saturate<T>(static_cast<double>(x));
}

struct Plan;

// The codes of one type, and what makes them of n numbers.
struct Codes {
  float lowest;
  float highest;
  int64_t bytes;
  void (*encode)(const State& state, const float* x, void* codes, int64_t n, const Plan& plan);
};

// The range in use for the given one, and what SCALED multiplies by.
struct Plan {
  Range range;
  float factor = 0;
};
Plan PlanOf(const State& state, const Codes& codes, float from, float to) {
  Plan plan;
  plan.range = RangeInUse(from, to, state.least);
  if (state.mode == Mode::kScaled) {
    constexpr float kMost = std::numeric_limits<float>::max();
    const float lowest = codes.lowest + (state.narrow ? 1.0f : 0.0f);
    const float low_side = lowest * plan.range.low > 0 ? lowest / plan.range.low : kMost;
    const float high_side = codes.highest * plan.range.high > 0 ? codes.highest / plan.range.high : kMost;
    plan.factor = std::min(low_side, high_side);
    plan.range = {lowest / plan.factor, codes.highest / plan.factor};
  }
  return plan;
}

// What Encode does, for bytes.
ByteEncoding BytesOf(const State& state, const Plan& plan) {
  const Range range = plan.range;
  if (state.mode == Mode::kMinFirst) {
    const Encoder<uint8_t> encode(range);
    return {.scale = encode.scale, .offset = encode.low};
  }
  if (state.mode == Mode::kMinCombined) {
    const auto scale = static_cast<float>(255.0 / static_cast<double>(range.high - range.low));
    return {.low = range.low, .high = range.high, .base = range.low, .scale = scale};
  }
  return {.low = range.low, .high = range.high, .scale = plan.factor, .even = state.even};
}

template <typename T>
void Encode(const State& state, const float* x, void* codes, int64_t n, const Plan& plan) {
  T* y = static_cast<T*>(codes);
  if constexpr (std::is_same_v<T, uint8_t>) return EncodeBytes(x, n, BytesOf(state, plan), y);
  constexpr auto kLowest = static_cast<float>(std::numeric_limits<T>::lowest());
  constexpr auto kHighest = static_cast<float>(std::numeric_limits<T>::max());
  const Range range = plan.range;
  const auto clamp = [&](float value) { return std::max(std::min(value, range.high), range.low); };
  if (state.mode == Mode::kMinFirst) {
    const Encoder<T> encode(range);
    for (int64_t i = 0; i < n; ++i) y[i] = encode(x[i]);
  } else if (state.mode == Mode::kMinCombined) {
    const auto scale =
        static_cast<float>(static_cast<double>(kHighest - kLowest) / static_cast<double>(range.high - range.low));
    const float half = kLowest < 0 ? static_cast<float>(kSteps<T> / 2) : 0.0f;
    for (int64_t i = 0; i < n; ++i) {
      y[i] = x[i] != x[i] ? T{0} : Convert<T>(std::round((clamp(x[i]) - range.low) * scale - half));
    }
  } else {
    for (int64_t i = 0; i < n; ++i) {
      const float code = clamp(x[i]) * plan.factor;
      y[i] = x[i] != x[i] ? T{0} : Convert<T>(state.even ? std::nearbyint(code) : std::round(code));
    }
  }
}

template <typename T>
constexpr Codes kCodes = {static_cast<float>(std::numeric_limits<T>::lowest()),
                          static_cast<float>(std::numeric_limits<T>::max()), sizeof(T), Encode<T>};

const Codes& CodesOf(DType dtype) {
  switch (dtype) {
    case DType::kQint8: return kCodes<int8_t>;
    case DType::kQuint8: return kCodes<uint8_t>;
    case DType::kQint16: return kCodes<int16_t>;
    case DType::kQuint16: return kCodes<uint16_t>;
    default: return kCodes<int32_t>;
  }
}

Status Run(RunContext& c) {
  const Codes& codes = CodesOf(c.output(0).dtype());
  const auto& state = c.state<State>();
  const Tensor& input = c.input(0);
  int64_t slices = 1, inner = input.num_elements();
  if (state.axis >= 0) {
    const int axis = static_cast<int>(state.axis);
    slices = input.dim(axis);
    inner = 1;
    for (int i = axis + 1; i < input.rank(); ++i) inner *= std::max<int64_t>(input.dim(i), 1);
  }
  float* low = c.output(1).data<float>();
  float* high = c.output(2).data<float>();
  for (int64_t i = 0; i < slices; ++i) {
    const float from = c.input(1).data<float>()[i], to = c.input(2).data<float>()[i];
    if (!(from <= to)) return InvalidArgument("range: want a minimum not above the maximum, got ", from, " and ", to);
    const Range range = PlanOf(state, codes, from, to).range;
    low[i] = range.low;
    high[i] = range.high;
  }
  if (input.num_elements() == 0) return Status();
  const float* from = c.input(1).data<float>();
  const float* to = c.input(2).data<float>();
  const float* x = input.data<float>();
  auto* y = static_cast<uint8_t*>(c.output(0).raw());
  if (state.axis < 0) {
    c.ParallelFor(inner, 1 << 14, [&](int64_t begin, int64_t end) {
      codes.encode(state, x + begin, y + begin * codes.bytes, end - begin, PlanOf(state, codes, from[0], to[0]));
    });
    return Status();
  }
  c.ParallelFor(input.num_elements() / inner, std::max<int64_t>((1 << 14) / inner, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      codes.encode(state, x + i * inner, y + i * inner * codes.bytes, inner,
                   PlanOf(state, codes, from[i % slices], to[i % slices]));
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "QuantizeV2",
     .inputs = "input:f32, min_range:f32, max_range:f32",
     .outputs = "output:T, output_min:f32, output_max:f32",
     .attrs =
         "T:type in {qi8,qu8,qi32,qi16,qu16}; mode:string=\"MIN_COMBINED\" in {MIN_COMBINED,MIN_FIRST,SCALED}; "
         "round_mode:string=\"HALF_AWAY_FROM_ZERO\" in {HALF_AWAY_FROM_ZERO,HALF_TO_EVEN}; narrow_range:bool=false; "
         "axis:int=-1; ensure_minimum_range:float=0.01",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Quantize, kDefs);

}  // namespace rivulet

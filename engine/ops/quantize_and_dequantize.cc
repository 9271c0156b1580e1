// QuantizeAndDequantize, V2, V3, V4: numbers rounded to multiples of a step, as by QuantizeV2 with mode SCALED and
// back.
//
//   input [..] of T, input_min, input_max: scalars, or with axis >= 0 one per index along that axis; V3: num_bits
//   scalar, and no scalar input; the first version has the range in attributes
//   -> output [..]
//
// Without range_given the range is that of the input (of each slice along axis); then nothing is clamped.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ops/op.h"
#include "engine/ops/quantized.h"

namespace rivulet {
namespace {

Status CheckBits(int64_t bits, bool is_signed) {
  const int64_t most = is_signed ? 61 : 62;
  if (bits >= 1 && bits <= most) return Status();
  return InvalidArgument("num_bits: want [1, ", most, "], got ", bits);
}

Status InferFirst(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckBits(c.attrs().Int("num_bits"), c.attrs().Bool("signed_input")));
  const float low = c.attrs().Float("input_min"), high = c.attrs().Float("input_max");
  if (c.attrs().Bool("range_given") && !(low <= high)) {
    return InvalidArgument("range: want a minimum not above the maximum, got ", low, " and ", high);
  }
  c.set_output(0, c.shape(0));
  return Status();
}

Status Infer(InferContext& c) {
  const bool is_signed = c.attrs().Bool("signed_input");
  const int64_t axis = c.attrs().Int("axis");
  // As TensorFlow's kernels do where it does not know the shape.
  const bool any_rank = c.num_inputs() == 4 || !c.attrs().Bool("range_given");
  if (c.num_inputs() == 3) {
    RIVULET_RETURN_IF_ERROR(CheckBits(c.attrs().Int("num_bits"), is_signed));
  } else {
    RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
    RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
    if (c.known(3)) RIVULET_RETURN_IF_ERROR(CheckBits(c.ints(3)[0], is_signed));
  }
  if (axis < -1) return InvalidArgument("axis: want >= -1, got ", axis);
  const Shape& input = c.shape(0);
  if (axis >= 0 && input.has_rank() && axis >= input.rank()) {
    return InvalidArgument("axis: want below the rank ", input.rank(), ", got ", axis);
  }
  for (int i = 1; i < 3; ++i) {
    const Shape& range = c.shape(i);
    if (!range.has_rank() || range.rank() == 0) continue;
    if (axis < 0 && any_rank) {
      RIVULET_RETURN_IF_ERROR(WantOneElement(c, i, 1));
      continue;
    }
    if (axis < 0 || range.rank() > 1) return InvalidArgument("range: want a scalar, got shape ", range);
    const int64_t want = input.has_rank() ? input[static_cast<int>(axis)] : Shape::kUnknownDim;
    if (want >= 0 && range[0] >= 0 && want != range[0]) {
      return InvalidArgument("range: want ", want, " elements as the axis, got ", range[0]);
    }
  }
  c.set_output(0, input);
  return Status();
}

struct State : OpState {
  bool is_signed = true;
  bool given = false;
  bool narrow = false;
  bool half_up = false;
  int64_t axis = -1;
  int64_t bits = 8;
  float low = 0;  // of the first version
  float high = 0;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->is_signed = c.attrs().Bool("signed_input");
  state->given = c.attrs().Bool("range_given");
  if (c.num_inputs() == 1) {
    state->bits = c.attrs().Int("num_bits");
    state->low = c.attrs().Float("input_min");
    state->high = c.attrs().Float("input_max");
    return std::unique_ptr<OpState>(std::move(state));
  }
  state->narrow = c.attrs().Bool("narrow_range");
  state->axis = c.attrs().Int("axis");
  if (c.num_inputs() == 3) {
    state->half_up = c.attrs().Str("round_mode") == "HALF_UP";
    state->bits = c.attrs().Int("num_bits");
  }
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
struct Steps {
  T scale;
  T inverse;
  T low;
  T high;

  Steps(const State& state, int64_t bits, T from, T to) {
    const int64_t half = int64_t{1} << (bits - 1);
    const T first = !state.is_signed ? T{0} : static_cast<T>(state.narrow ? 1 - half : -half);
    const T last = static_cast<T>(state.is_signed ? half - 1 : half - 1 + half);
    const T by_low = first * from > 0 ? first / from : std::numeric_limits<T>::max();
    const T by_high = last * to > 0 ? last / to : std::numeric_limits<T>::max();
    low = from;
    high = to;
    if (by_low < by_high) {
      scale = by_low;
      inverse = from / first;
      high = last * inverse;
    } else {
      scale = by_high;
      inverse = to / last;
      low = first * inverse;
    }
  }
  T operator()(T x, const State& state) const {
    if (state.given) x = std::max(std::min(x, high), low);
    const T code = x * scale;
    return (state.half_up ? std::floor(code + T(0.5)) : std::nearbyint(code)) * inverse;
  }
};

template <typename T>
Status Round(RunContext& c, int64_t bits) {
  const auto& state = c.state<State>();
  const Tensor& input = c.input(0);
  const int64_t count = input.num_elements();
  if (count == 0) return Status();
  int64_t slices = 1, inner = count;
  if (state.axis >= 0) {
    const int axis = static_cast<int>(state.axis);
    slices = input.dim(axis);
    inner = 1;
    for (int i = axis + 1; i < input.rank(); ++i) inner *= input.dim(i);
  }
  const int64_t outer = count / slices / inner;
  const T* x = input.data<T>();
  T* y = c.output(0).data<T>();
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(slices) * 2 * sizeof(T)));
  T* low = static_cast<T*>(scratch);
  T* high = low + slices;
  if (state.given && c.num_inputs() == 1) {
    low[0] = static_cast<T>(state.low);
    high[0] = static_cast<T>(state.high);
  } else if (state.given) {
    const auto at = [&](int i, int64_t slice) { return c.input(i).data<T>()[c.input(i).rank() == 0 ? 0 : slice]; };
    for (int64_t i = 0; i < slices; ++i) {
      low[i] = at(1, i);
      high[i] = at(2, i);
      if (!(low[i] <= high[i])) {
        return InvalidArgument("range: want a minimum not above the maximum, got ", low[i], " and ", high[i]);
      }
    }
  } else {
    c.ParallelFor(slices, std::max<int64_t>((1 << 16) / (count / slices), 1), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        low[i] = high[i] = x[i * inner];
        for (int64_t o = 0; o < outer; ++o) {
          const T* from = x + (o * slices + i) * inner;
          for (int64_t k = 0; k < inner; ++k) {
            low[i] = std::min(low[i], from[k]);
            high[i] = std::max(high[i], from[k]);
          }
        }
      }
    });
  }
  if (slices == 1) {
    const Steps<T> steps(state, bits, low[0], high[0]);
    c.ParallelFor(count, 1 << 14, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = steps(x[i], state);
    });
    return Status();
  }
  c.ParallelFor(outer * slices, std::max<int64_t>((1 << 14) / inner, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Steps<T> steps(state, bits, low[i % slices], high[i % slices]);
      for (int64_t k = i * inner; k < (i + 1) * inner; ++k) y[k] = steps(x[k], state);
    }
  });
  return Status();
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  int64_t bits = state.bits;
  if (c.num_inputs() == 4) {
    bits = c.input(3).data<int32_t>()[0];
    RIVULET_RETURN_IF_ERROR(CheckBits(bits, state.is_signed));
  }
  return c.output(0).dtype() == DType::kDouble ? Round<double>(c, bits) : Round<float>(c, bits);
}

#define RIVULET_ATTRS "T:type in {f32,f64}; narrow_range:bool=false; axis:int=-1; signed_input:bool=true; "
#define RIVULET_ROUND \
  "range_given:bool=false; num_bits:int=8; round_mode:string=\"HALF_TO_EVEN\" in {HALF_TO_EVEN,HALF_UP}"

constexpr OpDef kDefs[] = {
    {.name = "QuantizeAndDequantize",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64}; signed_input:bool=true; num_bits:int=8; range_given:bool=false; "
              "input_min:float=0; input_max:float=0",
     .infer = InferFirst,
     .prepare = Prepare,
     .run = Run},
    {.name = "QuantizeAndDequantizeV2",
     .inputs = "input:T, input_min:T, input_max:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS RIVULET_ROUND,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
    {.name = "QuantizeAndDequantizeV3",
     .inputs = "input:T, input_min:T, input_max:T, num_bits:i32",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS "range_given:bool=true",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
    {.name = "QuantizeAndDequantizeV4",
     .inputs = "input:T, input_min:T, input_max:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS RIVULET_ROUND,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(QuantizeAndDequantize, kDefs);

}  // namespace rivulet

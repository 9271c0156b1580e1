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
#include "engine/ops/rows.h"

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

// What depends on the type, of slices of `inner` elements that lie one after the other, in turn of `slices` ranges.
struct Loops {
  // Range `slice` from the attributes or inputs, where it is given.
  Status (*given)(const RunContext& c, int64_t slice, void* low, void* high);
  // That of the elements of slice `slice`, and the `slices`-th after it, `outer` in all.
  void (*found)(const void* x, int64_t slices, int64_t outer, int64_t inner, int64_t slice, void* low, void* high);
  // Rounds elements [begin, end) in range `slice`.
  void (*round)(const State& state, int64_t bits, int64_t slice, const void* low, const void* high, const void* x,
                int64_t begin, int64_t end, void* y);
};

template <typename T>
Status GivenRange(const RunContext& c, int64_t slice, void* to_low, void* to_high) {
  const auto& state = c.state<State>();
  T &low = static_cast<T*>(to_low)[slice], &high = static_cast<T*>(to_high)[slice];
  if (c.num_inputs() == 1) {
    low = static_cast<T>(state.low);
    high = static_cast<T>(state.high);
    return Status();
  }
  const auto at = [&](int i) { return c.input(i).data<T>()[c.input(i).rank() == 0 ? 0 : slice]; };
  low = at(1);
  high = at(2);
  if (low <= high) return Status();
  return InvalidArgument("range: want a minimum not above the maximum, got ", low, " and ", high);
}

template <typename T>
void FindRange(const void* elements, int64_t slices, int64_t outer, int64_t inner, int64_t slice, void* to_low,
               void* to_high) {
  const T* x = static_cast<const T*>(elements) + slice * inner;
  T low = *x, high = *x;
  for (int64_t o = 0; o < outer; ++o, x += slices * inner) {
    for (int64_t k = 0; k < inner; ++k) {
      low = std::min(low, x[k]);
      high = std::max(high, x[k]);
    }
  }
  static_cast<T*>(to_low)[slice] = low;
  static_cast<T*>(to_high)[slice] = high;
}

template <typename T>
void RoundSlice(const State& state, int64_t bits, int64_t slice, const void* low, const void* high, const void* x,
                int64_t begin, int64_t end, void* y) {
  const Steps<T> steps(state, bits, static_cast<const T*>(low)[slice], static_cast<const T*>(high)[slice]);
  for (int64_t i = begin; i < end; ++i) static_cast<T*>(y)[i] = steps(static_cast<const T*>(x)[i], state);
}

template <typename T>
constexpr Loops kLoops = {GivenRange<T>, FindRange<T>, RoundSlice<T>};

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  int64_t bits = state.bits;
  if (c.num_inputs() == 4) {
    bits = c.input(3).data<int32_t>()[0];
    RIVULET_RETURN_IF_ERROR(CheckBits(bits, state.is_signed));
  }
  const Tensor& input = c.input(0);
  const int64_t count = input.num_elements();
  if (count == 0) return Status();
  const DType dtype = input.dtype();
  const Loops& loops = dtype == DType::kDouble ? kLoops<double> : kLoops<float>;
  int64_t slices = 1, inner = count;
  if (state.axis >= 0) {
    const int axis = static_cast<int>(state.axis);
    slices = input.dim(axis);
    inner = 1;
    for (int i = axis + 1; i < input.rank(); ++i) inner *= input.dim(i);
  }
  const int64_t outer = count / slices / inner;
  const void* x = input.raw();
  void* y = c.output(0).raw();
  RIVULET_ASSIGN_OR_RETURN(void* low, c.Scratch(static_cast<size_t>(slices) * 2 * ElementBytes(dtype)));
  void* high = ElementAt(low, dtype, slices);
  if (state.given) {
    for (int64_t i = 0; i < slices; ++i) RIVULET_RETURN_IF_ERROR(loops.given(c, i, low, high));
  } else {
    c.ParallelFor(slices, std::max<int64_t>((1 << 16) / (count / slices), 1), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) loops.found(x, slices, outer, inner, i, low, high);
    });
  }
  if (slices == 1) {
    c.ParallelFor(count, 1 << 14,
                  [&](int64_t begin, int64_t end) { loops.round(state, bits, 0, low, high, x, begin, end, y); });
    return Status();
  }
  c.ParallelFor(outer * slices, std::max<int64_t>((1 << 14) / inner, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      loops.round(state, bits, i % slices, low, high, x, i * inner, (i + 1) * inner, y);
    }
  });
  return Status();
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

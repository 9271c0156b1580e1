// QuantizeAndDequantizeV4Grad: the gradient of QuantizeAndDequantizeV4: it passes where the input lies in the range.
//
//   gradients, input [..] of T, input_min, input_max: scalars, or with axis >= 0 one per index along that axis
//   -> input_backprop [..]: gradients * (input_min <= input <= input_max ? 1 : 0); input_min_backprop,
//   input_max_backprop: zeros, of the ranges' shape
#include <algorithm>

#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status InferRange(InferContext& c, int i, int64_t axis) {
  const Shape &range = c.shape(i), &input = c.shape(1);
  if (axis < 0) {
    RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
    c.set_output(i - 1, {});
    return Status();
  }
  RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  const int64_t want = input.has_rank() ? input[static_cast<int>(axis)] : Shape::kUnknownDim;
  const int64_t size = range.has_rank() ? range[0] : Shape::kUnknownDim;
  if (want >= 0 && size >= 0 && want != size) {
    return InvalidArgument("range: want ", want, " elements as the axis, got ", size);
  }
  c.set_output(i - 1, {want >= 0 ? want : size});
  return Status();
}

Status Infer(InferContext& c) {
  const int64_t axis = c.attrs().Int("axis");
  const Shape &gradients = c.shape(0), &input = c.shape(1);
  if (axis < -1) return InvalidArgument("axis: want >= -1, got ", axis);
  if (input.has_rank() && axis >= input.rank()) {
    return InvalidArgument("axis: want below the rank ", input.rank(), ", got ", axis);
  }
  if (gradients.complete() && input.complete() && !(gradients == input)) {
    return InvalidArgument("gradients: want the input's shape ", input, ", got ", gradients);
  }
  c.set_output(0, input.complete() ? input : gradients);
  for (int i = 2; i < 4; ++i) RIVULET_RETURN_IF_ERROR(InferRange(c, i, axis));
  return Status();
}

struct State : OpState {
  int64_t axis = -1;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->axis = c.attrs().Int("axis");
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
void Pass(RunContext& c) {
  const Tensor& input = c.input(1);
  const int64_t axis = c.state<State>().axis;
  const int64_t slices = axis < 0 ? 1 : input.dim(static_cast<int>(axis));
  int64_t inner = axis < 0 ? std::max<int64_t>(input.num_elements(), 1) : 1;
  for (auto i = static_cast<int>(axis) + 1; axis >= 0 && i < input.rank(); ++i) inner *= input.dim(i);
  const T *dy = c.input(0).data<T>(), *x = input.data<T>(), *low = c.input(2).data<T>(), *high = c.input(3).data<T>();
  T* dx = c.output(0).data<T>();
  c.ParallelFor(input.num_elements(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end;) {
      const int64_t slice = i / inner % slices, stop = std::min(end, (i / inner + 1) * inner);
      for (; i < stop; ++i) dx[i] = dy[i] * (x[i] >= low[slice] && x[i] <= high[slice] ? T{1} : T{0});
    }
  });
  for (int i = 1; i < 3; ++i) std::fill_n(c.output(i).data<T>(), slices, T{0});
}

Status Run(RunContext& c) {
  if (c.output(0).dtype() == DType::kDouble) {
    Pass<double>(c);
  } else {
    Pass<float>(c);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "QuantizeAndDequantizeV4Grad",
     .inputs = "gradients:T, input:T, input_min:T, input_max:T",
     .outputs = "input_backprop:T, input_min_backprop:T, input_max_backprop:T",
     .attrs = "T:type in {f32,f64}; axis:int=-1",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(QuantizeAndDequantizeGrad, kDefs);

}  // namespace rivulet

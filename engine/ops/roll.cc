// Roll: what is at place i of axis[k] moves to place i + shift[k], round the end. Shifts of one axis add up.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/indices.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

// For each axis the shift in [0, dim), or 0 where the dim is unknown or 0.
Result<std::vector<int64_t>> Shifts(const Shape& in, const Tensor& shift, const Tensor& axis) {
  if (in.rank() < 1) return InvalidArgument("input: want rank >= 1, got a scalar");
  if (shift.rank() > 1 || axis.rank() > 1 || shift.shape() != axis.shape()) {
    return InvalidArgument("shift and axis: want scalars or vectors of one length, got shapes ", shift.shape(), " and ",
                           axis.shape());
  }
  std::vector<int64_t> sums(static_cast<size_t>(in.rank()), 0);
  const Indices shifts(shift), axes(axis);
  for (int64_t i = 0; i < axis.num_elements(); ++i) {
    auto normal = NormalizeAxis(axes[i], in.rank());
    if (!normal.ok()) return std::move(normal).status().Framed("axis");
    const int64_t dim = in[*normal];
    if (dim <= 0) continue;
    int64_t& sum = sums[static_cast<size_t>(*normal)];
    const int64_t rest = shifts[i] % dim;
    const int64_t step = rest < 0 ? rest + dim : rest;
    sum = sum >= dim - step ? sum - (dim - step) : sum + step;
  }
  return sums;
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  for (int i = 1; i < 3; ++i) {
    if (c.shape(i).has_rank() && c.shape(i).rank() > 1) {
      return InvalidArgument(i == 1 ? "shift" : "axis", ": want a scalar or a vector, got shape ", c.shape(i));
    }
  }
  if (c.shape(0).has_rank() && c.known(1) && c.known(2)) {
    RIVULET_RETURN_IF_ERROR(Shifts(c.shape(0), *c.value(1), *c.value(2)).status());
  }
  c.set_output(0, c.shape(0));
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, input.shape()));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<int64_t> shifts, Shifts(input.shape(), c.input(1), c.input(2)));
  if (input.num_elements() == 0) return Status();
  const std::vector<int64_t> steps = RowMajorStrides(input.shape());
  // Bit k of `box` says which of two stretches of the k-th moved axis: what stays before the end, or what goes round.
  // A moved axis has at least 2 places, so there are no more boxes than elements.
  std::vector<int> moved;
  for (int i = 0; i < input.rank(); ++i) {
    if (shifts[static_cast<size_t>(i)] != 0) moved.push_back(i);
  }
  for (uint64_t box = 0; box < uint64_t{1} << moved.size(); ++box) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    AxisCopy copy(input.dtype());
    int64_t from = 0, to = 0;
    size_t k = 0;
    for (int i = 0; i < input.rank(); ++i) {
      const int64_t shift = shifts[static_cast<size_t>(i)], dim = input.dim(i), step = steps[static_cast<size_t>(i)];
      int64_t count = dim;
      if (shift != 0) {
        if (box >> k++ & 1) {
          count = shift;
          from += (dim - shift) * step;
        } else {
          count = dim - shift;
          to += shift * step;
        }
      }
      copy.Axis(count, step, step);
    }
    RIVULET_RETURN_IF_ERROR(copy.Run(c, input.raw(), from, c.output(0).raw(), to));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Roll",
     .inputs = "input:T, shift:Tshift, axis:Taxis",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant}; "
              "Tshift:type in {i32,i64}; "
              "Taxis:type in {i32,i64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Roll, kDefs);

}  // namespace rivulet

// Reverse, ReverseV2: the input turned round along the axes that are flagged, or named.
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

Result<std::vector<bool>> Flagged(const Tensor& dims, int rank) {
  if (dims.rank() != 1 || dims.num_elements() != rank) {
    return InvalidArgument("dims: want a vector of ", rank, " flags, got shape ", dims.shape());
  }
  const auto flags = dims.values<bool>();
  return std::vector<bool>(flags.begin(), flags.end());
}

Result<std::vector<bool>> Named(const Tensor& axis, int rank) {
  if (axis.rank() != 1) return InvalidArgument("axis: want a vector, got shape ", axis.shape());
  if (rank == 0) return std::vector<bool>();  // whatever axes are named, as in TensorFlow
  auto axes = NormalizeAxes(ReadIntegers(axis), rank);
  if (!axes.ok()) return std::move(axes).status().Framed("axis");
  return axes;
}

template <Result<std::vector<bool>> (*kAxes)(const Tensor&, int)>
Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.shape(0).has_rank() && c.known(1)) RIVULET_RETURN_IF_ERROR(kAxes(*c.value(1), c.shape(0).rank()).status());
  c.set_output(0, c.shape(0));
  return Status();
}

template <Result<std::vector<bool>> (*kAxes)(const Tensor&, int)>
Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, input.shape()));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<bool> turn, kAxes(c.input(1), input.rank()));
  if (input.num_elements() == 0) return Status();
  AxisCopy copy(input.dtype());
  int64_t step = input.num_elements(), first = 0;
  for (int i = 0; i < input.rank(); ++i) {
    step /= input.dim(i);
    if (turn[static_cast<size_t>(i)]) first += (input.dim(i) - 1) * step;
    copy.Axis(input.dim(i), turn[static_cast<size_t>(i)] ? -step : step, step);
  }
  return copy.Run(c, input.raw(), first, c.output(0).raw(), 0);
}

constexpr OpDef kDefs[] = {
    {.name = "Reverse",
     .inputs = "tensor:T, dims:bool",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128}",
     .infer = Infer<Flagged>,
     .run = Run<Flagged>},
    {.name = "ReverseV2",
     .inputs = "tensor:T, axis:Tidx",
     .outputs = "output:T",
     .attrs =
         "Tidx:type=i32 in {i32,i64}; T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128}",
     .infer = Infer<Named>,
     .run = Run<Named>},
};

}  // namespace

RIVULET_OP_LIST(Reverse, kDefs);

}  // namespace rivulet

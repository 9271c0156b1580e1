// BroadcastTo: the input repeated along axes of 1 and along new leading axes, so that it has the given shape.
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

// Ok when `in`, whose dims may be unknown, can become `out`, whose dims may be unknown.
Status CheckBroadcast(const Shape& in, const Shape& out) {
  if (!in.has_rank() || !out.has_rank()) return Status();
  bool fits = in.rank() <= out.rank();
  for (int i = 1; fits && i <= in.rank(); ++i) {
    const int64_t from = in[in.rank() - i], to = out[out.rank() - i];
    fits = from == 1 || from < 0 || to < 0 || from == to;
  }
  if (fits) return Status();
  return InvalidArgument("an input of shape ", in, " cannot be broadcast to shape ", out);
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, ShapeFromInput(c, 1, "shape"));
  RIVULET_RETURN_IF_ERROR(CheckBroadcast(c.shape(0), out));
  c.set_output(0, std::move(out));
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  RIVULET_ASSIGN_OR_RETURN(const Shape want, ShapeOf(ReadIntegers(c.input(1)), "shape"));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  RIVULET_RETURN_IF_ERROR(CheckBroadcast(input.shape(), want));
  if (output.num_elements() == 0) return Status();
  AxisCopy copy(input.dtype());
  int64_t from_step = input.num_elements(), to_step = output.num_elements();
  for (int i = 0; i < want.rank(); ++i) {
    const int at = i - (want.rank() - input.rank());
    const int64_t dim = at < 0 ? 1 : input.dim(at);
    to_step /= want[i];
    if (at >= 0) from_step /= dim;
    copy.Axis(want[i], dim == 1 ? 0 : from_step, to_step);
  }
  return copy.Run(c, input.raw(), 0, output.raw(), 0);
}

constexpr OpDef kDefs[] = {
    {.name = "BroadcastTo",
     .inputs = "input:T, shape:Tidx",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant}; "
              "Tidx:type=i32 in {i32,i64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(BroadcastTo, kDefs);

}  // namespace rivulet

// Diag: a tensor of shape s + s with the input, of shape s, on its diagonal and zeros elsewhere. DiagPart: the way
// back.
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

Result<Shape> Doubled(const Shape& in) {
  if (!in.has_rank()) return in;
  if (in.rank() < 1 || in.rank() > Shape::kMaxRank / 2) {
    return InvalidArgument("diagonal: want a rank of 1 to ", Shape::kMaxRank / 2, ", got shape ", in);
  }
  Shape out = in;
  for (int i = 0; i < in.rank(); ++i) out.push_back(in[i]);
  return out;
}

Result<Shape> Halved(const Shape& in) {
  if (!in.has_rank()) return in;
  if (in.rank() < 2 || in.rank() % 2 != 0) return InvalidArgument("input: want an even rank >= 2, got shape ", in);
  Shape out;
  for (int i = 0; i < in.rank() / 2; ++i) {
    const int64_t a = in[i], b = in[i + in.rank() / 2];
    if (a >= 0 && b >= 0 && a != b) {
      return InvalidArgument("input: dims ", i, " and ", i + in.rank() / 2, " of ", in, " differ");
    }
    out.push_back(a >= 0 ? a : b);
  }
  return out;
}

template <Result<Shape> (*kShape)(const Shape&)>
Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, kShape(c.shape(0)));
  c.set_output(0, std::move(out));
  return Status();
}

Status RunDiag(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const Shape want, Doubled(input.shape()));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  RIVULET_RETURN_IF_ERROR(ClearTensor(c, c.output(0)));
  AxisCopy copy(input.dtype());
  copy.Axis(input.num_elements(), 1, input.num_elements() + 1);
  return copy.Run(c, input.raw(), 0, c.output(0).raw(), 0);
}

Status RunDiagPart(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const Shape want, Halved(input.shape()));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  const int64_t count = c.output(0).num_elements();
  AxisCopy copy(input.dtype());
  copy.Axis(count, count + 1, 1);
  return copy.Run(c, input.raw(), 0, c.output(0).raw(), 0);
}

constexpr OpDef kDefs[] = {
    {.name = "Diag",
     .inputs = "diagonal:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,f32,f64,i32,i64,c64,c128}",
     .infer = Infer<Doubled>,
     .run = RunDiag},
    {.name = "DiagPart",
     .inputs = "input:T",
     .outputs = "diagonal:T",
     .attrs = "T:type in {f16,f32,f64,i32,i64,c64,c128}",
     .infer = Infer<Halved>,
     .run = RunDiagPart},
};

}  // namespace

RIVULET_OP_LIST(Diag, kDefs);

}  // namespace rivulet

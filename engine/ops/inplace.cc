// InplaceUpdate, InplaceAdd, InplaceSub: x with v's rows put, added or subtracted at the rows that i names. The results
// are new tensors; x stays as it is. Row numbers go round: -1 is the last, n the first.
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/rows.h"
#include "engine/ops/axis_copy.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status CheckShapes(const Shape& x, const Shape& i, const Shape& v) {
  if (i.has_rank() && i.rank() != 1) return InvalidArgument("i: want a vector, got shape ", i);
  if (x.has_rank() && x.rank() == 0) return InvalidArgument("x: want rank >= 1, got a scalar");
  if (!x.has_rank() || !v.has_rank()) return Status();
  Shape want = x;
  want.set_dim(0, i.has_rank() ? i[0] : Shape::kUnknownDim);
  if (MergeShapes(want, v).ok()) return Status();
  return InvalidArgument("v: want shape ", want, ", got ", v);
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckShapes(c.shape(0), c.shape(1), c.shape(2)));
  c.set_output(0, c.shape(0));
  return Status();
}

Status Run(RunContext& c, Combine how) {
  const Tensor& x = c.input(0);
  const Tensor& i = c.input(1);
  const Tensor& v = c.input(2);
  Tensor& y = c.output(0);
  RIVULET_RETURN_IF_ERROR(CheckShapes(x.shape(), i.shape(), v.shape()));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, x.shape()));
  RIVULET_RETURN_IF_ERROR(CopyTensor(c, x, y));
  if (x.num_elements() == 0) return Status();
  const CombineRows combine = FindCombine(how, x.dtype());
  if (combine == nullptr) return Unimplemented("no sums of ", x.dtype());
  const int64_t rows = x.dim(0), row = x.num_elements() / rows;
  for (int64_t k = 0; k < i.num_elements(); ++k) {
    const int64_t at = i.data<int32_t>()[k] % rows;
    combine(ElementAt(y.raw(), y.dtype(), (at < 0 ? at + rows : at) * row), ElementAt(v.raw(), v.dtype(), k * row),
            row);
  }
  return Status();
}

#define RIVULET_NUMBERS "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128"

constexpr OpDef kDefs[] = {
    {.name = "InplaceUpdate",
     .inputs = "x:T, i:i32, v:T",
     .outputs = "y:T",
     .attrs = RIVULET_NUMBERS ",bool,str}",
     .infer = Infer,
     .run = With<Run, Combine::kAssign>},
    {.name = "InplaceAdd",
     .inputs = "x:T, i:i32, v:T",
     .outputs = "y:T",
     .attrs = RIVULET_NUMBERS "}",
     .infer = Infer,
     .run = With<Run, Combine::kAdd>},
    {.name = "InplaceSub",
     .inputs = "x:T, i:i32, v:T",
     .outputs = "y:T",
     .attrs = RIVULET_NUMBERS "}",
     .infer = Infer,
     .run = With<Run, Combine::kSubtract>},
};

}  // namespace

RIVULET_OP_LIST(Inplace, kDefs);

}  // namespace rivulet

// SparseAddGrad: what a sum's gradient is for the elements of its two operands.
//
//   backprop_val_grad [k], a_indices [n, rank], b_indices [m, rank], sum_indices [k, rank] ->
//   a_val_grad [n], b_val_grad [m]: the gradient of the sum's element with the same index, 0 where it has none
//
// Indices must be in order, as SparseAdd leaves them.
#include "engine/ops/rows.h"
#include "engine/ops/sparse_parts.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  int64_t rank = Shape::kUnknownDim;
  for (int i = 1; i < 4; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 2));
    if (c.shape(i).has_rank() && !AgreeOnDim(c.shape(i)[1], &rank)) {
      return InvalidArgument("want indices of one rank, got ", rank, " and ", c.shape(i)[1]);
    }
  }
  if (c.shape(0).has_rank() && c.shape(3).has_rank()) {
    int64_t count = c.shape(3)[0];
    if (!AgreeOnDim(c.shape(0)[0], &count)) {
      return InvalidArgument("want as many gradients as sum_indices, got ", c.shape(0)[0], " and ", count);
    }
  }
  for (int i = 0; i < 2; ++i) c.set_output(i, {c.shape(i + 1).has_rank() ? c.shape(i + 1)[0] : Shape::kUnknownDim});
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& grad = c.input(0);
  const DType dtype = grad.dtype();
  const int64_t rank = c.input(3).dim(1);
  const int64_t* sum = c.input(3).data<int64_t>();
  for (int side = 0; side < 2; ++side) {
    const Tensor& tensor = c.input(side + 1);
    const int64_t* indices = tensor.data<int64_t>();
    void* out = c.output(side).raw();
    ClearElements(dtype, out, tensor.dim(0));
    for (int64_t i = 0, k = 0; i < tensor.dim(0) && k < grad.dim(0);) {
      const int order = CompareIndices(indices + i * rank, sum + k * rank, rank);
      if (order == 0) CopyElements(dtype, ElementAt(out, dtype, i), ElementAt(grad.raw(), dtype, k), 1);
      if (order <= 0) ++i;
      if (order >= 0) ++k;
    }
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "SparseAddGrad",
     .inputs = "backprop_val_grad:T, a_indices:i64, b_indices:i64, sum_indices:i64",
     .outputs = "a_val_grad:T, b_val_grad:T",
     .attrs = "T:type in {f32,f64,i8,i16,i32,i64,c64,c128}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(SparseAddGrad, kDefs);

}  // namespace rivulet

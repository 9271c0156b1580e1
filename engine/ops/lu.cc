// Lu: input [.., n, n] -> lu [.., n, n], p [.., n] of output_idx_type.
//
//   row p[i] of the input is row i of L U, where U is lu's upper triangle, and L its lower with ones on the diagonal
//
// A pivot of 0 is an error.
#include <numeric>

#include "engine/ops/lu_factor.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "input"));
  c.set_output(0, c.shape(0));
  c.set_output(1, WithDims(BatchOf(c.shape(0)), {std::max(MatrixDim(c.shape(0), 0), MatrixDim(c.shape(0), 1))}));
  return Status();
}

template <typename Index>
void StoreOrder(const int64_t* swaps, int64_t n, Index* order) {
  std::iota(order, order + n, Index{0});
  for (int64_t k = 0; k < n; ++k) std::swap(order[k], order[swaps[k]]);
}

template <typename T>
Status Factor(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t n = shape.rows;
  if (n > INT32_MAX && c.output(1).dtype() == DType::kInt32) {
    return InvalidArgument("output_idx_type: want int64 for ", n, " rows, got int32");
  }
  return ForEachMatrix<T>(c, shape.batch, OrderValues<T>(n), CheckedSize(n) * n * n,
                          [&](int64_t i, T* memory) -> const char* {
                            const MatrixView<T> a{c.output(0).data<T>() + i * n * n, n, n};
                            int64_t* swaps = OrderAt(memory);
                            LoadElements(c.input(0), i * n * n, n * n, a.at);
                            FactorLu(a, c.stop(), swaps);
                            if (c.stop().stopped()) return nullptr;
                            if (HasZeroPivot(a)) return "input: want invertible matrices, got one with a pivot of 0";
                            if (c.output(1).dtype() == DType::kInt32) {
                              StoreOrder(swaps, n, c.output(1).data<int32_t>() + i * n);
                            } else {
                              StoreOrder(swaps, n, c.output(1).data<int64_t>() + i * n);
                            }
                            return nullptr;
                          });
}

Status Run(RunContext& c) {
  return ForMatrixType(c.input(0).dtype(), [&](auto type) { return Factor<typename decltype(type)::Type>(c); });
}

constexpr OpDef kDefs[] = {
    {.name = "Lu",
     .inputs = "input:T",
     .outputs = "lu:T, p:output_idx_type",
     .attrs = "T:type in {f32,f64,c64,c128}; output_idx_type:type=i32 in {i32,i64}",
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
};

}  // namespace

RIVULET_OP_LIST(Lu, kDefs);

}  // namespace rivulet

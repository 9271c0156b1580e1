// CholeskyGrad, BatchCholeskyGrad: the gradient of A -> L with L L^T = A.
//
//   l, grad [.., n, n] -> output [.., n, n] = (S + S^T) / 2,  S = L^-T P L^-1
//
// where P is the lower triangle of L^T grad with its diagonal halved. Only lower triangles are read.
#include "engine/ops/matrices.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "l"));
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 1, "grad"));
  RIVULET_ASSIGN_OR_RETURN(const Shape batch, SolveShape(c, false));
  const int64_t n = std::max(MatrixDim(c.shape(0), 0), MatrixDim(c.shape(1), 0));
  c.set_output(0, WithDims(batch, {n, n}));
  return Status();
}

template <typename T>
Status Gradient(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.output(0).shape());
  const int64_t n = shape.rows;
  const CheckedSize steps = CheckedSize(n) * n * n * 3;
  return ForEachMatrix<T>(c, shape.batch, CheckedSize(n) * n, steps, [&](int64_t i, T* memory) -> const char* {
    const MatrixView<const T> l{c.input(0).data<T>() + i * n * n, n, n}, grad{c.input(1).data<T>() + i * n * n, n, n};
    const MatrixView<T> s{memory, n, n}, out{c.output(0).data<T>() + i * n * n, n, n};
    std::fill(s.at, s.at + n * n, T(0));
    for (int64_t k = 0; k < n && !c.stop().stopped(); ++k) {
      for (int64_t row = 0; row <= k; ++row) {
        for (int64_t column = 0; column <= row; ++column) s(row, column) += l(k, row) * grad(k, column);
      }
    }
    for (int64_t k = 0; k < n; ++k) s(k, k) /= 2;
    // Twice X -> (L^-T X)^T: first L^-T P, then, of its transpose, L^-T (L^-T P)^T = (L^-T P L^-1)^T = S^T.
    for (int turn = 0; turn < 2; ++turn) {
      for (int64_t row = n - 1; row >= 0 && !c.stop().stopped(); --row) {
        for (int64_t column = 0; column < n; ++column) s(row, column) /= l(row, row);
        for (int64_t k = 0; k < row; ++k) SubtractTimes(l(row, k), &s(row, 0), n, &s(k, 0));
      }
      if (turn == 0) TakeAdjoint(s);
    }
    for (int64_t row = 0; row < n; ++row) {
      for (int64_t column = 0; column < n; ++column) out(row, column) = (s(row, column) + s(column, row)) / 2;
    }
    return nullptr;
  });
}

Status Run(RunContext& c) {
  if constexpr (kHasLoops<kWidenMatrices, float>) {
    if (c.output(0).dtype() == DType::kFloat) return Gradient<float>(c);
  }
  return Gradient<double>(c);
}

constexpr OpDef kDefs[] = {
    {.name = "CholeskyGrad",
     .inputs = "l:T, grad:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64}",
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
    {.name = "BatchCholeskyGrad",
     .inputs = "l:T, grad:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64}",
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
};

}  // namespace

RIVULET_OP_LIST(CholeskyGrad, kDefs);

}  // namespace rivulet

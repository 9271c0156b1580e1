// Cholesky, BatchCholesky: the lower triangular L with L L^H = A and a positive diagonal.
//
//   input [.., n, n] -> output [.., n, n], zeros above the diagonal
//
// Only the lower triangle of A is read. Where A is not positive definite, the lower triangle of the output is NaN, or 0
// if complex.
#include "engine/ops/matrices.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "input"));
  c.set_output(0, c.shape(0));
  return Status();
}

template <typename T>
Status Factor(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t n = shape.rows;
  const T* in = c.input(0).data<T>();
  T* out = c.output(0).data<T>();
  return ForEachMatrix<T>(c, shape.batch, 0, CheckedSize(n) * n * n, [&](int64_t i, T*) -> const char* {
    const MatrixView<T> a{out + i * n * n, n, n};
    std::copy_n(in + i * n * n, n * n, a.at);
    const bool definite = FactorCholesky(a, c.stop());
    for (int64_t row = 0; row < n; ++row) {
      if (!definite) std::fill(&a(row, 0), &a(row, 0) + row + 1, kFailed<T>);
      std::fill(&a(row, 0) + row + 1, &a(row, 0) + n, T(0));
    }
    return nullptr;
  });
}

Status Run(RunContext& c) {
  return ForMatrixType(c.input(0).dtype(), [&](auto type) { return Factor<typename decltype(type)::Type>(c); });
}

constexpr OpDef kDefs[] = {
    {.name = "Cholesky",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64,c64,c128}",
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
    {.name = "BatchCholesky",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64}",
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
};

}  // namespace

RIVULET_OP_LIST(Cholesky, kDefs);

}  // namespace rivulet

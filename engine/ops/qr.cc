// Qr: input [.., m, n] -> q [.., m, p], r [.., p, n] with q r = input, p = min(m, n), or m if full_matrices.
//
// q has orthonormal columns, r is upper triangular. By Householder's reflections; the diagonal of r is real, and an
// element has the sign that what stood there had not, as in TensorFlow.
#include "engine/ops/householder.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 0, "input"));
  const Shape batch = BatchOf(c.shape(0));
  const int64_t m = MatrixDim(c.shape(0), 0), n = MatrixDim(c.shape(0), 1);
  int64_t p = m;
  if (!c.attrs().Bool("full_matrices")) p = m < 0 || n < 0 ? Shape::kUnknownDim : std::min(m, n);
  c.set_output(0, WithDims(batch, {m, p}));
  c.set_output(1, WithDims(batch, {p, n}));
  return Status();
}

template <typename T>
Status Factor(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t m = shape.rows, n = shape.columns, p = MatricesOf(c.output(0).shape()).columns;
  const int64_t count = std::min(m, n);
  const CheckedSize values =
      CheckedSize(m) * n + CheckedSize(m) * p + CheckedSize(p) * n + CheckedSize(count) + std::max(n, p);
  const CheckedSize steps = CheckedSize(m) * std::max(n, p) * count;
  return ForEachMatrix<T>(c, shape.batch, values, steps, [&](int64_t i, T* memory) -> const char* {
    const MatrixView<T> a{memory, m, n};
    const MatrixView<T> q{a.at + a.size(), m, p};
    const MatrixView<T> r{q.at + q.size(), p, n};
    T* tau = r.at + r.size();
    T* sums = tau + count;
    LoadElements(c.input(0), i * a.size(), a.size(), a.at);
    FactorQr(a, c.stop(), tau, sums);
    for (int64_t row = 0; row < p; ++row) {
      for (int64_t column = 0; column < n; ++column) r(row, column) = column < row ? T(0) : a(row, column);
    }
    ReadQ(a, tau, count, 0, c.stop(), q, sums);
    StoreElements(q.at, q.size(), c.output(0), i * q.size());
    StoreElements(r.at, r.size(), c.output(1), i * r.size());
    return nullptr;
  });
}

Status Run(RunContext& c) {
  return ForMatrixType(c.input(0).dtype(), [&](auto type) { return Factor<typename decltype(type)::Type>(c); });
}

constexpr OpDef kDefs[] = {
    {.name = "Qr",
     .inputs = "input:T",
     .outputs = "q:T, r:T",
     .attrs = "full_matrices:bool=false; T:type in {f16,f32,f64,c64,c128}",
     .infer = Infer,
     .run = kWidened<Run, kWidenMatrices>},
};

}  // namespace

RIVULET_OP_LIST(Qr, kDefs);

}  // namespace rivulet

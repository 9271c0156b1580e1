// BandedTriangularSolve: by substitution, with the diagonals of a triangular matrix A.
//
//   matrix [.., b, n], rhs [.., n, k] -> output [.., n, k] with A output = rhs; the batches broadcast
//   lower: A[i, i - r] = matrix[r, i];  upper: A[i, i + r] = matrix[b - 1 - r, i];  r < b
//
// Elements outside A are not read. `adjoint` solves with the conjugate transpose. A zero on the diagonal is an error.
#include "engine/ops/matrices.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool lower = true;
  bool adjoint = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->lower = c.attrs().Bool("lower");
  state->adjoint = c.attrs().Bool("adjoint");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 0, "matrix"));
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 1, "rhs"));
  const int64_t bands = MatrixDim(c.shape(0), 0), n = MatrixDim(c.shape(0), 1), rows = MatrixDim(c.shape(1), 0);
  if (bands == 0 || n == 0) {
    return InvalidArgument("matrix: want a diagonal and an element, got shape ", c.shape(0));
  }
  if (bands > n && n >= 0) {
    return InvalidArgument("matrix: want at most as many diagonals as their length, ", n, ", got ", bands);
  }
  if (n >= 0 && rows >= 0 && n != rows) {
    return InvalidArgument("rhs: want as many rows as the diagonals are long, ", n, ", got shape ", c.shape(1));
  }
  RIVULET_ASSIGN_OR_RETURN(const Shape batch, BroadcastBatches(c.shape(0), c.shape(1)));
  c.set_output(0, WithDims(batch, {std::max(n, rows), MatrixDim(c.shape(1), 1)}));
  return Status();
}

template <typename T>
Status Solve(RunContext& c) {
  const State& state = c.state<State>();
  const MatrixShape shape = MatricesOf(c.output(0).shape());
  const int64_t n = shape.rows, k = shape.columns, bands = MatricesOf(c.input(0).shape()).rows;
  if (c.output(0).num_elements() == 0) return Status();
  const BatchPositions matrices(c.input(0).shape(), c.output(0).shape()),
      sides(c.input(1).shape(), c.output(0).shape());
  const CheckedSize steps = CheckedSize(n) * bands * k;
  return ForEachMatrix<T>(c, shape.batch, 0, steps, [&](int64_t index, T*) -> const char* {
    const T* band = c.input(0).data<T>() + matrices[index] * bands * n;
    const MatrixView<T> x{c.output(0).data<T>() + index * n * k, n, k};
    std::copy_n(c.input(1).data<T>() + sides[index] * n * k, n * k, x.at);
    // Element r of row i, counted from the diagonal.
    const auto element = [&](int64_t r, int64_t i) { return band[(state.lower ? r : bands - 1 - r) * n + i]; };
    for (int64_t i = 0; i < n; ++i) {
      if (element(0, i) == T(0)) return "matrix: want an invertible matrix, got a zero on the diagonal";
    }
    const bool forward = state.lower != state.adjoint;
    for (int64_t step = 0; step < n && !c.stop().stopped(); ++step) {
      const int64_t i = forward ? step : n - 1 - step;
      for (int64_t r = 1; r < bands && r <= step; ++r) {
        const int64_t j = forward ? i - r : i + r;  // already found
        const T factor = state.adjoint ? Conjugate(element(r, j)) : element(r, i);
        SubtractTimes(factor, &x(j, 0), k, &x(i, 0));
      }
      const T pivot = state.adjoint ? Conjugate(element(0, i)) : element(0, i);
      for (int64_t j = 0; j < k; ++j) x(i, j) = x(i, j) / pivot;
    }
    return nullptr;
  });
}

Status Run(RunContext& c) {
  return ForMatrixType(c.output(0).dtype(), [&](auto type) { return Solve<typename decltype(type)::Type>(c); });
}

constexpr OpDef kDefs[] = {
    {.name = "BandedTriangularSolve",
     .inputs = "matrix:T, rhs:T",
     .outputs = "output:T",
     .attrs = "lower:bool=true; adjoint:bool=false; T:type in {f32,f64,c64,c128}",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenMatrices, State>},
};

}  // namespace

RIVULET_OP_LIST(BandedTriangularSolve, kDefs);

}  // namespace rivulet

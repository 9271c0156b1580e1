// MatrixTriangularSolve, BatchMatrixTriangularSolve: by substitution.
//
//   matrix [.., n, n], rhs [.., n, k] -> output [.., n, k] with matrix output = rhs; the batches broadcast
//
// Only the triangle that `lower` names is read; `adjoint` solves with its conjugate transpose. A zero on the diagonal
// gives infinities and NaNs, as in TensorFlow.
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
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "matrix"));
  RIVULET_ASSIGN_OR_RETURN(const Shape batch, SolveShape(c, true));
  const int64_t n = std::max(MatrixDim(c.shape(0), 0), MatrixDim(c.shape(1), 0));
  c.set_output(0, WithDims(batch, {n, MatrixDim(c.shape(1), 1)}));
  return Status();
}

template <typename T>
Status Solve(RunContext& c) {
  const State& state = c.state<State>();
  const MatrixShape shape = MatricesOf(c.output(0).shape());
  const int64_t n = shape.rows;
  if (c.output(0).num_elements() == 0) return Status();
  const BatchPositions matrices(c.input(0).shape(), c.output(0).shape()),
      sides(c.input(1).shape(), c.output(0).shape());
  const CheckedSize steps = CheckedSize(n) * n * shape.columns;
  return ForEachMatrix<T>(c, shape.batch, CheckedSize(n) * n, steps, [&](int64_t i, T* memory) -> const char* {
    const MatrixView<T> a{memory, n, n};
    const MatrixView<T> b{c.output(0).data<T>() + i * n * shape.columns, n, shape.columns};
    LoadElements(c.input(0), matrices[i] * n * n, n * n, a.at);
    LoadElements(c.input(1), sides[i] * b.size(), b.size(), b.at);
    if (state.adjoint) TakeAdjoint(a);
    if (state.lower != state.adjoint) {
      SolveLower(a, false, c.stop(), b);
    } else {
      SolveUpper(a, c.stop(), b);
    }
    return nullptr;
  });
}

Status Run(RunContext& c) {
  return ForMatrixType(c.input(0).dtype(), [&](auto type) { return Solve<typename decltype(type)::Type>(c); });
}

constexpr OpDef Def(const char* name, const char* attrs) {
  return {.name = name,
          .inputs = "matrix:T, rhs:T",
          .outputs = "output:T",
          .attrs = attrs,
          .infer = Infer,
          .prepare = Prepare,
          .run = kWidened<Run, kWidenMatrices, State>};
}
constexpr OpDef kDefs[] = {
    Def("MatrixTriangularSolve", "lower:bool=true; adjoint:bool=false; T:type in {f32,f64,c64,c128}"),
    Def("BatchMatrixTriangularSolve", "lower:bool=true; adjoint:bool=false; T:type in {f32,f64}")};

}  // namespace

RIVULET_OP_LIST(TriangularSolve, kDefs);

}  // namespace rivulet

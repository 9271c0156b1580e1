// MatrixSolve, MatrixInverse and their Batch forms, by elimination with partial pivoting.
//
//   MatrixSolve    matrix [.., n, n], rhs [.., n, k] -> output [.., n, k] with matrix output = rhs
//   MatrixInverse  input [.., n, n] -> output [.., n, n]
//
// `adjoint` takes the conjugate transpose of the matrix instead. A pivot of 0 is an error.
#include "engine/ops/lu_factor.h"

namespace rivulet {
namespace {

constexpr char kSingular[] = "input: want invertible matrices, got one with a pivot of 0";

struct State : OpState {
  bool adjoint = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->adjoint = c.attrs().Bool("adjoint");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferInverse(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "input"));
  c.set_output(0, c.shape(0));
  return Status();
}

Status InferSolve(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "matrix"));
  RIVULET_ASSIGN_OR_RETURN(const Shape batch, SolveShape(c, false));
  const int64_t n = std::max(MatrixDim(c.shape(0), 0), MatrixDim(c.shape(1), 0));
  c.set_output(0, WithDims(batch, {n, MatrixDim(c.shape(1), 1)}));
  return Status();
}

// `columns` of the right side, which is the identity where there is no second input.
template <typename T>
Status Solve(RunContext& c, int64_t columns) {
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t n = shape.rows;
  if (n == 0 || columns == 0) return Status();
  const bool adjoint = c.state<State>().adjoint;
  const CheckedSize values = CheckedSize(n) * n + CheckedSize(n) * columns + OrderValues<T>(n);
  const CheckedSize steps = CheckedSize(n) * n * (CheckedSize(n) + columns);
  return ForEachMatrix<T>(c, shape.batch, values, steps, [&](int64_t i, T* memory) -> const char* {
    const MatrixView<T> a{memory, n, n};
    const MatrixView<T> b{memory + n * n, n, columns};
    int64_t* swaps = OrderAt(b.at + b.size());
    LoadElements(c.input(0), i * n * n, n * n, a.at);
    if (adjoint) TakeAdjoint(a);
    FactorLu(a, c.stop(), swaps);
    if (HasZeroPivot(a)) return kSingular;
    if (c.num_inputs() == 2) {
      LoadElements(c.input(1), i * b.size(), b.size(), b.at);
    } else {
      std::fill(b.at, b.at + b.size(), T(0));
      for (int64_t k = 0; k < n; ++k) b(k, k) = T(1);
    }
    SolveLu(a, swaps, c.stop(), b);
    StoreElements(b.at, b.size(), c.output(0), i * b.size());
    return nullptr;
  });
}

Status Run(RunContext& c) {
  const Tensor& last = c.input(c.num_inputs() - 1);
  const int64_t columns = last.dim(last.rank() - 1);
  return ForMatrixType(last.dtype(), [&](auto type) { return Solve<typename decltype(type)::Type>(c, columns); });
}

constexpr OpDef Solver(const char* name, const char* attrs) {
  return {.name = name,
          .inputs = "matrix:T, rhs:T",
          .outputs = "output:T",
          .attrs = attrs,
          .infer = InferSolve,
          .prepare = Prepare,
          .run = kWidened<Run, kWidenMatrices, State>};
}
constexpr OpDef Inverter(const char* name, const char* attrs) {
  return {.name = name,
          .inputs = "input:T",
          .outputs = "output:T",
          .attrs = attrs,
          .infer = InferInverse,
          .prepare = Prepare,
          .run = kWidened<Run, kWidenMatrices, State>};
}

constexpr OpDef kDefs[] = {Solver("MatrixSolve", "adjoint:bool=false; T:type in {f32,f64,c64,c128}"),
                           Solver("BatchMatrixSolve", "adjoint:bool=false; T:type in {f32,f64}"),
                           Inverter("MatrixInverse", "adjoint:bool=false; T:type in {f16,f32,f64,c64,c128}"),
                           Inverter("BatchMatrixInverse", "adjoint:bool=false; T:type in {f32,f64}")};

}  // namespace

RIVULET_OP_LIST(MatrixSolve, kDefs);

}  // namespace rivulet

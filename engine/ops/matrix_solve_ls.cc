// MatrixSolveLs, BatchMatrixSolveLs: matrix [.., m, n], rhs [.., m, k], l2_regularizer [] float64 -> output [.., n, k].
//
// fast: by Cholesky of the normal equations, with r the regularizer:
//   m >= n   (A^H A + r I) X = A^H B         which makes |A X - B|^2 + r |X|^2 least
//   m < n    X = A^H Z, (A A^H + r I) Z = B
// A that is not of full rank is an error then. Otherwise r is passed over and X is the shortest of those that make
// |A X - B| least: A P = Q R with pivoting, R's rows that count = T Z^H by another QR, X = P Z T^-1 Q^H B.
#include "engine/ops/householder.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool fast = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->fast = c.attrs().Bool("fast");
  return std::unique_ptr<OpState>(std::move(state));
}

Status CheckRegularizer(double value) {
  if (value >= 0) return Status();
  return InvalidArgument("l2_regularizer: want 0 or more, got ", value);
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 0, "matrix"));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  if (c.known(2)) RIVULET_RETURN_IF_ERROR(CheckRegularizer(*c.value(2)->data<double>()));
  RIVULET_ASSIGN_OR_RETURN(const Shape batch, SolveShape(c, false));
  c.set_output(0, WithDims(batch, {MatrixDim(c.shape(0), 1), MatrixDim(c.shape(1), 1)}));
  return Status();
}

// to = A^H B
template <typename T>
void MultiplyAdjoint(const MatrixView<const T>& a, const MatrixView<const T>& b, const StopToken& stop,
                     const MatrixView<T>& to) {
  std::fill(to.at, to.at + to.size(), T(0));
  for (int64_t k = 0; k < a.rows && !stop.stopped(); ++k) {
    for (int64_t i = 0; i < a.columns; ++i) SubtractTimes(-Conjugate(a(k, i)), &b(k, 0), b.columns, &to(i, 0));
  }
}

// to = A A^H
template <typename T>
void MultiplyByAdjoint(const MatrixView<const T>& a, const StopToken& stop, const MatrixView<T>& to) {
  for (int64_t i = 0; i < a.rows && !stop.stopped(); ++i) {
    for (int64_t j = 0; j < a.rows; ++j) {
      T sum = T(0);
      for (int64_t k = 0; k < a.columns; ++k) sum += Times(a(i, k), Conjugate(a(j, k)));
      to(i, j) = sum;
    }
  }
}

// By the normal equations; `memory` holds p * p and m * k elements. False where they are singular.
template <typename T>
bool SolveNormal(const MatrixView<const T>& a, const MatrixView<const T>& b, double regularizer, const StopToken& stop,
                 T* memory, const MatrixView<T>& x) {
  const bool tall = a.rows >= a.columns;
  const int64_t p = tall ? a.columns : a.rows;
  const MatrixView<T> gram{memory, p, p};
  if (tall) {
    MultiplyAdjoint(a, a, stop, gram);
  } else {
    MultiplyByAdjoint(a, stop, gram);
  }
  for (int64_t i = 0; i < p; ++i) gram(i, i) += T(static_cast<RealOf<T>>(regularizer));
  if (!FactorCholesky(gram, stop)) return false;
  const MatrixView<T> z{tall ? x.at : memory + p * p, p, b.columns};
  if (tall) {
    MultiplyAdjoint(a, b, stop, z);
  } else {
    std::copy_n(b.at, b.size(), z.at);
  }
  SolveLower(gram, false, stop, z);
  SolveLowerAdjoint(gram, stop, z);
  if (!tall) MultiplyAdjoint(a, MatrixView<const T>{z.at, z.rows, z.columns}, stop, x);
  return true;
}

struct Sizes {
  int64_t m, n, k, p;
};

template <typename T>
CheckedSize OrthogonalValues(const Sizes& s) {
  return CheckedSize(s.m) * s.n + CheckedSize(s.m) * s.k + CheckedSize(s.n) * s.p + CheckedSize(s.n) * s.k +
         CheckedSize(s.p) * 2 + std::max({s.m, s.n, s.k}) + OrderValues<T>(s.n);
}

template <typename T>
void SolveOrthogonal(const MatrixView<const T>& in, const MatrixView<const T>& rhs, const Sizes& s,
                     const StopToken& stop, T* memory, const MatrixView<T>& x) {
  const MatrixView<T> a{memory, s.m, s.n}, b{a.at + a.size(), s.m, s.k};
  T* across = b.at + b.size();  // n x rank
  const MatrixView<T> y{across + s.n * s.p, s.n, s.k};
  T *tau = y.at + y.size(), *tau_across = tau + s.p, *sums = tau_across + s.p;
  int64_t* order = OrderAt(sums + std::max({s.m, s.n, s.k}));
  std::copy_n(in.at, in.size(), a.at);
  std::copy_n(rhs.at, rhs.size(), b.at);
  FactorPivotedQr(a, stop, tau, sums, order);
  for (int64_t k = 0; k < s.p; ++k) Reflect(a, k, k, tau[k], b, 0, sums);
  RealOf<T> greatest = 0;
  for (int64_t k = 0; k < s.p; ++k) greatest = std::max(greatest, std::abs(a(k, k)));
  const RealOf<T> least = greatest * std::numeric_limits<RealOf<T>>::epsilon() * static_cast<RealOf<T>>(s.p);
  int64_t rank = 0;
  while (rank < s.p && std::abs(a(rank, rank)) > least) ++rank;
  // z = the conjugate transpose of R's first rows = Z (T^H), T^H upper triangular.
  const MatrixView<T> z{across, s.n, rank};
  for (int64_t i = 0; i < s.n; ++i) {
    for (int64_t j = 0; j < rank; ++j) z(i, j) = i < j ? T(0) : Conjugate(a(j, i));
  }
  FactorQr(z, stop, tau_across, sums);
  // T y = b's first rows, with T = (T^H)^H: forward, by the columns of T^H.
  std::fill(y.at, y.at + y.size(), T(0));
  for (int64_t i = 0; i < rank; ++i) {
    std::copy_n(&b(i, 0), s.k, &y(i, 0));
    for (int64_t j = 0; j < i; ++j) SubtractTimes(Conjugate(z(j, i)), &y(j, 0), s.k, &y(i, 0));
    for (int64_t j = 0; j < s.k; ++j) y(i, j) = y(i, j) / Conjugate(z(i, i));
  }
  for (int64_t k = rank - 1; k >= 0; --k) Reflect(z, k, k, Conjugate(tau_across[k]), y, 0, sums);
  for (int64_t i = 0; i < s.n; ++i) std::copy_n(&y(i, 0), s.k, &x(order[i], 0));
}

template <typename T>
Status Solve(RunContext& c) {
  const double regularizer = *c.input(2).data<double>();
  RIVULET_RETURN_IF_ERROR(CheckRegularizer(regularizer));
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const Sizes s{shape.rows, shape.columns, MatricesOf(c.input(1).shape()).columns, std::min(shape.rows, shape.columns)};
  if (s.p == 0 || s.k == 0) {  // nothing constrains the unknowns: the shortest are 0
    std::fill_n(c.output(0).data<T>(), c.output(0).num_elements(), T(0));
    return Status();
  }
  const bool fast = c.state<State>().fast;
  const CheckedSize values = fast ? CheckedSize(s.p) * s.p + CheckedSize(s.p) * s.k : OrthogonalValues<T>(s);
  const CheckedSize steps = CheckedSize(s.m) * s.n * (CheckedSize(s.p) + s.k);
  return ForEachMatrix<T>(c, shape.batch, values, steps, [&](int64_t i, T* memory) -> const char* {
    const MatrixView<const T> a{c.input(0).data<T>() + i * s.m * s.n, s.m, s.n};
    const MatrixView<const T> b{c.input(1).data<T>() + i * s.m * s.k, s.m, s.k};
    const MatrixView<T> x{c.output(0).data<T>() + i * s.n * s.k, s.n, s.k};
    if (!fast) {
      SolveOrthogonal(a, b, s, c.stop(), memory, x);
    } else if (!SolveNormal(a, b, regularizer, c.stop(), memory, x)) {
      return "matrix: want one of full rank, or fast = false, or a greater l2_regularizer";
    }
    return nullptr;
  });
}

Status Run(RunContext& c) {
  return ForMatrixType(c.output(0).dtype(), [&](auto type) { return Solve<typename decltype(type)::Type>(c); });
}

constexpr OpDef Def(const char* name, const char* attrs) {
  return {.name = name,
          .inputs = "matrix:T, rhs:T, l2_regularizer:f64",
          .outputs = "output:T",
          .attrs = attrs,
          .infer = Infer,
          .prepare = Prepare,
          .run = kWidened<Run, kWidenMatrices, State>};
}
constexpr OpDef kDefs[] = {Def("MatrixSolveLs", "T:type in {f32,f64,c64,c128}; fast:bool=true"),
                           Def("BatchMatrixSolveLs", "T:type in {f32,f64}; fast:bool=true")};

}  // namespace

RIVULET_OP_LIST(MatrixSolveLs, kDefs);

}  // namespace rivulet

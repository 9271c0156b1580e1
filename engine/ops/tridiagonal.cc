// TridiagonalMatMul, TridiagonalSolve: matrices of which three diagonals are given.
//
//   TridiagonalMatMul  superdiag, maindiag, subdiag [.., 1, n], rhs [.., n, k] -> output [.., n, k]
//     output[i] = superdiag[i] rhs[i + 1] + maindiag[i] rhs[i] + subdiag[i] rhs[i - 1]
//   TridiagonalSolve   diagonals [.., 3, n] in that order, rhs [.., n, k] -> output [.., n, k]
//
// The last element of the super- and the first of the subdiagonal are not read. Elimination exchanges neighbouring rows
// where the lower one has the greater element, if partial_pivoting. A pivot of 0 makes the output NaN, or 0 where it is
// complex. With perturb_singular elements count by their share of their row, and a pivot that is too small for the
// right side is moved away from 0, as LAPACK's lagtf and lagts do.
#include "engine/ops/matrices.h"

namespace rivulet {
namespace {

Status InferMultiply(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 3, "rhs"));
  const Shape& rhs = c.shape(3);
  constexpr std::string_view kNames[] = {"superdiag", "maindiag", "subdiag"};
  for (int i = 0; i < 3; ++i) {
    const Shape& shape = c.shape(i);
    RIVULET_RETURN_IF_ERROR(WantMatrices(c, i, kNames[i]));
    if (!shape.has_rank() || !rhs.has_rank()) continue;
    bool fits = shape.rank() == rhs.rank();
    for (int axis = 0; fits && axis < rhs.rank(); ++axis) {
      const bool is_row = axis == rhs.rank() - 2, is_column = axis == rhs.rank() - 1;
      const int64_t want = is_row ? 1 : is_column ? rhs[axis - 1] : rhs[axis];
      fits = shape[axis] < 0 || want < 0 || shape[axis] == want;
    }
    if (!fits) {
      return InvalidArgument(kNames[i], ": want one row with an element per row of rhs, got shapes ", shape, " and ",
                             rhs);
    }
  }
  c.set_output(0, rhs);
  return Status();
}

template <typename T>
Status Multiply(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.output(0).shape());
  const int64_t n = shape.rows, k = shape.columns;
  return ForEachMatrix<T>(c, shape.batch, 0, CheckedSize(n) * k * 3, [&](int64_t i, T*) -> const char* {
    const T *super = c.input(0).data<T>() + i * n, *main = c.input(1).data<T>() + i * n,
            *sub = c.input(2).data<T>() + i * n;
    const MatrixView<const T> x{c.input(3).data<T>() + i * n * k, n, k};
    const MatrixView<T> y{c.output(0).data<T>() + i * n * k, n, k};
    for (int64_t row = 0; row < n; ++row) {
      for (int64_t j = 0; j < k; ++j) {
        T sum = Times(main[row], x(row, j));
        if (row + 1 < n) sum += Times(super[row], x(row + 1, j));
        if (row > 0) sum += Times(sub[row], x(row - 1, j));
        y(row, j) = sum;
      }
    }
    return nullptr;
  });
}

Status InferSolve(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 0, "diagonals"));
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 1, "rhs"));
  const Shape &diagonals = c.shape(0), &rhs = c.shape(1);
  if (c.attrs().Bool("perturb_singular") && !c.attrs().Bool("partial_pivoting")) {
    return InvalidArgument("perturb_singular: want partial_pivoting with it, which is false");
  }
  const int64_t three = MatrixDim(diagonals, 0), n = MatrixDim(diagonals, 1), rows = MatrixDim(rhs, 0);
  if (three >= 0 && three != 3) {
    return InvalidArgument("diagonals: want 3 rows, got shape ", diagonals);
  }
  if (n >= 0 && rows >= 0 && n != rows) {
    return InvalidArgument("rhs: want as many rows as the diagonals are long, ", n, ", got shape ", rhs);
  }
  if (diagonals.has_rank() && rhs.has_rank()) {
    bool fits = diagonals.rank() == rhs.rank();
    for (int axis = 0; fits && axis < rhs.rank() - 2; ++axis) {
      fits = diagonals[axis] < 0 || rhs[axis] < 0 || diagonals[axis] == rhs[axis];
    }
    if (!fits) {
      return InvalidArgument("want diagonals and rhs with the same batch, got shapes ", diagonals, " and ", rhs);
    }
  }
  c.set_output(0, rhs);
  return Status();
}

enum class Pivoting { kNone, kPartial, kPerturbed };

struct State : OpState {
  Pivoting pivoting = Pivoting::kPartial;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->pivoting = c.attrs().Bool("perturb_singular")   ? Pivoting::kPerturbed
                    : c.attrs().Bool("partial_pivoting") ? Pivoting::kPartial
                                                         : Pivoting::kNone;
  return std::unique_ptr<OpState>(std::move(state));
}

// Moves `pivot` away from 0 in steps that double, the first at least `step`, until neither 1 / pivot nor what it makes
// of the k elements of `x` is infinite; or, where x is as small, multiplies both.
template <typename T>
void Perturb(RealOf<T> step, T& pivot, T* x, int64_t k) {
  using R = RealOf<T>;
  constexpr R kLeast = std::numeric_limits<R>::min(), kGreatest = 1 / kLeast;
  R size = std::abs(pivot);
  if (size >= 1) return;
  step = std::copysign(std::max(step, kLeast), std::real(pivot));
  R most = 0;
  for (int64_t j = 0; j < k; ++j) most = std::max<R>(most, std::abs(x[j]));
  for (; size < 1; size = std::abs(pivot)) {
    if (size < kLeast ? size == 0 || most * kLeast > size : most > size * kGreatest) {
      pivot += step;
      step *= 2;
      continue;
    }
    if (size < kLeast) {
      pivot *= kGreatest;
      for (int64_t j = 0; j < k; ++j) x[j] *= kGreatest;
    }
    return;
  }
}

// x is the right side before, the solution after. u holds [n][3]: rows of the upper triangle that comes about, its
// diagonal and the two elements right of it. False where a pivot is 0.
template <typename T>
bool Eliminate(const T* super, const T* main, const T* sub, Pivoting pivoting, const StopToken& stop, T* u,
               const MatrixView<T>& x) {
  using R = RealOf<T>;
  const int64_t n = x.rows, k = x.columns;
  const bool perturbed = pivoting == Pivoting::kPerturbed;
  u[0] = main[0];
  u[1] = n > 1 ? super[0] : T(0);
  u[2] = T(0);
  // Of the row above, and of all of u but for the end of its last rows, as TensorFlow takes them.
  R sum_above = std::abs(u[0]) + std::abs(u[1]), greatest = std::max<R>(std::abs(u[0]), std::abs(u[1]));
  for (int64_t i = 0; i + 1 < n; ++i) {
    if (i % 1024 == 0 && stop.stopped()) return true;
    T *row = u + 3 * i, *next = row + 3;
    next[0] = main[i + 1];
    next[1] = i + 2 < n ? super[i + 1] : T(0);
    next[2] = T(0);
    const T below = sub[i + 1];
    const R sum = std::abs(below) + std::abs(next[0]) + std::abs(next[1]);
    bool exchange = pivoting != Pivoting::kNone && std::abs(row[0]) < std::abs(below);
    if (perturbed) {
      const R share = row[0] == T(0) ? R(0) : std::abs(row[0]) / sum_above;
      exchange = below != T(0) && std::abs(below) / sum > share;
    }
    if (!exchange) sum_above = sum;
    if (perturbed && below == T(0)) {
      // Nothing to eliminate, whatever the pivot.
    } else if (!exchange) {
      if (row[0] == T(0)) return false;
      const T factor = below / row[0];
      next[0] -= Times(factor, row[1]);
      SubtractTimes(factor, &x(i, 0), k, &x(i + 1, 0));
    } else {
      // The row below comes first.
      const T factor = row[0] / below;
      const T old = row[1];
      row[0] = below;
      row[1] = next[0];
      row[2] = next[1];
      next[0] = old - Times(factor, row[1]);
      next[1] = -Times(factor, row[2]);
      for (int64_t j = 0; j < k; ++j) {
        const T upper = x(i, j);
        x(i, j) = x(i + 1, j);
        x(i + 1, j) = upper - Times(factor, x(i, j));
      }
    }
    for (int j = 0; i + 2 < n && j < 3; ++j) greatest = std::max<R>(greatest, std::abs(row[j]));
  }
  greatest = std::max<R>(greatest, std::abs(u[3 * (n - 1)]));
  if (!perturbed && u[3 * (n - 1)] == T(0)) return false;
  for (int64_t i = n - 1; i >= 0; --i) {
    const T* row = u + 3 * i;
    for (int64_t j = 0; j < k; ++j) {
      T sum = x(i, j);
      if (i + 1 < n) sum -= Times(row[1], x(i + 1, j));
      if (i + 2 < n && row[2] != T(0)) sum -= Times(row[2], x(i + 2, j));
      x(i, j) = perturbed ? sum : sum / row[0];
    }
    if (!perturbed) continue;
    T pivot = row[0];
    Perturb(std::numeric_limits<R>::epsilon() * greatest, pivot, &x(i, 0), k);
    const T factor = T(1) / pivot;
    for (int64_t j = 0; j < k; ++j) x(i, j) = Times(factor, x(i, j));
  }
  return true;
}

template <typename T>
Status Solve(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.output(0).shape());
  const int64_t n = shape.rows, k = shape.columns;
  if (n == 0 || k == 0) return Status();
  const Pivoting pivoting = c.state<State>().pivoting;
  return ForEachMatrix<T>(
      c, shape.batch, CheckedSize(n) * 3, CheckedSize(n) * k * 5, [&](int64_t i, T* u) -> const char* {
        const T* diagonals = c.input(0).data<T>() + i * 3 * n;
        const MatrixView<T> x{c.output(0).data<T>() + i * n * k, n, k};
        std::copy_n(c.input(1).data<T>() + i * n * k, n * k, x.at);
        const bool regular = Eliminate(diagonals, diagonals + n, diagonals + 2 * n, pivoting, c.stop(), u, x);
        if (!regular) std::fill(x.at, x.at + x.size(), kFailed<T>);
        return nullptr;
      });
}

Status RunMultiply(RunContext& c) {
  return ForMatrixType(c.output(0).dtype(), [&](auto type) { return Multiply<typename decltype(type)::Type>(c); });
}
Status RunSolve(RunContext& c) {
  return ForMatrixType<0>(c.output(0).dtype(), [&](auto type) { return Solve<typename decltype(type)::Type>(c); });
}

constexpr OpDef kDefs[] = {
    {.name = "TridiagonalMatMul",
     .inputs = "superdiag:T, maindiag:T, subdiag:T, rhs:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64,c64,c128}",
     .infer = InferMultiply,
     .run = kWidened<RunMultiply, kWidenMatrices>},
    {.name = "TridiagonalSolve",
     .inputs = "diagonals:T, rhs:T",
     .outputs = "output:T",
     .attrs = "partial_pivoting:bool=true; perturb_singular:bool=false; T:type in {f32,f64,c64,c128}",
     .infer = InferSolve,
     .prepare = Prepare,
     .run = RunSolve},
};

}  // namespace

RIVULET_OP_LIST(Tridiagonal, kDefs);

}  // namespace rivulet

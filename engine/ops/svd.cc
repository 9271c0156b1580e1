// Svd, BatchSvd: input [.., m, n] -> s [.., p] descending, u [.., m, p or m], v [.., n, p or n], p = min(m, n).
//
//   input = u diag(s) v^H; u and v have orthonormal columns, and are square if full_matrices
//
// By Jacobi's rotations of two rows and two columns at a time; a matrix that is not square is first made so by a QR
// with pivoting. TensorFlow does the same below 16 columns, so the signs of u and v are its signs there; of larger
// matrices every pair of columns of u and v may have another sign (or, complex, another phase). A matrix with NaN or
// infinity gives NaN. Without compute_uv, u and v are scalars 0; TensorFlow leaves them unset.
#include "engine/ops/householder.h"

namespace rivulet {
namespace {

constexpr int kMaxSweeps = 100;

struct State : OpState {
  bool vectors = true;
  bool full = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->vectors = c.attrs().Bool("compute_uv");
  state->full = c.attrs().Bool("full_matrices");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantMatrices(c, 0, "input"));
  const Shape batch = BatchOf(c.shape(0));
  const int64_t m = MatrixDim(c.shape(0), 0), n = MatrixDim(c.shape(0), 1);
  const int64_t p = m < 0 || n < 0 ? Shape::kUnknownDim : std::min(m, n);
  const bool vectors = c.attrs().Bool("compute_uv"), full = c.attrs().Bool("full_matrices");
  c.set_output(0, WithDims(batch, {p}));
  c.set_output(1, vectors ? WithDims(batch, {m, full ? m : p}) : Shape{});
  c.set_output(2, vectors ? WithDims(batch, {n, full ? n : p}) : Shape{});
  return Status();
}

// A rotation of two rows or columns: x' = c x + conj(s) y, y' = -s x + conj(c) y.
template <typename T>
struct Turn {
  T c, s;
  void Rows(const MatrixView<T>& a, int64_t p, int64_t q) const {
    for (int64_t j = 0; j < a.columns; ++j) Apply(&a(p, j), &a(q, j));
  }
  void Columns(const MatrixView<T>& a, int64_t p, int64_t q) const {
    for (int64_t i = 0; i < a.rows; ++i) Apply(&a(i, p), &a(i, q));
  }
  void Apply(T* x, T* y) const {
    const T old = *x;
    *x = Times(c, old) + Times(Conjugate(s), *y);
    *y = Times(Conjugate(c), *y) - Times(s, old);
  }
};

template <typename T>
void ScaleColumn(const MatrixView<T>* a, int64_t j, T factor) {
  if (a == nullptr) return;
  for (int64_t i = 0; i < a->rows; ++i) (*a)(i, j) = Times((*a)(i, j), factor);
}

template <typename T>
void ScaleRow(const MatrixView<T>& a, int64_t i, T factor) {
  for (int64_t j = 0; j < a.columns; ++j) a(i, j) = Times(a(i, j), factor);
}

// The matrix becomes diagonal; what is done to its rows and columns is undone in those of u and v.
template <typename T>
class Jacobi {
 public:
  using R = RealOf<T>;
  Jacobi(const MatrixView<T>& w, const MatrixView<T>* u, const MatrixView<T>* v) : w_(w), u_(u), v_(v) {}

  void Run(const StopToken& stop) {
    for (int64_t k = 0; k < w_.rows; ++k) greatest_ = std::max(greatest_, std::abs(w_(k, k)));
    bool done = false;
    for (int sweep = 0; sweep < kMaxSweeps && !done; ++sweep) {
      done = true;
      for (int64_t p = 1; p < w_.rows; ++p) {
        for (int64_t q = 0; q < p; ++q) {
          if (stop.stopped()) return;
          const R threshold = std::max(kTiny, 2 * std::numeric_limits<R>::epsilon() * greatest_);
          if (!IsAbove(threshold, p, q)) continue;
          done = false;
          if (MakeReal(p, q)) Diagonalize(p, q);
        }
      }
    }
  }

 private:
  static constexpr R kTiny = std::numeric_limits<R>::min();

  bool IsAbove(R threshold, int64_t p, int64_t q) const {
    return std::abs(w_(p, q)) > threshold || std::abs(w_(q, p)) > threshold;
  }

  // The 2 x 2 block of rows and columns p and q becomes real. False if it is diagonal then.
  bool MakeReal(int64_t p, int64_t q) {
    if constexpr (kIsComplex<T>) {
      const R length = std::sqrt(Square(w_(p, p)) + Square(w_(q, p)));
      if (length == 0) {
        w_(p, p) = w_(q, p) = T(0);
        PhaseOfRow(p, q, p);
      } else {
        const Turn<T> turn{Conjugate(w_(p, p)) / length, w_(q, p) / length};
        turn.Rows(w_, p, q);
        // The inverse, from the other side.
        if (u_ != nullptr) Turn<T>{Conjugate(turn.c), Conjugate(turn.s)}.Columns(*u_, p, q);
        if (std::abs(w_(p, q).imag()) > kTiny) {
          const T phase = std::abs(w_(p, q)) / w_(p, q);
          ScaleColumn(&w_, q, phase);
          ScaleColumn(v_, q, phase);
        }
      }
      PhaseOfRow(q, q, q);
      greatest_ = std::max({greatest_, std::abs(w_(p, p)), std::abs(w_(q, q))});
      return IsAbove(std::max(kTiny, 2 * std::numeric_limits<R>::epsilon() * greatest_), p, q);
    }
    return true;
  }

  // Row `row` is turned so that its element in column `column` becomes real and positive.
  void PhaseOfRow(int64_t row, int64_t column, int64_t of_u) {
    if constexpr (kIsComplex<T>) {
      if (std::abs(w_(row, column).imag()) <= kTiny) return;
      const T phase = std::abs(w_(row, column)) / w_(row, column);
      ScaleRow(w_, row, phase);
      ScaleColumn(u_, of_u, Conjugate(phase));
    }
  }

  // A rotation of the rows makes the real 2 x 2 block symmetric, a second one from both sides diagonal.
  void Diagonalize(int64_t p, int64_t q) {
    const R a = std::real(w_(p, p)), b = std::real(w_(p, q)), c = std::real(w_(q, p)), d = std::real(w_(q, q));
    R cos1 = 1, sin1 = 0;
    if (std::abs(c - b) >= kTiny) {
      const R ratio = (a + d) / (c - b), length = std::sqrt(1 + ratio * ratio);
      sin1 = 1 / length;
      cos1 = ratio / length;
    }
    const R x = cos1 * a + sin1 * c, y = cos1 * b + sin1 * d, z = cos1 * d - sin1 * b;
    R cos2 = 1, sin2 = 0;
    if (2 * std::abs(y) >= kTiny) {
      const R tau = (x - z) / (2 * std::abs(y)), root = std::sqrt(tau * tau + 1);
      const R tangent = tau > 0 ? 1 / (tau + root) : 1 / (tau - root);
      cos2 = 1 / std::sqrt(tangent * tangent + 1);
      sin2 = (y > 0 ? -tangent : tangent) * cos2;
    }
    const Turn<T> left{T(cos1 * cos2 + sin1 * sin2), T(sin1 * cos2 - cos1 * sin2)};
    const Turn<T> right{T(cos2), T(-sin2)};
    left.Rows(w_, p, q);
    if (u_ != nullptr) left.Columns(*u_, p, q);
    right.Columns(w_, p, q);
    if (v_ != nullptr) right.Columns(*v_, p, q);
    greatest_ = std::max({greatest_, std::abs(w_(p, p)), std::abs(w_(q, q))});
  }

  const MatrixView<T> w_;
  const MatrixView<T>*u_, *v_;
  R greatest_ = 0;
};

template <typename T>
void SetIdentity(const MatrixView<T>& a) {
  std::fill(a.at, a.at + a.size(), T(0));
  for (int64_t i = 0; i < std::min(a.rows, a.columns); ++i) a(i, i) = T(1);
}

// Values out of the diagonal, positive and in descending order.
template <typename T>
void TakeValues(const MatrixView<T>& w, RealOf<T> scale, const MatrixView<T>* u, const MatrixView<T>* v, T* s) {
  const int64_t n = w.rows;
  for (int64_t k = 0; k < n; ++k) {
    const RealOf<T> modulus = std::abs(w(k, k));
    if (modulus > 0) ScaleColumn(u, k, T(w(k, k) / modulus));
    s[k] = T(modulus * scale);
  }
  for (int64_t k = 0; k < n; ++k) {
    int64_t best = k;
    for (int64_t j = k + 1; j < n; ++j) {
      if (std::real(s[j]) > std::real(s[best])) best = j;
    }
    if (best == k) continue;
    std::swap(s[k], s[best]);
    for (const MatrixView<T>* side : {u, v}) {
      if (side == nullptr) continue;
      for (int64_t i = 0; i < side->rows; ++i) std::swap((*side)(i, k), (*side)(i, best));
    }
  }
}

template <typename T>
Status Decompose(RunContext& c) {
  using R = RealOf<T>;
  const State& state = c.state<State>();
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t m = shape.rows, n = shape.columns, small = std::min(m, n), large = std::max(m, n);
  const int64_t u_columns = state.full ? m : small, v_columns = state.full ? n : small;
  if (!state.vectors) {
    *c.output(1).data<T>() = T(0);
    *c.output(2).data<T>() = T(0);
  }
  const CheckedSize values =
      CheckedSize(large) * small + CheckedSize(small) * small + CheckedSize(large) + small + OrderValues<T>(small);
  const CheckedSize steps = CheckedSize(large) * small * small * 8;
  return ForEachMatrix<T>(c, shape.batch, values, steps, [&](int64_t index, T* memory) -> const char* {
    // Tall: the matrix, or its conjugate transpose.
    const MatrixView<T> tall{memory, large, small}, work{tall.at + tall.size(), small, small};
    T* tau = work.at + work.size();
    T* sums = tau + small;
    int64_t* order = OrderAt(sums + large);
    T* s = c.output(0).data<T>() + index * small;
    const MatrixView<T> all_u{state.vectors ? c.output(1).data<T>() + index * m * u_columns : nullptr, m, u_columns};
    const MatrixView<T> all_v{state.vectors ? c.output(2).data<T>() + index * n * v_columns : nullptr, n, v_columns};
    const MatrixView<T>*u = state.vectors ? &all_u : nullptr, *v = state.vectors ? &all_v : nullptr;
    const MatrixView<const T> in{c.input(0).data<T>() + index * m * n, m, n};
    R scale = 0;
    bool finite = true;
    for (int64_t i = 0; i < in.size(); ++i) {
      const R modulus = std::abs(in.at[i]);
      finite = finite && std::isfinite(modulus);
      scale = std::max(scale, modulus);
    }
    if (!finite) {
      std::fill(s, s + small, kFailed<T>);
      for (const MatrixView<T>* side : {u, v}) {
        if (side != nullptr) std::fill(side->at, side->at + side->size(), kFailed<T>);
      }
      return nullptr;
    }
    if (scale == 0) scale = 1;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j)
        (m >= n ? tall(i, j) : tall(j, i)) = (m >= n ? in(i, j) : Conjugate(in(i, j))) / scale;
    }
    if (u != nullptr) SetIdentity(*u);
    if (v != nullptr) SetIdentity(*v);
    if (m == n) {
      std::copy_n(tall.at, tall.size(), work.at);
    } else {
      FactorPivotedQr(tall, c.stop(), tau, sums, order);
      for (int64_t i = 0; i < small; ++i) {
        for (int64_t j = 0; j < small; ++j) {
          const T r = j < i ? T(0) : tall(i, j);
          (m > n ? work(i, j) : work(j, i)) = m > n ? r : Conjugate(r);
        }
      }
      if (u != nullptr) {
        ReadQ(tall, tau, small, 0, c.stop(), m > n ? *u : *v, sums);
        const MatrixView<T>& other = m > n ? *v : *u;
        std::fill(other.at, other.at + other.size(), T(0));
        for (int64_t j = 0; j < small; ++j) other(order[j], j) = T(1);
      }
    }
    Jacobi<T>(work, u, v).Run(c.stop());
    if (c.stop().stopped()) return nullptr;
    TakeValues(work, scale, u, v, s);
    return nullptr;
  });
}

Status Run(RunContext& c) {
  return ForMatrixType<kWidenFloats>(c.input(0).dtype(),
                                     [&](auto type) { return Decompose<typename decltype(type)::Type>(c); });
}

constexpr OpDef Def(const char* name) {
  return {.name = name,
          .inputs = "input:T",
          .outputs = "s:T, u:T, v:T",
          .attrs = "compute_uv:bool=true; full_matrices:bool=false; T:type in {f32,f64,c64,c128}",
          .infer = Infer,
          .prepare = Prepare,
          .run = kWidened<Run, kWidenFloats, State>};
}
constexpr OpDef kDefs[] = {Def("Svd"), Def("BatchSvd")};

}  // namespace

RIVULET_OP_LIST(Svd, kDefs);

}  // namespace rivulet

// SelfAdjointEig, SelfAdjointEigV2 and their Batch forms: eigenvalues and eigenvectors of symmetric or Hermitian
// matrices.
//
//   V2   input [.., n, n] -> e [.., n] ascending, v [.., n, n]: column k of v belongs to e[k]; input v = v diag(e)
//   V1   input [.., n, n] -> output [.., n + 1, n]: e in the first row, v below it
//
// Only the lower triangle is read. Reflections make the matrix tridiagonal; then implicit QR steps with Wilkinson's
// shift split off one eigenvalue after the other. Signs of vectors come out as TensorFlow's, whose steps are the same.
// Without compute_v, v is a scalar 0; TensorFlow leaves one unset.
#include "engine/ops/householder.h"

namespace rivulet {
namespace {

constexpr char kNoConvergence[] =
    "input: want self-adjoint matrices of finite numbers, got one whose eigenvalues cannot be found";
constexpr int64_t kMaxStepsPerValue = 30;

bool IsFirst(const InferContext& c) { return c.num_outputs() == 1; }

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "input"));
  const Shape batch = BatchOf(c.shape(0));
  const int64_t n = std::max(MatrixDim(c.shape(0), 0), MatrixDim(c.shape(0), 1));
  if (IsFirst(c)) {
    c.set_output(0, WithDims(batch, {n < 0 ? n : n + 1, n}));
    return Status();
  }
  c.set_output(0, WithDims(batch, {n}));
  c.set_output(1, c.attrs().Bool("compute_v") ? WithDims(batch, {n, n}) : Shape{});
  return Status();
}

struct State : OpState {
  bool vectors = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->vectors = c.num_outputs() == 1 || c.attrs().Bool("compute_v");
  return std::unique_ptr<OpState>(std::move(state));
}

// A = Q T Q^H: T's diagonals into d and e, Q into q if there is one.
template <typename T>
void MakeTridiagonal(const MatrixView<T>& a, const StopToken& stop, RealOf<T>* d, RealOf<T>* e, T* tau, T* w,
                     const MatrixView<T>* q) {
  const int64_t n = a.rows;
  for (int64_t k = 0; k + 1 < n && !stop.stopped(); ++k) {
    tau[k] = MakeReflection(a, k + 1, k);
    const T beta = a(k + 1, k), t = Conjugate(tau[k]);
    a(k + 1, k) = T(1);
    // With w = t A v - t (w . v) v / 2, both reflections together take v w^H + w v^H from the rest of A.
    T dot = T(0);
    for (int64_t i = k + 1; i < n; ++i) {
      T sum = T(0);
      for (int64_t j = k + 1; j < n; ++j) sum += Times(j <= i ? a(i, j) : Conjugate(a(j, i)), a(j, k));
      w[i] = Times(t, sum);
      dot += Times(Conjugate(w[i]), a(i, k));
    }
    const T half = Times(t, dot) * RealOf<T>(-0.5);
    for (int64_t i = k + 1; i < n; ++i) w[i] += Times(half, a(i, k));
    for (int64_t i = k + 1; i < n; ++i) {
      for (int64_t j = k + 1; j <= i; ++j) {
        a(i, j) -= Times(a(i, k), Conjugate(w[j])) + Times(w[i], Conjugate(a(j, k)));
      }
    }
    a(k + 1, k) = beta;
  }
  for (int64_t k = 0; k < n; ++k) d[k] = std::real(a(k, k));
  for (int64_t k = 0; k + 1 < n; ++k) e[k] = std::real(a(k + 1, k));
  if (q != nullptr) ReadQ(a, tau, n - 1, 1, stop, *q, w);
}

// c and s with c x - s z > 0 and s x + c z = 0.
template <typename R>
void Rotation(R x, R z, R* c, R* s) {
  if (z == 0) {
    *c = x < 0 ? R(-1) : R(1);
    *s = 0;
  } else if (x == 0) {
    *c = 0;
    *s = z < 0 ? R(1) : R(-1);
  } else if (std::abs(x) > std::abs(z)) {
    const R ratio = z / x, length = std::copysign(std::sqrt(1 + ratio * ratio), x);
    *c = 1 / length;
    *s = -ratio * *c;
  } else {
    const R ratio = x / z, length = std::copysign(std::sqrt(1 + ratio * ratio), z);
    *s = -1 / length;
    *c = -ratio * *s;
  }
}

// One implicit QR step on the block [start, end] of T, with the shift that is the eigenvalue of its last 2 x 2 block
// that is nearer to its last element. The rotations go into the columns of q.
template <typename T>
void QrStep(RealOf<T>* d, RealOf<T>* e, int64_t start, int64_t end, const MatrixView<T>* q) {
  using R = RealOf<T>;
  const R half = (d[end - 1] - d[end]) / 2, last = e[end - 1];
  R shift = d[end];
  if (half == 0) {
    shift -= std::abs(last);
  } else if (last != 0) {
    const R square = last * last, h = std::copysign(std::hypot(half, last), half);
    shift -= square == 0 ? last / ((half + h) / last) : square / (half + h);
  }
  R x = d[start] - shift, z = e[start];
  for (int64_t k = start; k < end && z != 0; ++k) {
    R c, s;
    Rotation(x, z, &c, &s);
    const R up = s * d[k] + c * e[k], down = s * e[k] + c * d[k + 1];
    d[k] = c * (c * d[k] - s * e[k]) - s * (c * e[k] - s * d[k + 1]);
    d[k + 1] = s * up + c * down;
    e[k] = c * up - s * down;
    if (k > start) e[k - 1] = c * e[k - 1] - s * z;
    x = e[k];
    if (k + 1 < end) {
      z = -s * e[k + 1];
      e[k + 1] = c * e[k + 1];
    }
    if (q == nullptr) continue;
    for (int64_t i = 0; i < q->rows; ++i) {
      const T left = (*q)(i, k), right = (*q)(i, k + 1);
      (*q)(i, k) = c * left - s * right;
      (*q)(i, k + 1) = s * left + c * right;
    }
  }
}

// Until e is 0; false if it does not get there.
template <typename T>
bool Diagonalize(int64_t n, const StopToken& stop, RealOf<T>* d, RealOf<T>* e, const MatrixView<T>* q) {
  using R = RealOf<T>;
  constexpr R kPrecision = 1 / std::numeric_limits<R>::epsilon();
  int64_t steps = 0;
  for (int64_t end = n - 1, start = 0; end > 0;) {
    for (int64_t i = start; i < end; ++i) {
      const R scaled = kPrecision * e[i];
      if (std::abs(e[i]) < std::numeric_limits<R>::min() || scaled * scaled <= std::abs(d[i]) + std::abs(d[i + 1]))
        e[i] = 0;
    }
    while (end > 0 && e[end - 1] == 0) --end;
    if (end == 0) break;
    if (++steps > kMaxStepsPerValue * n || stop.stopped()) return false;
    for (start = end - 1; start > 0 && e[start - 1] != 0;) --start;
    QrStep(d, e, start, end, q);
  }
  return true;
}

template <typename T>
void Sort(int64_t n, RealOf<T>* d, const MatrixView<T>* q) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t least = std::min_element(d + i, d + n) - d;
    if (least == i) continue;
    std::swap(d[i], d[least]);
    for (int64_t row = 0; q != nullptr && row < n; ++row) std::swap((*q)(row, i), (*q)(row, least));
  }
}

template <typename T>
Status Decompose(RunContext& c) {
  using R = RealOf<T>;
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t n = shape.rows;
  const bool vectors = c.state<State>().vectors, first = c.num_outputs() == 1;
  if (!vectors) *c.output(1).data<T>() = T(0);
  if (n == 0) return Status();
  const CheckedSize values = CheckedSize(n) * n * 2 + CheckedSize(n) * 4;
  return ForEachMatrix<T>(c, shape.batch, values, CheckedSize(n) * n * n * 4, [&](int64_t i, T* memory) -> const char* {
    const MatrixView<T> a{memory, n, n}, q{memory + n * n, n, n};
    T* tau = q.at + n * n;
    T* work = tau + n;
    R *d = reinterpret_cast<R*>(work + n), *e = reinterpret_cast<R*>(work + 2 * n);
    LoadElements(c.input(0), i * n * n, n * n, a.at);
    R scale = 0;
    for (int64_t row = 0; row < n; ++row) {
      for (int64_t column = 0; column <= row; ++column) scale = std::max(scale, std::abs(a(row, column)));
    }
    // The vector of one number is 1 whatever it is.
    if (scale == 0 || n == 1) scale = 1;
    for (int64_t k = 0; k < n * n; ++k) a.at[k] /= scale;
    for (int64_t k = 0; k < n; ++k) a(k, k) = std::real(a(k, k));
    const MatrixView<T>* kept = vectors ? &q : nullptr;
    MakeTridiagonal(a, c.stop(), d, e, tau, work, kept);
    if (!Diagonalize(n, c.stop(), d, e, kept)) return c.stop().stopped() ? nullptr : kNoConvergence;
    Sort(n, d, kept);
    T* out = c.output(0).data<T>() + i * (first ? (n + 1) * n : n);
    for (int64_t k = 0; k < n; ++k) out[k] = T(d[k] * scale);
    if (vectors) std::copy_n(q.at, n * n, first ? out + n : c.output(1).data<T>() + i * n * n);
    return nullptr;
  });
}

Status Run(RunContext& c) {
  return ForMatrixType<0>(c.input(0).dtype(), [&](auto type) { return Decompose<typename decltype(type)::Type>(c); });
}

constexpr OpDef First(const char* name) {
  return {.name = name,
          .inputs = "input:T",
          .outputs = "output:T",
          .attrs = "T:type in {f32,f64}",
          .infer = Infer,
          .prepare = Prepare,
          .run = Run};
}
constexpr OpDef Second(const char* name, const char* attrs) {
  return {.name = name,
          .inputs = "input:T",
          .outputs = "e:T, v:T",
          .attrs = attrs,
          .infer = Infer,
          .prepare = Prepare,
          .run = Run};
}
constexpr OpDef kDefs[] = {First("SelfAdjointEig"), First("BatchSelfAdjointEig"),
                           Second("SelfAdjointEigV2", "compute_v:bool=true; T:type in {f32,f64,c64,c128}"),
                           Second("BatchSelfAdjointEigV2", "compute_v:bool=true; T:type in {f32,f64}")};

}  // namespace

RIVULET_OP_LIST(SelfAdjointEig, kDefs);

}  // namespace rivulet

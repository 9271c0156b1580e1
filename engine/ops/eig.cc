// Eig: input [.., n, n] -> e [.., n], v [.., n, n]: column k of v, of length 1, belongs to e[k]; input v = v diag(e)
//
// By shifted QR steps on the Hessenberg form: of a complex matrix values by modulus, of a real one in the order in
// which real steps find them, a pair's with the positive imaginary part first. Real ones
// are done in double. Without compute_v, v is a scalar 0;
// TensorFlow leaves one unset.
#include <cstring>

#include "engine/ops/real_schur.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool vectors = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->vectors = c.attrs().Bool("compute_v");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "input"));
  const bool is_double = c.dtype(0) == DType::kDouble || c.dtype(0) == DType::kComplex128;
  if (is_double != (c.output_dtype(0) == DType::kComplex128)) {
    return InvalidArgument("Tout: want the complex type of ", c.dtype(0), ", got ", c.output_dtype(0));
  }
  const Shape batch = BatchOf(c.shape(0));
  const int64_t n = std::max(MatrixDim(c.shape(0), 0), MatrixDim(c.shape(0), 1));
  c.set_output(0, WithDims(batch, {n}));
  c.set_output(1, c.attrs().Bool("compute_v") ? WithDims(batch, {n, n}) : Shape{});
  return Status();
}

// Eigenvectors of the triangular matrix, with ones on the diagonal, into x; then v = u x with columns of length 1.
template <typename T>
void Vectors(const MatrixView<T>& t, const MatrixView<T>& u, const StopToken& stop, T* x, const MatrixView<T>& v) {
  using R = RealOf<T>;
  const int64_t n = t.rows;
  R norm = 0;
  for (int64_t i = 0; i < t.size(); ++i) norm += Square(t.at[i]);
  const R least_gap = std::max(std::numeric_limits<R>::epsilon() * std::sqrt(norm), std::numeric_limits<R>::min());
  for (int64_t k = n - 1; k >= 0 && !stop.stopped(); --k) {
    x[k] = T(1);
    for (int64_t i = k - 1; i >= 0; --i) {
      T sum = -t(i, k);
      for (int64_t j = i + 1; j < k; ++j) sum -= Times(t(i, j), x[j]);
      T gap = t(i, i) - t(k, k);
      if (gap == T(0)) gap = T(least_gap);
      x[i] = Over(sum, gap);
    }
    R length = 0;
    for (int64_t i = 0; i < n; ++i) {
      T sum = T(0);
      for (int64_t j = 0; j <= k; ++j) sum += Times(u(i, j), x[j]);
      v(i, k) = sum;
      length = std::hypot(length, std::abs(sum));
    }
    for (int64_t i = 0; i < n; ++i) v(i, k) /= length;
  }
}

template <typename T>
void ByModulus(T* e, const MatrixView<T>& v, int64_t n, bool vectors) {
  for (int64_t k = 0; k < n; ++k) {
    const int64_t least = std::min_element(e + k, e + n, [](T x, T y) { return std::abs(x) < std::abs(y); }) - e;
    if (least == k) continue;
    std::swap(e[k], e[least]);
    for (int64_t i = 0; vectors && i < n; ++i) std::swap(v(i, k), v(i, least));
  }
}

// The values of a real matrix's blocks.
void RealValues(const RealSchur<double>& schur, const MatrixView<double>& t, Complex128* e) {
  using R = double;
  for (int64_t i = 0; i < t.rows; ++i) {
    if (!schur.IsPair(i)) {
      e[i] = t(i, i);
      continue;
    }
    const R p = R(0.5) * (t(i, i) - t(i + 1, i + 1)), x = t(i + 1, i), y = t(i, i + 1);
    const R most = std::max({std::abs(p), std::abs(x), std::abs(y)});
    const R z = most * std::sqrt(std::abs((p / most) * (p / most) + (x / most) * (y / most)));
    e[i] = {t(i + 1, i + 1) + p, z};
    e[i + 1] = std::conj(e[i]);
    ++i;
  }
}

// Vectors of a real matrix: of a pair's first value with i, of a real one with 1 as its last part in the basis of u.
void RealVectors(const MatrixView<double>& t, const MatrixView<double>& u, const Complex128* e, const StopToken& stop,
                 Complex128* x, const MatrixView<Complex128>& v) {
  using R = double;
  using T = Complex128;
  const int64_t n = t.rows;
  R norm = 0;
  for (int64_t i = 0; i < t.size(); ++i) norm += std::abs(t.at[i]);
  const T least(std::max(std::numeric_limits<R>::epsilon() * norm, std::numeric_limits<R>::min()));
  for (int64_t k = n - 1; k >= 0 && !stop.stopped(); --k) {
    if (e[k].imag() < 0) continue;
    const bool pair = e[k].imag() > 0;
    const int64_t last = k + pair;
    x[last] = pair ? T(0, 1) : T(1);
    if (pair) {
      const R below = t(last, k), beside = t(k, last);
      x[k] = std::abs(below) > std::abs(beside) ? Times(e[k] - t(last, last), x[last]) / below
                                                : Over(Times(T(-beside), x[last]), t(k, k) - e[k]);
    }
    const auto rest = [&](int64_t row, int64_t from) {
      T sum(0);
      for (int64_t j = from; j <= last; ++j) sum += t(row, j) * x[j];
      return sum;
    };
    for (int64_t i = k - 1; i >= 0; --i) {
      const T gap = t(i, i) - e[k], sum = rest(i, i + 1);
      if (e[i].imag() == 0) {
        x[i] = Over(-sum, gap == T(0) ? least : gap);
        continue;
      }
      const T above = rest(i - 1, i + 1), first = t(i - 1, i - 1) - e[k];
      T whole = Times(first, gap) - t(i - 1, i) * t(i, i - 1);
      if (whole == T(0)) whole = least * norm;
      x[i] = Over(t(i, i - 1) * above - Times(first, sum), whole);
      x[i - 1] = Over(t(i - 1, i) * sum - Times(gap, above), whole);
      --i;
    }
    R length = 0;
    for (int64_t i = 0; i < n; ++i) {
      T sum(0);
      for (int64_t j = 0; j <= last; ++j) sum += u(i, j) * x[j];
      v(i, k) = sum;
      length = std::hypot(length, std::abs(sum));
    }
    for (int64_t i = 0; i < n; ++i) {
      v(i, k) /= length;
      if (pair) v(i, last) = std::conj(v(i, k));
    }
  }
}

// Either is true where the values were found; `memory` holds 2 n^2 + 2 n elements.
template <typename T>
bool DecomposeOne(T* memory, int64_t n, const StopToken& stop, T* e, const MatrixView<T>& v, bool vectors) {
  const MatrixView<T> a{memory, n, n}, u{memory + n * n, n, n};
  T* work = u.at + n * n;
  if (!FactorSchur(a, stop, u, work)) return false;
  for (int64_t k = 0; k < n; ++k) e[k] = a(k, k);
  if (vectors) Vectors(a, u, stop, work, v);
  ByModulus(e, v, n, vectors);
  return true;
}
bool DecomposeOne(double* memory, int64_t n, const StopToken& stop, Complex128* e, const MatrixView<Complex128>& v,
                  bool vectors) {
  const MatrixView<double> t{memory, n, n}, u{memory + n * n, n, n};
  double* work = u.at + n * n;
  RealSchur<double> schur(t, u);
  if (!schur.Factor(stop, work)) return false;
  RealValues(schur, t, e);
  if (vectors) RealVectors(t, u, e, stop, reinterpret_cast<Complex128*>(work), v);
  return true;
}

// Elements as they are, or floats of which the work is done in double.
template <typename T>
void Load(const Tensor& from, int64_t begin, int64_t count, T* to) {
  if (from.dtype() == DTypeOf<T>) {
    std::copy_n(from.data<T>() + begin, count, to);
  } else if constexpr (std::is_same_v<T, double>) {
    std::copy_n(from.data<float>() + begin, count, to);
  }
}
template <typename T>
void Store(const T* from, int64_t count, Tensor& to, int64_t begin) {
  if (to.dtype() == DTypeOf<T>) {
    std::copy_n(from, count, to.data<T>() + begin);
  } else if constexpr (std::is_same_v<T, Complex128>) {
    std::transform(from, from + count, to.data<Complex64>() + begin, [](T x) { return Complex64(x); });
  }
}

// T: what the matrix is done in, E: what its values are in there.
template <typename T, typename E>
Status Decompose(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t n = shape.rows;
  const bool vectors = c.state<State>().vectors;
  if (!vectors) std::memset(c.output(1).raw(), 0, c.output(1).bytes());
  if (n == 0) return Status();
  const CheckedSize values = CheckedSize(n) * n * 3 + CheckedSize(n) * 3;
  return ForEachMatrix<E>(
      c, shape.batch, values, CheckedSize(n) * n * n * 10, [&](int64_t index, E* memory) -> const char* {
        E *e = memory + 2 * n * n + 2 * n, *v = e + n;
        auto* matrix = reinterpret_cast<T*>(memory);
        Load(c.input(0), index * n * n, n * n, matrix);
        if (!DecomposeOne(matrix, n, c.stop(), e, {v, n, n}, vectors)) {
          return c.stop().stopped()
                     ? nullptr
                     : "input: want matrices of finite numbers, got one whose eigenvalues cannot be found";
        }
        Store(e, n, c.output(0), index * n);
        if (vectors) Store(v, n * n, c.output(1), index * n * n);
        return nullptr;
      });
}

Status Run(RunContext& c) {
  switch (c.input(0).dtype()) {
    case DType::kFloat:
    case DType::kDouble: return Decompose<double, Complex128>(c);
    case DType::kComplex64: return Decompose<Complex64, Complex64>(c);
    default: return Decompose<Complex128, Complex128>(c);
  }
}

constexpr OpDef kDefs[] = {
    {.name = "Eig",
     .inputs = "input:T",
     .outputs = "e:Tout, v:Tout",
     .attrs = "compute_v:bool=true; T:type in {f32,f64,c64,c128}; Tout:type in {c64,c128}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Eig, kDefs);

}  // namespace rivulet

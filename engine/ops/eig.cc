// Eig: input [.., n, n] -> e [.., n], v [.., n, n]: column k of v, of length 1, belongs to e[k]; input v = v diag(e)
//
// By shifted QR steps on the Hessenberg form, in the complex type; values by modulus. Deviation: of a real matrix
// TensorFlow gives values in the order in which real QR steps find them, and each complex vector in another phase; here
// a real matrix is done as a complex one. Without compute_v, v is a scalar 0; TensorFlow leaves one unset.
#include "engine/ops/complex_schur.h"

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
    return InvalidArgument("Tout: want the complex type of ", Name(c.dtype(0)), ", got ", Name(c.output_dtype(0)));
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

template <typename From, typename T>
Status Decompose(RunContext& c) {
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t n = shape.rows;
  const bool vectors = c.state<State>().vectors;
  if (!vectors) *c.output(1).data<T>() = T(0);
  if (n == 0) return Status();
  const CheckedSize values = CheckedSize(n) * n * 2 + CheckedSize(n) * 2;
  return ForEachMatrix<T>(
      c, shape.batch, values, CheckedSize(n) * n * n * 10, [&](int64_t index, T* memory) -> const char* {
        const MatrixView<T> a{memory, n, n}, u{memory + n * n, n, n};
        T* work = u.at + n * n;
        const From* in = c.input(0).data<From>() + index * n * n;
        for (int64_t i = 0; i < n * n; ++i) a.at[i] = T(in[i]);
        if (!FactorSchur(a, c.stop(), u, work)) {
          return c.stop().stopped()
                     ? nullptr
                     : "input: want matrices of finite numbers, got one whose eigenvalues cannot be found";
        }
        T* e = c.output(0).data<T>() + index * n;
        for (int64_t k = 0; k < n; ++k) e[k] = a(k, k);
        const MatrixView<T> v{vectors ? c.output(1).data<T>() + index * n * n : nullptr, n, n};
        if (vectors) Vectors(a, u, c.stop(), work, v);
        for (int64_t k = 0; k < n; ++k) {
          const int64_t least = std::min_element(e + k, e + n, [](T x, T y) { return std::abs(x) < std::abs(y); }) - e;
          if (least == k) continue;
          std::swap(e[k], e[least]);
          for (int64_t i = 0; vectors && i < n; ++i) std::swap(v(i, k), v(i, least));
        }
        return nullptr;
      });
}

Status Run(RunContext& c) {
  switch (c.input(0).dtype()) {
    case DType::kFloat: return Decompose<float, Complex64>(c);
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

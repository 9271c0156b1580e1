// MatrixExponential, MatrixSquareRoot, MatrixLogarithm: functions of square matrices.
//
//   input [.., n, n] -> output [.., n, n]
//
// exp   Pade's approximant of order 13 of A / 2^s, squared s times (Higham 2005).
// sqrt  A = U T U^H; R with R R = T column by column: R[i,j] = (T[i,j] - sum of R[i,k] R[k,j]) / (R[i,i] + R[j,j]).
// log   square roots of T until X = T^(1/2^s) - I is small; then 2^s times log(I + X), the integral of X (I + t X)^-1
// over
//       t from 0 to 1 by Gauss's rule.
//
// Computed in complex128. The principal values are taken; a real matrix with a negative eigenvalue has no real square
// root, and gives NaN. Of singular matrices TensorFlow's square roots and logarithms are NaN in part or whole, as
// rounding has it, and so may be ours.
#include "engine/ops/complex_schur.h"
#include "engine/ops/lu_factor.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

using T = Complex128;
using View = MatrixView<T>;

// Copies to complex128 and back.
void Load(const Tensor& from, int64_t begin, int64_t count, T* to) {
  switch (from.dtype()) {
    case DType::kFloat: std::copy_n(from.data<float>() + begin, count, to); break;
    case DType::kDouble: std::copy_n(from.data<double>() + begin, count, to); break;
    case DType::kComplex64: std::copy_n(from.data<Complex64>() + begin, count, to); break;
    default: std::copy_n(from.data<T>() + begin, count, to); break;
  }
}

void Store(const T* from, int64_t count, Tensor& to, int64_t begin) {
  for (int64_t i = 0; i < count; ++i) {
    switch (to.dtype()) {
      case DType::kFloat: to.data<float>()[begin + i] = static_cast<float>(from[i].real()); break;
      case DType::kDouble: to.data<double>()[begin + i] = from[i].real(); break;
      case DType::kComplex64: to.data<Complex64>()[begin + i] = Complex64(from[i]); break;
      default: to.data<T>()[begin + i] = from[i]; break;
    }
  }
}

void FillNan(const View& a) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  std::fill(a.at, a.at + a.size(), T(kNan, kNan));
}

// to = a b
void Multiply(const View& a, const View& b, const StopToken& stop, const View& to) {
  std::fill(to.at, to.at + to.size(), T(0));
  for (int64_t i = 0; i < a.rows && !stop.stopped(); ++i) {
    for (int64_t k = 0; k < a.columns; ++k) SubtractTimes(-a(i, k), &b(k, 0), b.columns, &to(i, 0));
  }
}

// The greatest sum of the moduli of a column.
double Norm(const View& a) {
  double greatest = 0;
  for (int64_t j = 0; j < a.columns; ++j) {
    double sum = 0;
    for (int64_t i = 0; i < a.rows; ++i) sum += std::abs(a(i, j));
    if (!(sum <= greatest)) greatest = sum;
  }
  return greatest;
}

// `memory` holds 6 n^2 elements and an order of n rows. The result lies in a.
void Exponential(const View& a, const StopToken& stop, T* memory) {
  constexpr double kPade[] = {64764752532480000.,
                              32382376266240000.,
                              7771770303897600.,
                              1187353796428800.,
                              129060195264000.,
                              10559470521600.,
                              670442572800.,
                              33522128640.,
                              1323241920.,
                              40840800.,
                              960960.,
                              16380.,
                              182.,
                              1.};
  constexpr double kGreatestNorm = 5.37;  // up to there the approximant is exact to double precision
  const int64_t n = a.rows, size = n * n;
  const View a2{memory, n, n}, a4{memory + size, n, n}, a6{memory + 2 * size, n, n};
  const View odd{memory + 3 * size, n, n}, even{memory + 4 * size, n, n}, temporary{memory + 5 * size, n, n};
  const double norm = Norm(a);
  if (!std::isfinite(norm)) return FillNan(a);
  int squarings = 0;
  std::frexp(norm / kGreatestNorm, &squarings);
  squarings = std::max(squarings, 0);
  for (int64_t i = 0; i < size; ++i)
    a.at[i] = {std::ldexp(a.at[i].real(), -squarings), std::ldexp(a.at[i].imag(), -squarings)};
  Multiply(a, a, stop, a2);
  Multiply(a2, a2, stop, a4);
  Multiply(a2, a4, stop, a6);
  const auto polynomial = [&](int first, const View& to) {  // of every second coefficient
    for (int64_t i = 0; i < size; ++i) {
      temporary.at[i] = kPade[first + 12] * a6.at[i] + kPade[first + 10] * a4.at[i] + kPade[first + 8] * a2.at[i];
    }
    Multiply(a6, temporary, stop, to);
    for (int64_t i = 0; i < size; ++i) {
      to.at[i] += kPade[first + 6] * a6.at[i] + kPade[first + 4] * a4.at[i] + kPade[first + 2] * a2.at[i];
    }
    for (int64_t i = 0; i < n; ++i) to(i, i) += kPade[first];
  };
  polynomial(1, even);
  Multiply(a, even, stop, odd);
  polynomial(0, even);
  for (int64_t i = 0; i < size; ++i) {
    a.at[i] = even.at[i] + odd.at[i];
    even.at[i] -= odd.at[i];
  }
  int64_t* swaps = OrderAt(memory + 6 * size);
  FactorLu(even, stop, swaps);
  SolveLu(even, swaps, stop, a);
  for (int i = 0; i < squarings && !stop.stopped(); ++i) {
    Multiply(a, a, stop, temporary);
    std::copy_n(temporary.at, size, a.at);
  }
}

// The square root of an upper triangular matrix, in its place.
void TriangularRoot(const View& t, const StopToken& stop) {
  for (int64_t j = 0; j < t.rows && !stop.stopped(); ++j) {
    t(j, j) = std::sqrt(t(j, j));
    for (int64_t i = j - 1; i >= 0; --i) {
      T sum = t(i, j);
      for (int64_t k = i + 1; k < j; ++k) sum -= Times(t(i, k), t(k, j));
      t(i, j) = sum / (t(i, i) + t(j, j));
    }
  }
}

// a = u t u^H
void Restore(const View& u, const View& t, const StopToken& stop, const View& temporary, const View& a) {
  Multiply(u, t, stop, temporary);
  for (int64_t i = 0; i < a.rows && !stop.stopped(); ++i) {
    for (int64_t j = 0; j < a.columns; ++j) {
      T sum = T(0);
      for (int64_t k = 0; k < a.columns; ++k) sum += Times(temporary(i, k), Conjugate(u(j, k)));
      a(i, j) = sum;
    }
  }
}

void SquareRoot(const View& a, bool is_real, const StopToken& stop, T* memory) {
  const int64_t n = a.rows;
  const View u{memory, n, n}, t{memory + n * n, n, n}, temporary{memory + 2 * n * n, n, n};
  const double least = 1e-12 * Norm(a);
  std::copy_n(a.at, a.size(), t.at);
  if (!FactorSchur(t, stop, u, memory + 3 * n * n)) return FillNan(a);
  for (int64_t k = 0; is_real && k < n; ++k) {
    if (t(k, k).real() < -least && std::abs(t(k, k).imag()) <= least) return FillNan(a);
  }
  TriangularRoot(t, stop);
  Restore(u, t, stop, temporary, a);
}

// Gauss's rule over [0, 1] with 7 points.
constexpr double kPoints[] = {0.02544604382862073774, 0.12923440720030278007, 0.29707742431130141655, 0.5,
                              0.70292257568869858345, 0.87076559279969721993, 0.97455395617137926226};
constexpr double kWeights[] = {0.06474248308443484664, 0.13985269574463833395, 0.19091502525255947247,
                               0.20897959183673469388, 0.19091502525255947247, 0.13985269574463833395,
                               0.06474248308443484664};

void Logarithm(const View& a, const StopToken& stop, T* memory) {
  constexpr double kSmall = 0.25;  // the rule's error is below 1e-16 then
  constexpr int kMaxRoots = 1100;
  const int64_t n = a.rows, size = n * n;
  const View u{memory, n, n}, t{memory + size, n, n}, temporary{memory + 2 * size, n, n}, sum{memory + 3 * size, n, n};
  std::copy_n(a.at, a.size(), t.at);
  if (!FactorSchur(t, stop, u, memory + 4 * size)) return FillNan(a);
  T* logs = memory + 4 * size;
  for (int64_t k = 0; k < n; ++k) {
    if (t(k, k) == T(0)) return FillNan(a);
    logs[k] = std::log(t(k, k));
    std::fill(&t(k, 0), &t(k, 0) + k, T(0));
  }
  std::fill(sum.at, sum.at + size, T(0));
  int roots = 0;
  for (;; ++roots) {
    for (int64_t k = 0; k < n; ++k) t(k, k) -= 1.0;
    const double norm = Norm(t);
    if (norm <= kSmall) break;
    if (roots == kMaxRoots || !std::isfinite(norm) || stop.stopped()) return FillNan(a);
    for (int64_t k = 0; k < n; ++k) t(k, k) += 1.0;
    TriangularRoot(t, stop);
  }
  for (size_t point = 0; point < std::size(kPoints) && !stop.stopped(); ++point) {
    // y with (I + t X) y = X, from the last row up.
    for (int64_t i = n - 1; i >= 0; --i) {
      for (int64_t j = i; j < n; ++j) {
        T value = t(i, j);
        for (int64_t k = i + 1; k <= j; ++k) value -= kPoints[point] * Times(t(i, k), temporary(k, j));
        temporary(i, j) = value / (1.0 + kPoints[point] * t(i, i));
        sum(i, j) += kWeights[point] * temporary(i, j);
      }
    }
  }
  for (int64_t i = 0; i < size; ++i)
    sum.at[i] = {std::ldexp(sum.at[i].real(), roots), std::ldexp(sum.at[i].imag(), roots)};
  for (int64_t k = 0; k < n; ++k) sum(k, k) = logs[k];
  Restore(u, sum, stop, temporary, a);
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantSquare(c, 0, "input"));
  c.set_output(0, c.shape(0));
  return Status();
}

enum class Function { kExponential, kSquareRoot, kLogarithm };

Status Run(RunContext& c, Function function) {
  const MatrixShape shape = MatricesOf(c.input(0).shape());
  const int64_t n = shape.rows;
  if (n == 0) return Status();
  const bool is_real = c.input(0).dtype() == DType::kFloat || c.input(0).dtype() == DType::kDouble;
  const CheckedSize values = CheckedSize(n) * n * 7 + CheckedSize(n) * 3 + OrderValues<T>(n);
  return ForEachMatrix<T>(c, shape.batch, values, CheckedSize(n) * n * n * 20,
                          [&](int64_t i, T* memory) -> const char* {
                            const View a{memory, n, n};
                            Load(c.input(0), i * n * n, n * n, a.at);
                            switch (function) {
                              case Function::kExponential: Exponential(a, c.stop(), memory + n * n); break;
                              case Function::kSquareRoot: SquareRoot(a, is_real, c.stop(), memory + n * n); break;
                              case Function::kLogarithm: Logarithm(a, c.stop(), memory + n * n); break;
                            }
                            Store(a.at, n * n, c.output(0), i * n * n);
                            return nullptr;
                          });
}

constexpr OpDef kDefs[] = {
    {.name = "MatrixExponential",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64,c64,c128}",
     .infer = Infer,
     .run = With<Run, Function::kExponential>},
    {.name = "MatrixSquareRoot",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64,c64,c128}",
     .infer = Infer,
     .run = With<Run, Function::kSquareRoot>},
    {.name = "MatrixLogarithm",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {c64,c128}",
     .infer = Infer,
     .run = With<Run, Function::kLogarithm>},
};

}  // namespace

RIVULET_OP_LIST(MatrixFunction, kDefs);

}  // namespace rivulet

// Reflections that leave one element of a vector: (I - tau v v^H) x = (beta, 0, ..), v[0] = 1, beta real, of the sign
// that x[0] has not.
#ifndef RIVULET_ENGINE_OPS_HOUSEHOLDER_H_
#define RIVULET_ENGINE_OPS_HOUSEHOLDER_H_

#include "engine/ops/matrices.h"

namespace rivulet {

// x is column `k` of `a` from row `first` on. Leaves beta and, below it, v without its one.
template <typename T>
T MakeReflection(const MatrixView<T>& a, int64_t first, int64_t k) {
  using R = RealOf<T>;
  R tail = 0;
  for (int64_t i = first + 1; i < a.rows; ++i) tail += Square(a(i, k));
  const T head = a(first, k);
  constexpr R kTiny = std::numeric_limits<R>::min();
  R imaginary = 0;
  if constexpr (kIsComplex<T>) imaginary = head.imag();
  if (tail <= kTiny && imaginary * imaginary <= kTiny) {
    for (int64_t i = first + 1; i < a.rows; ++i) a(i, k) = T(0);
    a(first, k) = T(std::real(head));
    return T(0);
  }
  R beta = std::sqrt(Square(head) + tail);
  if (std::real(head) >= 0) beta = -beta;
  for (int64_t i = first + 1; i < a.rows; ++i) a(i, k) = a(i, k) / (head - beta);
  a(first, k) = T(beta);
  return Conjugate((T(beta) - head) / beta);
}

// Columns [from, ..) of `b`, from row `first` on, become (I - tau v v^H) times themselves, where v stands in column `k`
// of `a`. `sums` has room for a row of b.
template <typename T>
void Reflect(const MatrixView<T>& a, int64_t first, int64_t k, T tau, const MatrixView<T>& b, int64_t from, T* sums) {
  if (tau == T(0)) return;
  const int64_t n = b.columns - from;
  std::copy_n(&b(first, 0) + from, n, sums);
  for (int64_t i = first + 1; i < a.rows; ++i) SubtractTimes(-Conjugate(a(i, k)), &b(i, 0) + from, n, sums);
  SubtractTimes(tau, sums, n, &b(first, 0) + from);
  for (int64_t i = first + 1; i < a.rows; ++i) SubtractTimes(Times(tau, a(i, k)), sums, n, &b(i, 0) + from);
}

// A = Q R in place: R on and above the diagonal, the v below; tau has room for min(rows, columns) elements.
template <typename T>
void FactorQr(const MatrixView<T>& a, const StopToken& stop, T* tau, T* sums) {
  for (int64_t k = 0; k < std::min(a.rows, a.columns) && !stop.stopped(); ++k) {
    tau[k] = MakeReflection(a, k, k);
    Reflect(a, k, k, tau[k], a, k + 1, sums);
  }
}

// A P = Q R: before each step the column with the greatest norm from there down comes first; order[j] is the column of
// A that column j of A P was.
template <typename T>
void FactorPivotedQr(const MatrixView<T>& a, const StopToken& stop, T* tau, T* sums, int64_t* order) {
  for (int64_t j = 0; j < a.columns; ++j) order[j] = j;
  for (int64_t k = 0; k < std::min(a.rows, a.columns) && !stop.stopped(); ++k) {
    int64_t best = k;
    RealOf<T> greatest = 0;
    for (int64_t j = k; j < a.columns; ++j) {
      RealOf<T> sum = 0;
      for (int64_t i = k; i < a.rows; ++i) sum += Square(a(i, j));
      if (sum > greatest) {
        greatest = sum;
        best = j;
      }
    }
    if (best != k) {
      std::swap(order[k], order[best]);
      for (int64_t i = 0; i < a.rows; ++i) std::swap(a(i, k), a(i, best));
    }
    tau[k] = MakeReflection(a, k, k);
    Reflect(a, k, k, tau[k], a, k + 1, sums);
  }
}

// The first columns of Q, or all of them, into `q`. The reflections begin `shift` rows below the diagonal.
template <typename T>
void ReadQ(const MatrixView<T>& a, const T* tau, int64_t count, int64_t shift, const StopToken& stop,
           const MatrixView<T>& q, T* sums) {
  std::fill(q.at, q.at + q.size(), T(0));
  for (int64_t i = 0; i < std::min(q.rows, q.columns); ++i) q(i, i) = T(1);
  // Before reflection k is applied, q has only ones on the diagonal left of column k + shift.
  for (int64_t k = count - 1; k >= 0 && !stop.stopped(); --k) {
    Reflect(a, k + shift, k, Conjugate(tau[k]), q, std::min(k + shift, q.columns), sums);
  }
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_HOUSEHOLDER_H_

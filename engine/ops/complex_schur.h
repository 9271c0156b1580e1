// A = U T U^H with T upper triangular: its diagonal are the eigenvalues of A.
#ifndef RIVULET_ENGINE_OPS_COMPLEX_SCHUR_H_
#define RIVULET_ENGINE_OPS_COMPLEX_SCHUR_H_

#include "engine/ops/householder.h"

namespace rivulet {

namespace schur_internal {

template <typename T>
RealOf<T> Sum(T x) {
  return std::abs(x.real()) + std::abs(x.imag());
}

// A = Q H Q^H with zeros below H's first subdiagonal; H in place of A. `work` holds 2 n elements.
template <typename T>
void MakeHessenberg(const MatrixView<T>& a, const StopToken& stop, const MatrixView<T>& q, T* work) {
  const int64_t n = a.rows;
  T *tau = work, *sums = work + n;
  for (int64_t k = 0; k + 1 < n && !stop.stopped(); ++k) {
    tau[k] = MakeReflection(a, k + 1, k);
    Reflect(a, k + 1, k, tau[k], a, k + 1, sums);
    // From the right, by the conjugate: each row is x - (x v) conj(tau) v^H.
    T* v = sums;
    v[k + 1] = T(1);
    for (int64_t j = k + 2; j < n; ++j) v[j] = a(j, k);
    for (int64_t i = 0; i < n; ++i) {
      T dot = T(0);
      for (int64_t j = k + 1; j < n; ++j) dot += Times(a(i, j), v[j]);
      dot = Times(dot, Conjugate(tau[k]));
      for (int64_t j = k + 1; j < n; ++j) a(i, j) -= Times(dot, Conjugate(v[j]));
    }
  }
  ReadQ(a, tau, n - 1, 1, stop, q, sums);
  for (int64_t i = 2; i < n; ++i) std::fill(&a(i, 0), &a(i, 0) + i - 1, T(0));
}

// c and s with s x + c z = 0; `length` becomes c x - conj(s) z.
template <typename T>
void Rotation(T x, T z, RealOf<T>* c, T* s, T* length) {
  using R = RealOf<T>;
  if (z == T(0)) {
    *c = x.real() < 0 ? R(-1) : R(1);
    *s = T(0);
    *length = *c * x;
  } else if (x == T(0)) {
    *c = 0;
    *s = -z / std::abs(z);
    *length = T(std::abs(z));
  } else {
    const R modulus = std::abs(x);
    R whole = std::hypot(modulus, std::abs(z));
    if (x.real() < 0) whole = -whole;
    const T phase = x / modulus;
    *c = modulus / whole;
    *s = -Times(Conjugate(phase), z / whole);
    *length = phase * whole;
  }
}

// The eigenvalue of the last 2 x 2 block that is nearer to its last element; now and then something else.
template <typename T>
T Shift(const MatrixView<T>& t, int64_t end, int64_t steps) {
  using R = RealOf<T>;
  if ((steps == 10 || steps == 20) && end > 1) {
    return T(std::abs(t(end, end - 1).real()) + std::abs(t(end - 1, end - 2).real()));
  }
  T a = t(end - 1, end - 1), b = t(end - 1, end), c = t(end, end - 1), d = t(end, end);
  const R norm = std::abs(a) + std::abs(b) + std::abs(c) + std::abs(d);
  a /= norm, b /= norm, c /= norm, d /= norm;
  const T product = Times(b, c), root = std::sqrt(Times(a - d, a - d) + R(4) * product);
  const T determinant = Times(a, d) - product;
  T first = (a + d + root) / R(2), second = (a + d - root) / R(2);
  if (Sum(first) > Sum(second)) {
    second = determinant / first;
  } else if (Sum(second) != 0) {
    first = determinant / second;
  }
  return norm * (Sum(first - d) < Sum(second - d) ? first : second);
}

}  // namespace schur_internal

// T in place of A. False where the iteration does not end, as with NaN. `work` holds 2 n elements.
template <typename T>
bool FactorSchur(const MatrixView<T>& a, const StopToken& stop, const MatrixView<T>& u, T* work) {
  using namespace schur_internal;
  using R = RealOf<T>;
  const int64_t n = a.rows;
  MakeHessenberg(a, stop, u, work);
  const auto negligible = [&](int64_t i) {
    if (!(Sum(a(i + 1, i)) <= std::numeric_limits<R>::epsilon() * (Sum(a(i, i)) + Sum(a(i + 1, i + 1))))) return false;
    a(i + 1, i) = T(0);
    return true;
  };
  constexpr int64_t kMaxStepsPerValue = 30;
  int64_t steps = 0, all_steps = 0;
  for (int64_t end = n - 1; end > 0;) {
    if (negligible(end - 1)) {
      steps = 0;
      --end;
      continue;
    }
    ++steps;
    if (++all_steps > kMaxStepsPerValue * n || stop.stopped()) return false;
    int64_t start = end - 1;
    while (start > 0 && !negligible(start - 1)) --start;
    const T shift = Shift(a, end, steps);
    for (int64_t k = start; k < end; ++k) {
      R c;
      T s, length;
      if (k == start) {
        Rotation(a(k, k) - shift, a(k + 1, k), &c, &s, &length);
      } else {
        Rotation(a(k, k - 1), a(k + 1, k - 1), &c, &s, &length);
        a(k, k - 1) = length;
        a(k + 1, k - 1) = T(0);
      }
      for (int64_t j = k; j < n; ++j) {
        const T x = a(k, j), y = a(k + 1, j);
        a(k, j) = c * x - Times(Conjugate(s), y);
        a(k + 1, j) = Times(s, x) + c * y;
      }
      const auto turn = [&](const MatrixView<T>& m, int64_t rows) {
        for (int64_t i = 0; i < rows; ++i) {
          const T x = m(i, k), y = m(i, k + 1);
          m(i, k) = c * x - Times(s, y);
          m(i, k + 1) = Times(Conjugate(s), x) + c * y;
        }
      };
      turn(a, std::min(k + 2, end) + 1);
      turn(u, n);
    }
  }
  return true;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_COMPLEX_SCHUR_H_

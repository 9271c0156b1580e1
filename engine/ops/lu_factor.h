// A = P^-1 L U with partial pivoting: what determinants, inverses and solutions come from.
#ifndef RIVULET_ENGINE_OPS_LU_FACTOR_H_
#define RIVULET_ENGINE_OPS_LU_FACTOR_H_

#include "engine/ops/matrices.h"

namespace rivulet {

// In place of A: U on and above the diagonal, L without its ones below. Row k is exchanged with row swaps[k] >= k
// before column k is eliminated; the first row of the greatest modulus is taken. A column of zeros is passed over.
template <typename T>
void FactorLu(const MatrixView<T>& a, const StopToken& stop, int64_t* swaps) {
  for (int64_t k = 0; k < a.rows && !stop.stopped(); ++k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < a.rows; ++i) {
      if (std::abs(a(i, k)) > std::abs(a(best, k))) best = i;
    }
    swaps[k] = best;
    if (best != k) std::swap_ranges(&a(k, 0), &a(k, 0) + a.columns, &a(best, 0));
    if (a(k, k) == T(0)) continue;
    for (int64_t i = k + 1; i < a.rows; ++i) {
      a(i, k) = a(i, k) / a(k, k);
      SubtractTimes(a(i, k), &a(k, 0) + k + 1, a.columns - k - 1, &a(i, 0) + k + 1);
    }
  }
}

template <typename T>
bool HasZeroPivot(const MatrixView<T>& lu) {
  for (int64_t k = 0; k < lu.rows; ++k) {
    if (lu(k, k) == T(0)) return true;
  }
  return false;
}

// X with A X = B in place of B.
template <typename T>
void SolveLu(const MatrixView<T>& lu, const int64_t* swaps, const StopToken& stop, const MatrixView<T>& b) {
  for (int64_t k = 0; k < lu.rows; ++k) {
    if (swaps[k] != k) std::swap_ranges(&b(k, 0), &b(k, 0) + b.columns, &b(swaps[k], 0));
  }
  SolveLower(lu, true, stop, b);
  SolveUpper(lu, stop, b);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_LU_FACTOR_H_

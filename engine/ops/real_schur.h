// A = U T U^T of a real matrix: T has blocks of 1 and 2 rows on its diagonal and zeros below. By Francis' steps of two
// shifts at a time (Golub and Van Loan, "Matrix Computations", 7.5), in the form in which TensorFlow makes them, so
// that the blocks stand in its order and the columns of U have its signs.
#ifndef RIVULET_ENGINE_OPS_REAL_SCHUR_H_
#define RIVULET_ENGINE_OPS_REAL_SCHUR_H_

#include "engine/ops/complex_schur.h"

namespace rivulet {

template <typename R>
class RealSchur {
 public:
  // T in place of `t`; `work` holds 2 n elements.
  RealSchur(const MatrixView<R>& t, const MatrixView<R>& u) : t_(t), u_(u), n_(t.rows) {}

  // False where the iteration does not end, as with NaN.
  bool Factor(const StopToken& stop, R* work) {
    R scale = 0;
    for (int64_t i = 0; i < t_.size(); ++i) scale = std::max(scale, std::abs(t_.at[i]));
    if (scale >= std::numeric_limits<R>::min()) {
      for (int64_t i = 0; i < t_.size(); ++i) t_.at[i] /= scale;
    }
    schur_internal::MakeHessenberg(t_, stop, u_, work);
    const bool ended = Iterate(stop);
    for (int64_t i = 0; i < t_.size(); ++i) t_.at[i] *= scale;
    return ended;
  }

  // Whether rows i and i + 1 are one block.
  bool IsPair(int64_t i) const { return i + 1 < n_ && t_(i + 1, i) != R(0); }

 private:
  bool Iterate(const StopToken& stop) {
    R norm = 0;
    for (int64_t i = 0; i < n_; ++i) {
      for (int64_t j = std::max<int64_t>(i - 1, 0); j < n_; ++j) norm += std::abs(t_(i, j));
    }
    constexpr R kEps = std::numeric_limits<R>::epsilon();
    const R zero = std::max(norm * kEps * kEps, std::numeric_limits<R>::min());
    int64_t steps = 0, all_steps = 0;
    for (int64_t end = n_ - 1; end >= 0;) {
      int64_t start = end;
      while (start > 0) {
        const R size = std::abs(t_(start - 1, start - 1)) + std::abs(t_(start, start));
        if (std::abs(t_(start, start - 1)) <= std::max(size * kEps, zero)) break;
        --start;
      }
      if (start > 0) t_(start, start - 1) = 0;
      if (start >= end - 1) {
        for (int64_t i = start; i <= end; ++i) t_(i, i) += moved_;
        if (start < end) Split(end);
        end = start - 1;
        steps = 0;
        continue;
      }
      if (++all_steps > 40 * n_ || stop.stopped()) return false;
      Step(start, end, steps++);
    }
    for (int64_t i = 0; i < t_.size(); ++i) {
      if (!(t_.at[i] == t_.at[i])) return false;
    }
    return true;
  }

  // A block of two rows with real eigenvalues is made triangular.
  void Split(int64_t end) {
    const R p = R(0.5) * (t_(end - 1, end - 1) - t_(end, end));
    const R q = p * p + t_(end, end - 1) * t_(end - 1, end);
    if (q < 0) return;
    const R x = p >= 0 ? p + std::sqrt(q) : p - std::sqrt(q), y = t_(end, end - 1);
    const R length = std::hypot(x, y);
    const R c = x / length, s = y / length;
    for (int64_t j = end - 1; j < n_; ++j) Turn(t_(end - 1, j), t_(end, j), c, s);
    for (int64_t i = 0; i <= end; ++i) Turn(t_(i, end - 1), t_(i, end), c, s);
    for (int64_t i = 0; i < n_; ++i) Turn(u_(i, end - 1), u_(i, end), c, s);
    t_(end, end - 1) = 0;
  }

  static void Turn(R& x, R& y, R c, R s) {
    const R old = x;
    x = c * old + s * y;
    y = c * y - s * old;
  }

  // Takes `by` off the diagonal of what is not done, until it is.
  void Move(int64_t end, R by) {
    moved_ += by;
    for (int64_t i = 0; i <= end; ++i) t_(i, i) -= by;
  }

  // One step on rows [start, end]: the shifts are the eigenvalues of the last block of two. A block's first step, and
  // now and then one, move the matrix by a guess at an eigenvalue and take other shifts.
  void Step(int64_t start, int64_t end, int64_t steps) {
    R first = t_(end, end), second = t_(end - 1, end - 1), product = t_(end, end - 1) * t_(end - 1, end);
    if (steps % 32 == 16) {
      Move(end, first);
      const R size = std::abs(t_(end, end - 1)) + std::abs(t_(end - 1, end - 2));
      first = second = R(0.75) * size;
      product = R(-0.4375) * size * size;
    } else if (steps > 0 && steps % 32 == 0) {
      const R half = (second - first) / 2, square = half * half + product;
      if (square > 0) {
        const R root = std::sqrt(square);
        Move(end, first - product / ((second < first ? -root : root) + half));
        first = second = product = R(0.964);
      }
    }
    // It may begin at the last row before which two subdiagonal elements are small in a row.
    R v[3];
    int64_t from = end - 2;
    for (;; --from) {
      const R middle = t_(from, from), r = first - middle, s = second - middle;
      v[0] = (r * s - product) / t_(from + 1, from) + t_(from, from + 1);
      v[1] = t_(from + 1, from + 1) - middle - r - s;
      v[2] = t_(from + 2, from + 1);
      if (from == start) break;
      const R left = t_(from, from - 1) * (std::abs(v[1]) + std::abs(v[2]));
      const R right = v[0] * (std::abs(t_(from - 1, from - 1)) + std::abs(middle) + std::abs(t_(from + 1, from + 1)));
      if (std::abs(left) < std::numeric_limits<R>::epsilon() * right) break;
    }
    for (int64_t k = from; k < end; ++k) {
      const int64_t count = std::min<int64_t>(3, end - k + 1);
      if (k > from) {
        for (int64_t i = 0; i < count; ++i) v[i] = t_(k + i, k - 1);
      }
      const MatrixView<R> column{v, count, 1};
      const R tau = MakeReflection(column, 0, 0);
      const R beta = v[0];
      if (beta == 0) continue;
      if (k > from) {
        t_(k, k - 1) = beta;
        for (int64_t i = 1; i < count; ++i) t_(k + i, k - 1) = 0;
      } else if (k > start) {
        t_(k, k - 1) = -t_(k, k - 1);
      }
      v[0] = 1;
      for (int64_t j = k; j < n_; ++j) Mirror(&t_(k, j), t_.columns, v, tau, count);
      for (int64_t i = 0; i <= std::min(end, k + 3); ++i) Mirror(&t_(i, k), 1, v, tau, count);
      for (int64_t i = 0; i < n_; ++i) Mirror(&u_(i, k), 1, v, tau, count);
    }
  }

  // x - tau v (v^T x), of `count` elements that are `stride` apart.
  static void Mirror(R* x, int64_t stride, const R* v, R tau, int64_t count) {
    R sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += v[i] * x[i * stride];
    for (int64_t i = 0; i < count; ++i) x[i * stride] -= tau * v[i] * sum;
  }

  MatrixView<R> t_, u_;
  int64_t n_;
  R moved_ = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_REAL_SCHUR_H_

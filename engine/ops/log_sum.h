// Sums of numbers that are kept as logarithms; -infinity is zero.
#ifndef RIVULET_ENGINE_OPS_LOG_SUM_H_
#define RIVULET_ENGINE_OPS_LOG_SUM_H_

#include <cmath>
#include <limits>

namespace rivulet {

template <typename T>
constexpr T kLogZero = -std::numeric_limits<T>::infinity();

// log(exp(a) + exp(b))
template <typename T>
T LogSum(T a, T b) {
  if (a == kLogZero<T>) return b;
  if (b == kLogZero<T>) return a;
  return a > b ? a + std::log1p(std::exp(b - a)) : b + std::log1p(std::exp(a - b));
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_LOG_SUM_H_

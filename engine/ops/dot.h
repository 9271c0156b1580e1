// The product of two vectors, summed from the first element to the last: for operators whose results must not depend on
// how a kernel splits a sum.
#ifndef RIVULET_ENGINE_OPS_DOT_H_
#define RIVULET_ENGINE_OPS_DOT_H_

#include <cstdint>

namespace rivulet {

inline float Dot(const float* a, const float* b, int64_t n) {
  float sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_DOT_H_

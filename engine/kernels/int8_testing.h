// For the tests of kernels of 8-bit codes.
#ifndef RIVULET_ENGINE_KERNELS_INT8_TESTING_H_
#define RIVULET_ENGINE_KERNELS_INT8_TESTING_H_

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/kernels/gemm_int8.h"
#include "engine/kernels/kernel_testing.h"

namespace rivulet::int8_testing {

// A quarter of the values at the ends, where saturating arithmetic would show.
template <typename T>
std::vector<T> Bytes(int64_t n, uint64_t seed) {
  kernel_testing::Random random(seed);
  std::vector<T> out;
  for (int64_t i = 0; i < n; ++i) {
    const uint32_t word = random.Next();
    const int end = word % 8 == 0 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
    out.push_back(static_cast<T>(word % 8 < 2 ? end : static_cast<int>(word >> 8)));
  }
  return out;
}

// A tail whose every step is exact, so that the one or two roundings of a target do not matter.
class Tail {
 public:
  // For sums of `terms` products: most codes lie between the ends.
  Tail(int64_t columns, int64_t terms) {
    const float unit = std::exp2(-std::round(std::log2(std::sqrt(static_cast<float>(terms)) * 128.0f)));
    for (int64_t j = 0; j < TailElements(columns); ++j) {
      start_.push_back(static_cast<int32_t>(j * 37 % 501 - 250));
      multiply_.push_back(static_cast<float>(j % 3 + 1) * unit);
      add_.push_back(static_cast<float>(j % 5) * 0.25f + 100.0f);
    }
  }

  SumsTail To(uint8_t* output) const { return At(output, false); }
  SumsTail To(float* output) const { return At(output, true); }

  float Float(int32_t sum, int64_t column) const {
    const auto j = static_cast<size_t>(column);
    const float value = static_cast<float>(sum + start_[j]) * multiply_[j] + add_[j];
    return std::min(std::max(value, 3.0f), 250.0f);
  }
  uint8_t Code(int32_t sum, int64_t column) const { return static_cast<uint8_t>(std::nearbyint(Float(sum, column))); }

 private:
  SumsTail At(void* output, bool floats) const {
    return {start_.data(), multiply_.data(), add_.data(), 3, 250, floats, output};
  }

  std::vector<int32_t> start_;
  std::vector<float> multiply_;
  std::vector<float> add_;
};

}  // namespace rivulet::int8_testing

#endif  // RIVULET_ENGINE_KERNELS_INT8_TESTING_H_

#include "engine/kernels/fft.h"

#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

namespace rivulet {
namespace {

TEST(RealFft, AgainstTheSum) {
  for (int64_t size = 2; size <= 1024; size *= 2) {
    std::vector<double> samples(static_cast<size_t>(size));
    uint32_t state = 7;
    for (double& sample : samples)
      sample = static_cast<double>((state = state * 1664525 + 1013904223) >> 8) / (1 << 24) - 0.5;
    std::vector<double> table(static_cast<size_t>(RealFftTableValues(size)));
    FillRealFftTable(size, table.data());
    std::vector<double> got = samples;
    RealFft(size, table.data(), got.data());
    for (int64_t k = 0; k <= size / 2; ++k) {
      double re = 0, im = 0;
      for (int64_t n = 0; n < size; ++n) {
        const double angle = -2 * std::numbers::pi * static_cast<double>(k * n % size) / static_cast<double>(size);
        re += samples[static_cast<size_t>(n)] * std::cos(angle);
        im += samples[static_cast<size_t>(n)] * std::sin(angle);
      }
      const bool is_edge = k == 0 || k == size / 2;
      const size_t at = k == size / 2 ? 1 : static_cast<size_t>(2 * k);
      EXPECT_NEAR(got[at], re, 1e-12 * static_cast<double>(size)) << size << " " << k;
      EXPECT_NEAR(is_edge ? 0 : got[at + 1], im, 1e-12 * static_cast<double>(size)) << size << " " << k;
    }
  }
}

}  // namespace
}  // namespace rivulet

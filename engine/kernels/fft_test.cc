#include "engine/kernels/fft.h"

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

namespace rivulet {
namespace {

using Values = std::vector<double>;

Values Samples(int64_t count) {
  Values samples(static_cast<size_t>(count));
  uint32_t state = 7;
  for (double& sample : samples) {
    sample = static_cast<double>((state = state * 1664525 + 1013904223) >> 8) / (1 << 24) - 0.5;
  }
  return samples;
}

// X[k] of complex values, by its formula.
std::complex<double> Sum(const std::vector<std::complex<double>>& x, int64_t k) {
  std::complex<double> sum = 0;
  const int64_t size = static_cast<int64_t>(x.size());
  for (int64_t n = 0; n < size; ++n) {
    const double angle = -2 * std::numbers::pi * static_cast<double>(k * n % size) / static_cast<double>(size);
    sum += x[static_cast<size_t>(n)] * std::polar(1.0, angle);
  }
  return sum;
}

// Every size up to 70, primes above the largest factor, products of such, and powers.
std::vector<int64_t> Sizes() {
  std::vector<int64_t> sizes = {74, 97, 101, 128, 194, 210, 331, 512, 529, 961, 1000, 1024, 1369};
  for (int64_t size = 1; size <= 70; ++size) sizes.push_back(size);
  return sizes;
}

TEST(Fft, AgainstTheSum) {
  for (const int64_t size : Sizes()) {
    const FftPlan plan = PlanFft(size);
    Values table(static_cast<size_t>(plan.table_values)), work(static_cast<size_t>(plan.work_values));
    FillFftTable(plan, table.data(), work.data());
    Values got = Samples(2 * size);
    std::vector<std::complex<double>> x(static_cast<size_t>(size));
    for (size_t n = 0; n < x.size(); ++n) x[n] = {got[2 * n], got[2 * n + 1]};
    Fft(plan, table.data(), StopToken(), got.data(), work.data());
    for (int64_t k = 0; k < size; ++k) {
      const std::complex<double> want = Sum(x, k);
      EXPECT_NEAR(got[static_cast<size_t>(2 * k)], want.real(), 1e-13 * static_cast<double>(size)) << size << " " << k;
      EXPECT_NEAR(got[static_cast<size_t>(2 * k + 1)], want.imag(), 1e-13 * static_cast<double>(size))
          << size << " " << k;
    }
  }
}

TEST(RealFft, AgainstTheSum) {
  for (const int64_t size : Sizes()) {
    const RealFftPlan plan = PlanRealFft(size);
    Values table(static_cast<size_t>(plan.table_values)), work(static_cast<size_t>(plan.work_values));
    FillRealFftTable(plan, table.data(), work.data());
    Values got = Samples(size);
    const std::vector<std::complex<double>> x(got.begin(), got.end());
    got.resize(static_cast<size_t>(RealFftValues(size)));
    RealFft(plan, table.data(), StopToken(), got.data(), work.data());
    for (int64_t k = 0; k <= size / 2; ++k) {
      const std::complex<double> want = Sum(x, k);
      EXPECT_NEAR(got[static_cast<size_t>(2 * k)], want.real(), 1e-13 * static_cast<double>(size)) << size << " " << k;
      EXPECT_NEAR(got[static_cast<size_t>(2 * k + 1)], want.imag(), 1e-13 * static_cast<double>(size))
          << size << " " << k;
    }
  }
}

}  // namespace
}  // namespace rivulet

// L of A = L Lᴴ: triangular, with a positive diagonal, and the product is A.
#include <cmath>
#include <complex>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// A = B Bᴴ + I of a B of small fractions.
template <typename T>
std::vector<T> PositiveDefinite(int64_t n, uint32_t seed) {
  std::vector<T> b(static_cast<size_t>(n * n)), a(b.size());
  for (T& x : b) {
    seed = seed * 1664525 + 1013904223;
    x = T(static_cast<double>(seed >> 24) / 128 - 1);
    if constexpr (!std::is_floating_point_v<T>) x += T(0, static_cast<double>(seed >> 16 & 255) / 128 - 1);
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      T sum = i == j ? T(1) : T(0);
      for (int64_t k = 0; k < n; ++k) {
        const T other = b[static_cast<size_t>(j * n + k)];
        if constexpr (std::is_floating_point_v<T>) {
          sum += b[static_cast<size_t>(i * n + k)] * other;
        } else {
          sum += b[static_cast<size_t>(i * n + k)] * std::conj(other);
        }
      }
      a[static_cast<size_t>(i * n + j)] = sum;
    }
  }
  return a;
}

template <typename T>
void ExpectFactor(int64_t n) {
  SCOPED_TRACE(n);
  const std::vector<T> a = PositiveDefinite<T>(n, static_cast<uint32_t>(n) + 7);
  const auto run = OpTester("Cholesky").Input(Tensor::Of<T>({n, n}, a)).Run();
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  const T* l = (*run)[0].template data<T>();
  for (int64_t i = 0; i < n; ++i) {
    EXPECT_GT(std::real(l[i * n + i]), 0);
    EXPECT_EQ(std::imag(l[i * n + i]), 0);
    for (int64_t j = 0; j < n; ++j) {
      if (j > i) EXPECT_EQ(l[i * n + j], T(0));
      std::complex<double> product = 0;
      for (int64_t k = 0; k < n; ++k) {
        product += std::complex<double>(l[i * n + k]) * std::conj(std::complex<double>(l[j * n + k]));
      }
      EXPECT_NEAR(std::abs(product - std::complex<double>(a[static_cast<size_t>(i * n + j)])), 0,
                  1e-4 * static_cast<double>(n))
          << i << "," << j;
    }
  }
}

TEST(Cholesky, TheFactorTimesItsAdjointIsTheMatrix) {
  for (const int64_t n : {1, 2, 3, 8, 17, 40}) {
    ExpectFactor<float>(n);
    ExpectFactor<double>(n);
    ExpectFactor<std::complex<float>>(n);
    ExpectFactor<std::complex<double>>(n);
  }
}

TEST(Cholesky, LooksAtTheLowerHalfAlone) {
  EXPECT_TRUE(Same(OpTester("Cholesky").Input(F64({2, 2}, {4, 99, 2, 5})).Run(), F64({2, 2}, {2, 0, 1, 2})));
}

TEST(Cholesky, EachMatrixOfABatchStandsForItself) {
  const auto run = OpTester("Cholesky").Input(F64({3, 1, 1}, {4, -1, 9})).Run();
  ASSERT_TRUE(run.ok());
  EXPECT_EQ((*run)[0].data<double>()[0], 2);
  EXPECT_TRUE(std::isnan((*run)[0].data<double>()[1]));
  EXPECT_EQ((*run)[0].data<double>()[2], 3);
}

TEST(Cholesky, WantsSquareMatrices) {
  EXPECT_TRUE(Fails(OpTester("Cholesky").Input(Zeros(DType::kDouble, {2, 3})).Run(), "square"));
  EXPECT_TRUE(Fails(OpTester("Cholesky").Input(Zeros(DType::kDouble, {2})).Run(), "rank"));
}

// d/dA of f = sum of W ∘ L(A), for a symmetric step in A, against what the operator says.
TEST(CholeskyGrad, IsTheDerivative) {
  constexpr int64_t kN = 4;
  const std::vector<double> a = PositiveDefinite<double>(kN, 3);
  std::vector<double> w(kN * kN);
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<double>(i % 5) - 1.5;
  const auto value = [&](const std::vector<double>& matrix) {
    const auto l = OpTester("Cholesky").Input(Tensor::Of<double>({kN, kN}, matrix)).Run();
    double sum = 0;
    for (int64_t i = 0; i < kN * kN; ++i) sum += w[static_cast<size_t>(i)] * (*l)[0].data<double>()[i];
    return sum;
  };
  const auto l = OpTester("Cholesky").Input(Tensor::Of<double>({kN, kN}, a)).Run();
  ASSERT_TRUE(l.ok());
  const auto run = OpTester("CholeskyGrad").Input((*l)[0]).Input(Tensor::Of<double>({kN, kN}, w)).Run();
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  const double* grad = (*run)[0].data<double>();
  constexpr double kStep = 1e-5;
  for (int64_t i = 0; i < kN; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      std::vector<double> more = a, less = a;
      more[static_cast<size_t>(i * kN + j)] += kStep;
      less[static_cast<size_t>(i * kN + j)] -= kStep;
      if (i != j) {
        more[static_cast<size_t>(j * kN + i)] += kStep;
        less[static_cast<size_t>(j * kN + i)] -= kStep;
      }
      const double told = i == j ? grad[i * kN + j] : grad[i * kN + j] + grad[j * kN + i];
      EXPECT_NEAR((value(more) - value(less)) / (2 * kStep), told, 1e-5) << i << "," << j;
    }
  }
}

}  // namespace
}  // namespace rivulet

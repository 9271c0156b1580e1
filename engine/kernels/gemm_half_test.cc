#include "engine/kernels/gemm_half.h"

#include <algorithm>
#include <cmath>

#include "engine/kernels/gemm_bf16.h"
#include "engine/kernels/gemm_f16.h"
#include "engine/kernels/kernel_testing.h"
#include "rivulet/dtype.h"

namespace rivulet {
namespace {

using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;

struct Sizes {
  int64_t m, n, k;
};

constexpr Sizes kSizes[] = {{1, 16, 16},     {14, 32, 512}, {15, 33, 513}, {49, 160, 960},
                            {28, 200, 1025}, {3, 24, 31},   {200, 72, 17}, {7, 5, 1}};

std::vector<float> Product(HalfProducts products, const Sizes& sizes, const std::vector<float>& a,
                           const std::vector<float>& b, const Epilogue& epilogue) {
  const auto [m, n, k] = sizes;
  const auto packed = PackedHalf::Pack(products, b.data(), k, n, MemoryOf(*Allocator::Create()));
  EXPECT_TRUE(packed.ok()) << packed.status().ToString();
  GemmTask task;
  task.source = a.data();
  task.lda = k;
  task.m = m;
  task.n = n;
  task.k = k;
  task.ldc = n;
  task.epilogue = epilogue;
  const auto out = SameForAnyThreads<float>(m * n, [&](float* out, ThreadPool& pool) {
    GemmTask here = task;
    here.c = out;
    RunGemmHalf(here, *packed, pool, StopToken());
  });
  std::vector<float> values;
  for (int64_t i = 0; i < m * n; ++i) values.push_back(out[static_cast<size_t>(i)]);
  return values;
}

// With a bias, an addend and a rectifier; operands rounded by `round`. No result is farther off than `rounding` times
// the root of k.
template <class Round>
void ExpectProduct(HalfProducts products, const Sizes& sizes, const Round& round, double rounding) {
  const auto [m, n, k] = sizes;
  const std::vector<float> a = Reals(m * k, 1, -1.0f, 1.0f);
  const std::vector<float> b = Reals(k * n, 2, -1.0f, 1.0f);
  const std::vector<float> bias = Reals(n, 3, -1.0f, 1.0f);
  const std::vector<float> addend = Reals(m * n, 4, -1.0f, 1.0f);
  Epilogue epilogue;
  epilogue.bias = bias.data();
  epilogue.addend = addend.data();
  epilogue.activation.kind = ActivationKind::kRelu;
  const std::vector<float> got = Product(products, sizes, a, b, epilogue);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double want = static_cast<double>(bias[static_cast<size_t>(j)]) + addend[static_cast<size_t>(i * n + j)];
      for (int64_t p = 0; p < k; ++p) {
        want += static_cast<double>(round(a[static_cast<size_t>(i * k + p)])) *
                static_cast<double>(round(b[static_cast<size_t>(p * n + j)]));
      }
      ASSERT_NEAR(got[static_cast<size_t>(i * n + j)], std::max(want, 0.0),
                  rounding * std::sqrt(static_cast<double>(k)))
          << m << " x " << n << " x " << k << " at " << i << ", " << j;
    }
  }
}

TEST(GemmHalf, OfBf16IsTheProductOfTheRoundedOperands) {
  if (!HasBf16Products()) GTEST_SKIP() << "this processor has no dot product of bfloat16 pairs";
  const auto round = [](float value) { return static_cast<float>(BFloat16(value)); };
  for (const Sizes& sizes : kSizes) ExpectProduct(HalfProducts::kBf16, sizes, round, 1e-5);
}

TEST(GemmHalf, OfF16IsTheProductWithinShortSumsRoundings) {
  if (!HasF16Arithmetic()) GTEST_SKIP() << "this processor has no arithmetic of float16";
  const auto round = [](float value) { return static_cast<float>(Half(value)); };
  for (const Sizes& sizes : kSizes) ExpectProduct(HalfProducts::kF16, sizes, round, 3e-3);
}

// Values of any size: what float16 could not hold is scaled before.
TEST(GemmHalf, OfF16HoldsValuesOfAnySize) {
  if (!HasF16Arithmetic()) GTEST_SKIP() << "this processor has no arithmetic of float16";
  const Sizes sizes{9, 17, 700};
  std::vector<float> a = Reals(sizes.m * sizes.k, 1, -1.0f, 1.0f);
  std::vector<float> b = Reals(sizes.k * sizes.n, 2, -1.0f, 1.0f);
  const std::vector<float> want = Product(HalfProducts::kF16, sizes, a, b, {});
  for (int64_t i = 0; i < sizes.m; ++i) {
    for (int64_t p = 0; p < sizes.k; ++p) a[static_cast<size_t>(i * sizes.k + p)] *= i % 2 == 0 ? 0x1p60f : 0x1p-40f;
  }
  for (int64_t p = 0; p < sizes.k; ++p) {
    for (int64_t j = 0; j < sizes.n; ++j) b[static_cast<size_t>(p * sizes.n + j)] *= j % 2 == 0 ? 0x1p50f : 0x1p-50f;
  }
  const std::vector<float> got = Product(HalfProducts::kF16, sizes, a, b, {});
  for (int64_t i = 0; i < sizes.m; ++i) {
    for (int64_t j = 0; j < sizes.n; ++j) {
      const float scale = (i % 2 == 0 ? 0x1p60f : 0x1p-40f) * (j % 2 == 0 ? 0x1p50f : 0x1p-50f);
      const auto at = static_cast<size_t>(i * sizes.n + j);
      EXPECT_EQ(got[at], want[at] * scale) << i << ", " << j;
    }
  }
}

TEST(GemmHalf, ScalesTakeTheLargestNearOne) {
  EXPECT_EQ(F16Scale(1.0f), 1.0f);
  EXPECT_EQ(F16Scale(1.5f), 1.0f);
  EXPECT_EQ(F16Scale(70000.0f), 0x1p-16f);
  EXPECT_EQ(F16Scale(0.3f), 4.0f);
  EXPECT_EQ(F16Scale(1e-42f), 0x1p126f);
  EXPECT_EQ(F16Scale(0.0f), 1.0f);
  EXPECT_EQ(F16Scale(std::numeric_limits<float>::infinity()), 1.0f);
}

TEST(GemmHalf, FactorsGoIntoTheColumnsBeforeTheyAreRounded) {
  const std::vector<float> b = {1.0f, 3.0f, 2.0f, 5.0f};
  const std::vector<float> factors = {1.5f, 0.1f};
  const auto pairs =
      PackedHalf::Pack(HalfProducts::kBf16, b.data(), 2, 2, MemoryOf(*Allocator::Create()), factors.data());
  ASSERT_TRUE(pairs.ok());
  EXPECT_EQ(pairs->data()[0], BFloat16(1.5f).bits);
  EXPECT_EQ(pairs->data()[1], BFloat16(3.0f).bits);
  EXPECT_EQ(pairs->data()[2], BFloat16(3.0f * 0.1f).bits);
  EXPECT_EQ(pairs->data()[3], BFloat16(5.0f * 0.1f).bits);
  EXPECT_EQ(pairs->data()[4], 0);
  const auto rows =
      PackedHalf::Pack(HalfProducts::kF16, b.data(), 2, 2, MemoryOf(*Allocator::Create()), factors.data());
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->data()[0], Half(1.5f / 2).bits);
  EXPECT_EQ(rows->data()[1], Half(3.0f * 0.1f * 2).bits);
  EXPECT_EQ(rows->data()[16], Half(3.0f / 2).bits);
  EXPECT_EQ(rows->data()[17], Half(5.0f * 0.1f * 2).bits);
  EXPECT_EQ(rows->data()[32], 0);
  EXPECT_EQ(rows->scales()[0], 2.0f);
  EXPECT_EQ(rows->scales()[1], 0.5f);
  EXPECT_EQ(rows->scales()[2], 1.0f);
}

}  // namespace
}  // namespace rivulet

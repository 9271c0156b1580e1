#include "engine/kernels/gemm_bf16.h"

#include <algorithm>
#include <cmath>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;

float Rounded(float value) { return static_cast<float>(BFloat16(value)); }

struct Sizes {
  int64_t m, n, k;
};

std::vector<float> Product(const Sizes& sizes, const std::vector<float>& a, const std::vector<float>& b,
                           const Epilogue& epilogue) {
  const auto [m, n, k] = sizes;
  const auto packed = PackedBf16::Pack(b.data(), k, n, MemoryOf(*Allocator::Create()));
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
    RunGemmBf16(here, *packed, pool, StopToken());
  });
  std::vector<float> values;
  for (int64_t i = 0; i < m * n; ++i) values.push_back(out[static_cast<size_t>(i)]);
  return values;
}

TEST(GemmBf16, IsTheProductOfTheRoundedOperands) {
  if (!HasBf16Products()) GTEST_SKIP() << "this processor has no dot product of bfloat16 pairs";
  for (const Sizes sizes : {Sizes{1, 16, 16},
                            {14, 32, 512},
                            {15, 33, 513},
                            {49, 160, 960},
                            {28, 1000, 1025},
                            {3, 24, 31},
                            {200, 72, 17},
                            {7, 5, 1}}) {
    const auto [m, n, k] = sizes;
    const std::vector<float> a = Reals(m * k, 1, -1.0f, 1.0f);
    const std::vector<float> b = Reals(k * n, 2, -1.0f, 1.0f);
    const std::vector<float> bias = Reals(n, 3, -1.0f, 1.0f);
    const std::vector<float> addend = Reals(m * n, 4, -1.0f, 1.0f);
    Epilogue epilogue;
    epilogue.bias = bias.data();
    epilogue.addend = addend.data();
    epilogue.activation.kind = ActivationKind::kRelu;
    const std::vector<float> got = Product(sizes, a, b, epilogue);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double want = static_cast<double>(bias[static_cast<size_t>(j)]) + addend[static_cast<size_t>(i * n + j)];
        for (int64_t p = 0; p < k; ++p) {
          want += static_cast<double>(Rounded(a[static_cast<size_t>(i * k + p)])) *
                  static_cast<double>(Rounded(b[static_cast<size_t>(p * n + j)]));
        }
        ASSERT_NEAR(got[static_cast<size_t>(i * n + j)], std::max(want, 0.0), 1e-5 * std::sqrt(static_cast<double>(k)))
            << m << " x " << n << " x " << k << " at " << i << ", " << j;
      }
    }
  }
}

TEST(GemmBf16, FactorsGoIntoTheColumnsBeforeTheyAreRounded) {
  const std::vector<float> b = {1.0f, 3.0f, 2.0f, 5.0f};
  const std::vector<float> factors = {1.5f, 0.1f};
  const auto packed = PackedBf16::Pack(b.data(), 2, 2, MemoryOf(*Allocator::Create()), factors.data());
  ASSERT_TRUE(packed.ok());
  EXPECT_EQ(packed->data()[0], BFloat16(1.5f).bits);
  EXPECT_EQ(packed->data()[1], BFloat16(3.0f).bits);
  EXPECT_EQ(packed->data()[2], BFloat16(3.0f * 0.1f).bits);
  EXPECT_EQ(packed->data()[3], BFloat16(5.0f * 0.1f).bits);
  EXPECT_EQ(packed->data()[4], 0);
}

}  // namespace
}  // namespace rivulet

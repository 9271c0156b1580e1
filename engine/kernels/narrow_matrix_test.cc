// A product of narrow weights has the bits of the product of the floats that they stand for.
#include "engine/kernels/narrow_matrix.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <string>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;
using kernel_testing::TestAllocator;

using Weights = std::vector<float>;

// [k, n] of element(row, column).
Weights Made(int64_t k, int64_t n, const std::function<float(int64_t, int64_t)>& element) {
  Weights out;
  for (int64_t i = 0; i < k * n; ++i) out.push_back(element(i / n, i % n));
  return out;
}

Weights Turned(const Weights& weights, int64_t k, int64_t n) {
  return Made(n, k, [&](int64_t row, int64_t column) { return weights[static_cast<size_t>(column * n + row)]; });
}

float FromBits(uint32_t bits) {
  float v;
  std::memcpy(&v, &bits, sizeof(v));
  return v;
}

// Numbers of float16 of all exponents, and of bfloat16.
float AnyHalf(Random& random) {
  if (random.Below(9) == 0) return 0.0f;
  if (random.Below(9) == 0) return static_cast<float>(random.Below(2047) - 1023) * 0x1p-24f;  // below the normal ones
  const auto sign = static_cast<uint32_t>(random.Below(2)) << 31;
  const auto exponent = static_cast<uint32_t>(113 + random.Below(30)) << 23;
  return FromBits(sign | exponent | static_cast<uint32_t>(random.Below(1024)) << 13);
}
float AnyBfloat16(Random& random) {
  return FromBits(static_cast<uint32_t>(random.Below(2)) << 31 | static_cast<uint32_t>(90 + random.Below(60)) << 23 |
                  static_cast<uint32_t>(random.Below(128)) << 16);
}

std::optional<NarrowMatrix> Packed(const Weights& weights, int64_t k, int64_t n, bool transposed) {
  auto packed = NarrowMatrix::Pack(weights.data(), k, n, transposed, *TestAllocator());
  EXPECT_TRUE(packed.ok());
  return std::move(*packed);
}

void ExpectAsFloats(const std::string& name, int64_t k, int64_t n, Narrowing narrowing, const Weights& weights) {
  if (!NarrowWeightsPay()) {
    EXPECT_FALSE(Packed(weights, k, n, false).has_value());
    return;
  }
  SCOPED_TRACE(name);
  const Weights bias = Reals(n, 7);
  const auto floats = PackedMatrix::Pack(weights.data(), k, n, false, *TestAllocator());
  ASSERT_TRUE(floats.ok());
  for (const bool transposed : {false, true}) {
    const auto narrow = Packed(transposed ? Turned(weights, k, n) : weights, k, n, transposed);
    ASSERT_TRUE(narrow.has_value());
    EXPECT_EQ(narrow->narrowing(), narrowing);
    for (const int64_t m : {1, 3, 17}) {
      const Weights a = Reals(m * k, 5);
      for (const auto activation : {ActivationKind::kNone, ActivationKind::kRelu, ActivationKind::kLeakyRelu}) {
        Epilogue epilogue;
        epilogue.bias = bias.data();
        epilogue.activation.kind = activation;
        epilogue.activation.alpha = 0.1f;
        const auto product = [&](const auto& b) {
          return SameForAnyThreads<float>(m * n, [&](float* out, ThreadPool& pool) {
            MatMul(a.data(), k, m, b, out, n, epilogue, pool, StopToken());
          });
        };
        EXPECT_TRUE(product(*floats).SameBits(product(*narrow))) << m << " rows, transposed " << transposed;
      }
    }
  }
}

TEST(NarrowMatrix, ProductsAreThoseOfTheFloats) {
  OnEveryTarget([] {
    Random random(11);
    ExpectAsFloats("halves", 700, 330, Narrowing::kHalf, Made(700, 330, [&](auto, auto) { return AnyHalf(random); }));
    ExpectAsFloats("bfloat16", 130, 1001, Narrowing::kBfloat16,
                   Made(130, 1001, [&](auto, auto) { return AnyBfloat16(random); }));
    ExpectAsFloats("codes of columns", 600, 451, Narrowing::kSigned, Made(600, 451, [&](auto, int64_t column) {
                     return static_cast<float>(random.Below(256) - 128) * (0.001f + 1e-5f * static_cast<float>(column));
                   }));
    ExpectAsFloats("codes from the least on", 600, 451, Narrowing::kUnsigned, Made(600, 451, [&](auto, auto) {
                     const float scaled = static_cast<float>(random.Below(256)) * 0.00731f;
                     return scaled + -0.873f;
                   }));
  });
}

TEST(NarrowMatrix, OtherNumbersStayFloats) {
  OnEveryTarget([] {
    const int64_t k = 600, n = 451;
    EXPECT_FALSE(Packed(Reals(k * n, 3), k, n, false).has_value());
    // One number that is none of the levels, the last.
    Random random(2);
    for (const float last : {0.1234567f, std::nanf(""), INFINITY, -0.0f}) {
      for (const bool centred : {false, true}) {
        Weights weights = Made(k, n, [&](auto, auto) {
          return centred ? static_cast<float>(random.Below(256) - 128) * 0.0013f
                         : static_cast<float>(random.Below(256)) * 0.0013f + 0.77f;
        });
        weights.back() = last;
        EXPECT_FALSE(Packed(weights, k, n, false).has_value()) << last << " " << centred;
      }
    }
    for (const float beyond : {0x1.002p0f, 65536.0f, 0x1.8p-24f, 0x1p-25f}) {
      Weights weights = Made(k, n, [&](auto, auto) { return AnyHalf(random); });
      weights.back() = beyond;
      EXPECT_EQ(Packed(weights, k, n, false).has_value(), false) << beyond;
    }
    // Too small to gain.
    EXPECT_FALSE(Packed(Weights(64 * 64, 1.0f), 64, 64, false).has_value());
  });
}

// One column is a panel of sixteen while it is looked at: the caller's memory, of which there may be too little.
TEST(NarrowMatrix, WithoutMemoryNumbersStayFloats) {
  const int64_t k = 1 << 19;
  const auto pack = [&](size_t budget) {
    return NarrowMatrix::Pack(Weights(static_cast<size_t>(k), 0.5f).data(), k, 1, false, *Allocator::Create(budget));
  };
  const auto enough = pack(size_t{64} << 20);
  ASSERT_TRUE(enough.ok());
  EXPECT_EQ(enough->has_value(), NarrowWeightsPay());
  for (const size_t budget : {size_t{1} << 10, size_t{20} << 20, size_t{40} << 20}) {
    const auto little = pack(budget);
    ASSERT_TRUE(little.ok());
    EXPECT_FALSE(little->has_value()) << budget;
  }
}

}  // namespace
}  // namespace rivulet

#include "engine/kernels/int8_codes.h"

#include <limits>

#include "engine/kernels/int8_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::SameForAnyThreads;

TEST(Int8Codes, RoundHalvesUpWithinTheRange) {
  OnEveryTarget([] {
    // Steps of a quarter from -2: -2 is code 0, 0 is code 8.
    CodesOfFloats to{.low = -2, .high = 1, .step = 0.25f, .steps_of_one = 4, .zero = 8};
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const std::vector<float> x = {-3, -2, -1.875f, -0.13f, -0.125f, 0, 0.124f, 0.125f, 1, 1.2f, kInfinity, -kInfinity};
    const std::vector<int> want = {0, 0, 1, 7, 8, 8, 8, 9, 12, 12, 12, 0};
    for (const bool divides : {false, true}) {
      to.divides = divides;
      const auto got =
          SameForAnyThreads<uint8_t>(static_cast<int64_t>(x.size()), [&](uint8_t* codes, ThreadPool& pool) {
            MakeCodes(x.data(), static_cast<int64_t>(x.size()), to, codes, pool, StopToken());
          });
      for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(got[i], want[i]) << x[i];
    }
  });
}

TEST(Int8Codes, ComeBackAsTheirLevels) {
  OnEveryTarget([] {
    const std::vector<uint8_t> codes = int8_testing::Bytes<uint8_t>(1000, 7);
    const auto got = SameForAnyThreads<float>(
        1000, [&](float* x, ThreadPool& pool) { FloatsOfCodes(codes.data(), 1000, 77, 0.1f, x, pool, StopToken()); });
    for (size_t i = 0; i < codes.size(); ++i) ASSERT_EQ(got[i], static_cast<float>(codes[i] - 77) * 0.1f);
  });
}

TEST(Int8Codes, AreAddedInPlaceToo) {
  OnEveryTarget([] {
    const CodeAddition how{.factor_a = 0.5f, .factor_b = 1.25f, .add = -30, .low = 10, .high = 240};
    constexpr int64_t kCount = 70001;
    const std::vector<uint8_t> a = int8_testing::Bytes<uint8_t>(kCount, 8), b = int8_testing::Bytes<uint8_t>(kCount, 9);
    const auto got = SameForAnyThreads<uint8_t>(kCount, [&](uint8_t* sum, ThreadPool& pool) {
      std::copy(a.begin(), a.end(), sum);
      AddCodes(sum, b.data(), kCount, how, sum, pool, StopToken());
    });
    for (size_t i = 0; i < a.size(); ++i) {
      const float value = static_cast<float>(a[i]) * 0.5f + static_cast<float>(b[i]) * 1.25f - 30;
      ASSERT_EQ(got[i], static_cast<uint8_t>(std::nearbyint(std::min(std::max(value, 10.0f), 240.0f)))) << i;
    }
  });
}

}  // namespace
}  // namespace rivulet

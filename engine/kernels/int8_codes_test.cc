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

// Where targets make a quotient of products: any step, numbers near the middle between two codes.
TEST(Int8Codes, AreThoseOfTheDivision) {
  OnEveryTarget([] {
    for (const float step : {1.0f, 0.1f, 0.0235294122f, 3e-7f, 1234.567f, 0x1.fffffep-3f, 0x1p-70f}) {
      const CodesOfFloats to{.low = -31 * step, .high = 224 * step, .step = step, .steps_of_one = 0, .zero = 31};
      std::vector<float> x;
      for (int i = -40; i < 240; ++i) {
        float v = (static_cast<float>(i) + 0.5f) * step;
        for (int j = 0; j < 4; ++j) v = std::nextafter(v, -1e30f);
        for (int j = 0; j < 8; ++j) x.push_back(v = std::nextafter(v, 1e30f));
      }
      const auto count = static_cast<int64_t>(x.size());
      const auto got = SameForAnyThreads<uint8_t>(
          count, [&](uint8_t* codes, ThreadPool& pool) { MakeCodes(x.data(), count, to, codes, pool, StopToken()); });
      for (size_t i = 0; i < x.size(); ++i) {
        const float above = std::max(std::min(x[i], to.high), to.low) - to.low;
        const float code = std::floor(above / step - to.zero + 0.5f) + to.zero;
        ASSERT_EQ(got[i], static_cast<uint8_t>(code)) << x[i] << " in steps of " << step;
      }
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

TEST(Int8Codes, AreMultipliedByOthersOrByOneOfTheChannel) {
  OnEveryTarget([] {
    const CodeProduct how{.zero_a = 100, .zero_b = 3, .factor = 0.0078125f, .zero = 60, .low = 10, .high = 240};
    const auto want = [&](uint8_t a, uint8_t b) {
      const float value = static_cast<float>((a - 100) * (b - 3)) * 0.0078125f + 60;
      return static_cast<uint8_t>(std::nearbyint(std::min(std::max(value, 10.0f), 240.0f)));
    };
    constexpr int64_t kImages = 3, kPixels = 50;
    for (const int64_t channels : {1, 7, 16, 33, 700}) {
      const int64_t count = kImages * kPixels * channels;
      const std::vector<uint8_t> a = int8_testing::Bytes<uint8_t>(count, 8), b = int8_testing::Bytes<uint8_t>(count, 9);
      const auto each = SameForAnyThreads<uint8_t>(count, [&](uint8_t* to, ThreadPool& pool) {
        MultiplyCodes(a.data(), b.data(), count, how, to, pool, StopToken());
      });
      const auto rows = SameForAnyThreads<uint8_t>(count, [&](uint8_t* to, ThreadPool& pool) {
        MultiplyChannels(a.data(), b.data(), kImages, kPixels, channels, how, to, pool, StopToken());
      });
      for (int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<size_t>(i);
        const auto channel = static_cast<size_t>(i / (kPixels * channels) * channels + i % channels);
        ASSERT_EQ(each[at], want(a[at], b[at])) << i;
        ASSERT_EQ(rows[at], want(a[at], b[channel])) << i << " of " << channels;
      }
    }
  });
}

TEST(Int8Codes, AreLookedUp) {
  OnEveryTarget([] {
    const std::vector<uint8_t> table = int8_testing::Bytes<uint8_t>(256, 10);
    for (const int64_t count : {1, 63, 64, 1000, 100001}) {
      const std::vector<uint8_t> codes = int8_testing::Bytes<uint8_t>(count, 11);
      const auto got = SameForAnyThreads<uint8_t>(count, [&](uint8_t* to, ThreadPool& pool) {
        LookUpCodes(codes.data(), count, table.data(), to, pool, StopToken());
      });
      for (size_t i = 0; i < codes.size(); ++i) ASSERT_EQ(got[i], table[codes[i]]) << i;
    }
    for (const int64_t count : {1, 15, 33, 58, 64, 100}) {  // rows that lie apart
      const int64_t rows = 5, stride = count + 7;
      const std::vector<uint8_t> codes = int8_testing::Bytes<uint8_t>(rows * count, 12);
      std::vector<uint8_t> got(static_cast<size_t>(rows * stride), 77);
      LookUpRowsOfCodes(codes.data(), rows, count, table.data(), stride, got.data());
      for (int64_t i = 0; i < rows * stride; ++i) {
        const int64_t row = i / stride, at = i % stride;
        const uint8_t want = at < count ? table[codes[static_cast<size_t>(row * count + at)]] : 77;
        ASSERT_EQ(got[static_cast<size_t>(i)], want) << i << " of " << count;
      }
    }
  });
}

}  // namespace
}  // namespace rivulet

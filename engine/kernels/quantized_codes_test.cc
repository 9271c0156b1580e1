#include "engine/kernels/quantized_codes.h"

#include <limits>

#include "engine/kernels/int8_testing.h"

namespace rivulet {
namespace {

using int8_testing::Bytes;
using kernel_testing::Guarded;
using kernel_testing::OnEveryTarget;
using kernel_testing::Random;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Halves and their neighbours, what is far, what is none.
std::vector<float> Numbers() {
  std::vector<float> x = {0, -0.0f, kInfinity, -kInfinity, std::nanf(""), 1e30f, -1e30f, 0x1p23f, 8388607.5f};
  for (int i = -10; i < 600; ++i) {
    const float half = static_cast<float>(i) * 0.5f;
    x.push_back(half);
    x.push_back(std::nextafter(half, 1e9f));
    x.push_back(std::nextafter(half, -1e9f));
  }
  return x;
}

TEST(EncodeBytes, RoundsHalvesAwayFromZeroOrToEven) {
  OnEveryTarget([] {
    const std::vector<float> x = Numbers();
    for (const ByteEncoding& how :
         {ByteEncoding{.scale = 1, .offset = -3}, ByteEncoding{.low = -4, .high = 200, .base = -4, .scale = 1.25f},
          ByteEncoding{.low = 0, .high = 255, .scale = 1, .even = true}}) {
      Guarded<uint8_t> codes(static_cast<int64_t>(x.size()));
      EncodeBytes(x.data(), static_cast<int64_t>(x.size()), how, codes.data());
      EXPECT_TRUE(codes.Intact());
      for (size_t i = 0; i < x.size(); ++i) {
        const float place = (std::max(std::min(x[i], how.high), how.low) - how.base) * how.scale;
        const float code = (how.even ? std::nearbyint(place) : std::round(place)) - how.offset;
        const float want = x[i] != x[i] ? 0 : std::min(std::max(code, 0.0f), 255.0f);
        ASSERT_EQ(codes[i], static_cast<uint8_t>(want)) << x[i];
      }
    }
  });
}

TEST(QuantizedCodes, AreDecodedAndClamped) {
  OnEveryTarget([] {
    const std::vector<uint8_t> codes = Bytes<uint8_t>(1001, 3);
    Guarded<float> x(1001);
    Guarded<uint8_t> clamped(1001);
    DecodeBytes(codes.data(), 1001, 0.1f, -3.7f, x.data());
    ClampBytes(codes.data(), 1001, 20, 230, clamped.data());
    EXPECT_TRUE(x.Intact() && clamped.Intact());
    for (size_t i = 0; i < codes.size(); ++i) {
      const float product = static_cast<float>(codes[i]) * 0.1f;
      ASSERT_EQ(x[i], product + -3.7f);
      ASSERT_EQ(clamped[i], std::min<uint8_t>(std::max<uint8_t>(codes[i], 20), 230));
    }
  });
}

std::vector<int32_t> Codes(int64_t count, int32_t most) {
  Random random(5);
  std::vector<int32_t> codes;
  for (int64_t i = 0; i < count; ++i) codes.push_back(static_cast<int32_t>(random.Below(2 * int64_t{most}) - most));
  return codes;
}

TEST(QuantizedCodes, HaveExtremes) {
  OnEveryTarget([] {
    for (const int64_t count : {0, 1, 15, 16, 100}) {
      const std::vector<int32_t> codes = Codes(count, std::numeric_limits<int32_t>::max());
      int32_t low = 5, high = 5;
      ExtremesOfCodes(codes.data(), count, &low, &high);
      int32_t want_low = 5, want_high = 5;
      for (const int32_t code : codes) {
        want_low = std::min(want_low, code);
        want_high = std::max(want_high, code);
      }
      EXPECT_EQ(low, want_low);
      EXPECT_EQ(high, want_high);
    }
  });
}

TEST(ExtremesOfBytes, AreTheLeastAndTheLargest) {
  OnEveryTarget([] {
    for (const int64_t count : {0, 1, 31, 64, 200}) {
      std::vector<uint8_t> codes(static_cast<size_t>(count));
      for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(40 + i * 37 % 150);
      uint8_t low = 120, high = 121;
      ExtremesOfBytes(codes.data(), count, &low, &high);
      uint8_t want_low = 120, want_high = 121;
      for (const uint8_t code : codes) {
        want_low = std::min(want_low, code);
        want_high = std::max(want_high, code);
      }
      EXPECT_EQ(low, want_low) << count;
      EXPECT_EQ(high, want_high) << count;
    }
  });
}

TEST(RequantizeCodes, AreThoseOfFixedPointAlsoWhereItWraps) {
  OnEveryTarget([] {
    for (const int32_t most : {1 << 10, 1 << 20, std::numeric_limits<int32_t>::max()}) {
      const std::vector<int32_t> codes = Codes(1003, most);
      for (const int64_t scale : {int64_t{0}, int64_t{1} << 24, int64_t{123456789012}, int64_t{1} << 45, INT64_MAX}) {
        for (const int64_t offset : {int64_t{0}, int64_t{8421504}, int64_t{-3000000}, int64_t{1} << 60}) {
          Guarded<uint8_t> got(1003);
          RequantizeCodes(codes.data(), 1003, scale, static_cast<uint64_t>(offset), got.data());
          EXPECT_TRUE(got.Intact());
          for (size_t i = 0; i < codes.size(); ++i) {
            const auto product =
                static_cast<int64_t>(static_cast<uint64_t>(int64_t{codes[i]}) * static_cast<uint64_t>(scale));
            const auto sum = static_cast<uint64_t>(product >> 32) + static_cast<uint64_t>(offset);
            const int64_t code = static_cast<int64_t>(sum) >> 16;
            ASSERT_EQ(got[i], std::clamp<int64_t>(code, 0, 255)) << codes[i] << " * " << scale << " + " << offset;
          }
        }
      }
    }
  });
}

TEST(QuantizedCodes, SumsAreOfLinesModulo32Bits) {
  OnEveryTarget([] {
    const std::vector<uint8_t> a = Bytes<uint8_t>(77, 6), b = Bytes<uint8_t>(77, 7);
    Guarded<int32_t> sum(77);
    AddCodeLines(a.data(), b.data(), 77, 2000000000, 12345678, -7654321, sum.data());
    EXPECT_TRUE(sum.Intact());
    for (size_t i = 0; i < a.size(); ++i) {
      const int64_t want = 2000000000 + int64_t{12345678} * a[i] - int64_t{7654321} * b[i];
      ASSERT_EQ(sum[i], static_cast<int32_t>(static_cast<uint32_t>(want)));
    }
    AddCodeLines(a.data(), nullptr, 77, 3, 5, 0, sum.data());
    ASSERT_EQ(sum[7], 3 + 5 * a[7]);
  });
}

TEST(QuantizedCodes, BiasesAreAddedToRoundedNumbers) {
  OnEveryTarget([] {
    const std::vector<uint8_t> codes = Bytes<uint8_t>(50, 8);
    const std::vector<int32_t> bias = Codes(50, 1 << 30);
    const WideEncoding how{.step = 0.125f, .add = -3, .scale = 1e8f, .offset = -700};
    Guarded<int32_t> sum(50);
    AddBiasCodes(codes.data(), bias.data(), 50, how, sum.data());
    EXPECT_TRUE(sum.Intact());
    for (size_t i = 0; i < codes.size(); ++i) {
      const float code = std::round((static_cast<float>(codes[i]) * 0.125f + -3) * 1e8f) + 700;
      const auto ended = static_cast<int32_t>(std::min(std::max(code, -2147483648.0f), 2147483520.0f));
      ASSERT_EQ(sum[i], static_cast<int32_t>(static_cast<uint32_t>(ended) + static_cast<uint32_t>(bias[i])));
    }
  });
}

}  // namespace
}  // namespace rivulet

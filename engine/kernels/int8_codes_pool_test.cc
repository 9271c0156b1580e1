#include "engine/kernels/int8_codes_pool.h"

#include "engine/kernels/int8_testing.h"

namespace rivulet {
namespace {

using int8_testing::Bytes;
using kernel_testing::OnEveryTarget;
using kernel_testing::SameForAnyThreads;

void ExpectMaxima(const PoolGeometry& g) {
  SCOPED_TRACE(testing::Message() << g.in_h << "x" << g.in_w << "x" << g.channels << " under " << g.k_h << "x" << g.k_w
                                  << " by " << g.stride_h << " and " << g.stride_w);
  const std::vector<uint8_t> input = Bytes<uint8_t>(g.batch * g.in_h * g.in_w * g.channels, 12);
  const int64_t pixels = g.batch * g.out_h * g.out_w;
  const auto got = SameForAnyThreads<uint8_t>(pixels * g.channels, [&](uint8_t* to, ThreadPool& pool) {
    MaxPoolBytes(input.data(), g, to, pool, StopToken());
  });
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (int64_t c = 0; c < g.channels; ++c) {
      uint8_t most = 0;
      for (int64_t tap = 0; tap < g.k_h * g.k_w; ++tap) {
        const int64_t y = pixel / g.out_w % g.out_h * g.stride_h - g.pad_top + tap / g.k_w;
        const int64_t x = pixel % g.out_w * g.stride_w - g.pad_left + tap % g.k_w;
        if (y < 0 || y >= g.in_h || x < 0 || x >= g.in_w) continue;
        const int64_t at = ((pixel / g.out_w / g.out_h * g.in_h + y) * g.in_w + x) * g.channels + c;
        most = std::max(most, input[static_cast<size_t>(at)]);
      }
      ASSERT_EQ(got[static_cast<size_t>(pixel * g.channels + c)], most) << "pixel " << pixel << " of " << c;
    }
  }
}

TEST(MaxPoolBytes, OfAnyChannels) {
  OnEveryTarget([] {
    for (const int64_t channels : {1, 3, 24, 64, 65, 9000}) {
      for (const int64_t stride : {1, 2, 4}) {
        ExpectMaxima({.batch = 2,
                      .in_h = 6,
                      .in_w = 9,
                      .channels = channels,
                      .out_h = 5 / stride + 1,
                      .out_w = 8 / stride + 1,
                      .k_h = 3,
                      .k_w = 2,
                      .stride_h = stride,
                      .stride_w = stride,
                      .pad_top = 1,
                      .pad_left = 1});
      }
    }
  });
}

// Of any window only what lies in the image is gone over: this one has 2^62 places.
TEST(MaxPoolBytes, WindowsLargerThanAnyImage) {
  constexpr int64_t kMost = 0x7fffffff;
  const uint8_t input[] = {3, 9, 7, 1, 5, 4};
  for (const int64_t pad : {int64_t{0}, int64_t{1}, kMost / 2}) {
    PoolGeometry g{.in_h = 3, .in_w = 2, .channels = 1, .out_h = 1, .out_w = 1, .k_h = kMost, .k_w = kMost};
    g.pad_top = g.pad_left = pad;
    uint8_t got = 0;
    ThreadPool pool(1);
    MaxPoolBytes(input, g, &got, pool, StopToken());
    EXPECT_EQ(got, 9) << pad;
  }
}

TEST(MaxPoolBytes, SeveralStretchesOfARowAndWindowsThatSeeLittle) {
  OnEveryTarget([] {
    ExpectMaxima({.in_h = 4,
                  .in_w = 700,
                  .channels = 40,
                  .out_h = 2,
                  .out_w = 350,
                  .k_h = 2,
                  .k_w = 2,
                  .stride_h = 2,
                  .stride_w = 2});
    ExpectMaxima(
        {.in_h = 2, .in_w = 3, .channels = 5, .out_h = 4, .out_w = 6, .k_h = 1, .k_w = 2, .pad_top = 1, .pad_left = 2});
    ExpectMaxima({.in_h = 100, .in_w = 3, .channels = 5, .out_h = 1, .out_w = 3, .k_h = 100, .k_w = 1});
  });
}

TEST(AddPixels, AndWhatBecomesOfTheMeans) {
  OnEveryTarget([] {
    for (const int64_t channels : {1, 15, 16, 40, 256}) {
      for (const int64_t pixels : {1, 2, 49}) {
        const int64_t stride = channels + 3;
        const std::vector<uint8_t> input = Bytes<uint8_t>(pixels * stride, 13);
        std::vector<int32_t> sums(static_cast<size_t>(channels), 7);
        AddPixels(input.data(), pixels, stride, channels, sums.data());
        kernel_testing::Guarded<uint8_t> codes(channels);
        CodesOfMeans(sums.data(), channels, 0.25f / static_cast<float>(pixels), 2.5f, 10, 60, codes.data());
        for (int64_t c = 0; c < channels; ++c) {
          int32_t sum = 7;
          for (int64_t i = 0; i < pixels; ++i) sum += input[static_cast<size_t>(i * stride + c)];
          ASSERT_EQ(sums[static_cast<size_t>(c)], sum);
          const float mean = static_cast<float>(sum) * (0.25f / static_cast<float>(pixels)) + 2.5f;
          ASSERT_EQ(codes[static_cast<size_t>(c)],
                    static_cast<uint8_t>(std::nearbyint(std::max(std::min(mean, 60.0f), 10.0f))));
        }
        EXPECT_TRUE(codes.Intact());
      }
    }
  });
}

}  // namespace
}  // namespace rivulet

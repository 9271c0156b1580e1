#include "engine/kernels/depthwise_int8.h"

#include "engine/kernels/int8_testing.h"

namespace rivulet {
namespace {

using int8_testing::Bytes;
using int8_testing::Tail;
using kernel_testing::OnEveryTarget;
using kernel_testing::SameForAnyThreads;

void ExpectConv(const DepthwiseGeometry& g, uint8_t outside) {
  SCOPED_TRACE(testing::Message() << g.in_h << "x" << g.in_w << "x" << g.in_c << " under " << g.k_h << "x" << g.k_w
                                  << " by " << g.stride_h << " and " << g.stride_w);
  const int64_t taps = g.k_h * g.k_w;
  const std::vector<uint8_t> input = Bytes<uint8_t>(g.batch * g.in_h * g.in_w * g.in_c, 5);
  const std::vector<int8_t> filter = Bytes<int8_t>(taps * g.in_c, 6);
  std::vector<int8_t> packed(static_cast<size_t>(DepthwiseInt8Bytes(g.k_h, g.k_w, g.in_c).value()));
  PackDepthwiseInt8(filter.data(), g.k_h, g.k_w, g.in_c, packed.data());
  const Tail tail(g.in_c, taps);
  const int64_t pixels = g.batch * g.out_h * g.out_w;
  const auto got = SameForAnyThreads<uint8_t>(pixels * g.in_c, [&](uint8_t* to, ThreadPool& pool) {
    DepthwiseInt8(input.data(), outside, packed.data(), g, tail.To(to), pool, StopToken());
  });
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (int64_t c = 0; c < g.in_c; ++c) {
      int32_t sum = 0;
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t y = pixel / g.out_w % g.out_h * g.stride_h - g.pad_top + tap / g.k_w * g.dilation_h;
        const int64_t x = pixel % g.out_w * g.stride_w - g.pad_left + tap % g.k_w * g.dilation_w;
        const bool inside = y >= 0 && y < g.in_h && x >= 0 && x < g.in_w;
        const int64_t at = ((pixel / g.out_w / g.out_h * g.in_h + y) * g.in_w + x) * g.in_c + c;
        sum += (inside ? input[static_cast<size_t>(at)] : outside) * filter[static_cast<size_t>(tap * g.in_c + c)];
      }
      ASSERT_EQ(got[static_cast<size_t>(pixel * g.in_c + c)], tail.Code(sum, c)) << "pixel " << pixel << " of " << c;
    }
  }
}

TEST(DepthwiseInt8, ThreeByThreeOfAnyChannels) {
  OnEveryTarget([] {
    for (const int64_t channels : {1, 15, 16, 32, 33, 64, 96, 144}) {
      for (const int64_t stride : {1, 2}) {
        for (const int64_t size : {1, 2, 7, 10}) {
          const int64_t out = (size - 1) / stride + 1;
          ExpectConv({.batch = 2,
                      .in_h = size,
                      .in_w = size + 1,
                      .in_c = channels,
                      .out_h = out,
                      .out_w = size / stride + 1,
                      .k_h = 3,
                      .k_w = 3,
                      .stride_h = stride,
                      .stride_w = stride,
                      .pad_top = 1,
                      .pad_left = 1},
                     static_cast<uint8_t>(channels * 5));
        }
      }
    }
  });
}

// Narrower than a vector on some target: several pixels in one, cut anywhere; and several stretches of a row.
TEST(DepthwiseInt8, ThreeByThreeOfFewChannels) {
  OnEveryTarget([] {
    for (const int64_t channels : {3, 4, 8, 12, 24, 40, 48, 58}) {
      for (const int64_t stride : {1, 2}) {
        for (const int64_t width : {int64_t{1}, int64_t{3}, int64_t{30}, 5000 / channels}) {
          for (const int64_t pad : {0, 1}) {
            if (width < 3 && pad == 0) continue;
            ExpectConv({.batch = 2,
                        .in_h = 4,
                        .in_w = width,
                        .in_c = channels,
                        .out_h = (4 + 2 * pad - 3) / stride + 1,
                        .out_w = (width + 2 * pad - 3) / stride + 1,
                        .k_h = 3,
                        .k_w = 3,
                        .stride_h = stride,
                        .stride_w = stride,
                        .pad_top = pad,
                        .pad_left = pad},
                       static_cast<uint8_t>(channels * 5));
          }
        }
      }
    }
  });
}

TEST(DepthwiseInt8, FiveByFive) {
  OnEveryTarget([] {
    for (const int64_t channels : {64, 72, 130}) {
      for (const int64_t width : {1, 2, 4, 5, 6, 11, 20}) {
        for (const int64_t pad : {0, 2}) {
          if (width + 2 * pad < 5) continue;
          ExpectConv({.batch = 2,
                      .in_h = 6,
                      .in_w = width,
                      .in_c = channels,
                      .out_h = 6 + 2 * pad - 4,
                      .out_w = width + 2 * pad - 4,
                      .k_h = 5,
                      .k_w = 5,
                      .pad_top = pad,
                      .pad_left = pad},
                     static_cast<uint8_t>(channels));
        }
      }
    }
  });
}

TEST(DepthwiseInt8, OtherWindows) {
  OnEveryTarget([] {
    ExpectConv(
        {.in_h = 9, .in_w = 8, .in_c = 24, .out_h = 9, .out_w = 8, .k_h = 5, .k_w = 5, .pad_top = 2, .pad_left = 2}, 9);
    ExpectConv({.in_h = 9,
                .in_w = 8,
                .in_c = 70,
                .out_h = 9,
                .out_w = 8,
                .k_h = 3,
                .k_w = 3,
                .dilation_h = 2,
                .dilation_w = 2,
                .pad_top = 2,
                .pad_left = 2},
               200);
    ExpectConv(
        {.in_h = 4, .in_w = 9, .in_c = 20, .out_h = 4, .out_w = 3, .k_h = 1, .k_w = 4, .stride_w = 3, .pad_left = 0},
        1);
    // Wider than the image on both sides.
    ExpectConv(
        {.in_h = 2, .in_w = 2, .in_c = 17, .out_h = 2, .out_w = 2, .k_h = 5, .k_w = 7, .pad_top = 2, .pad_left = 3},
        128);
    // Several strips of a row; blocks that are whole and not; columns further apart than a strip is wide.
    for (const int64_t channels : {7, 64, 72, 130}) {
      for (const int64_t stride : {1, 2}) {
        ExpectConv({.in_h = 8,
                    .in_w = 150,
                    .in_c = channels,
                    .out_h = (8 - 1) / stride + 1,
                    .out_w = 149 / stride + 1,
                    .k_h = 7,
                    .k_w = 7,
                    .stride_h = stride,
                    .stride_w = stride,
                    .pad_top = 3,
                    .pad_left = 3},
                   77);
      }
      ExpectConv({.in_h = 5,
                  .in_w = 200,
                  .in_c = channels,
                  .out_h = 5,
                  .out_w = 200,
                  .k_h = 5,
                  .k_w = 3,
                  .dilation_w = 90,
                  .pad_top = 2,
                  .pad_left = 90},
                 3);
    }
  });
}

TEST(DepthwiseInt8, FiltersThatDoNotFit) {
  EXPECT_TRUE(FitsDepthwiseInt8(4, 32));
  EXPECT_FALSE(FitsDepthwiseInt8(5, 17));
  EXPECT_FALSE(FitsDepthwiseInt8(1, 33));
  EXPECT_FALSE(FitsDepthwiseInt8(INT64_MAX, INT64_MAX));
  EXPECT_FALSE(FitsDepthwiseInt8(-1, 3));
  EXPECT_FALSE(DepthwiseInt8Bytes(129, 1, 8).valid());
}

}  // namespace
}  // namespace rivulet

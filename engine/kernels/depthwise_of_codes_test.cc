#include <cmath>
#include <cstring>
#include <limits>

#include "engine/kernels/code_stages.h"
#include "engine/kernels/depthwise.h"
#include "engine/kernels/kernel_testing.h"
#include "engine/kernels/quantized_codes.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Reals;

DepthwiseGeometry Square(int64_t height, int64_t width, int64_t channels, int64_t taps, int64_t stride) {
  DepthwiseGeometry g;
  g.in_h = height;
  g.in_w = width;
  g.in_c = channels;
  g.k_h = g.k_w = taps;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = taps / 2;
  g.out_h = (height - 1) / stride + 1;
  g.out_w = (width - 1) / stride + 1;
  return g;
}

// Of codes, and of the floats that they stand for, are the bits of DepthwiseConv2D; and the extremes of its channels.
void ExpectTheSame(const DepthwiseGeometry& g) {
  SCOPED_TRACE(testing::Message() << g.batch << "x" << g.in_h << "x" << g.in_w << "x" << g.in_c << "*" << g.multiplier
                                  << " by " << g.k_h << ", stride " << g.stride_h << ", pad " << g.pad_top);
  const int64_t count = g.batch * g.in_h * g.in_w * g.in_c, channels = g.in_c * g.multiplier;
  const int64_t size = g.batch * g.out_h * g.out_w * channels;
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>((i * 7919 + i / 13) % 256);
  std::vector<float> floats(codes.size());
  constexpr float kFactor = 0.0237f, kTerm = -1.41f;
  DecodeBytes(codes.data(), count, kFactor, kTerm, floats.data());
  const std::vector<float> filter = Reals(g.k_h * g.k_w * channels, 2);
  std::vector<float> want(static_cast<size_t>(size));
  ThreadPool one(1);
  const std::vector<float> bias = Reals(channels, 3);
  DepthwiseConv2D(floats.data(), filter.data(), g, {.bias = bias.data()}, want.data(), one, StopToken());
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    for (const bool of_codes : {false, true}) {
      SCOPED_TRACE(testing::Message() << threads << " threads, codes " << of_codes);
      DepthwiseSource source{.floats = of_codes ? nullptr : floats.data(),
                             .codes = of_codes ? codes.data() : nullptr,
                             .factor = kFactor,
                             .term = kTerm};
      const int64_t stride = StagedElements(channels);
      std::vector<float> extremes(static_cast<size_t>(ExtremesElements(channels, threads)));
      std::vector<float> scratch(static_cast<size_t>(DepthwiseScratchBytes(source, g, threads).value()) /
                                 sizeof(float));
      std::vector<float> got(want.size(), std::numeric_limits<float>::quiet_NaN());
      DepthwiseConv2DOf(source, filter.data(), g, bias.data(), got.data(), extremes.data(), scratch.data(), pool,
                        StopToken());
      ASSERT_EQ(std::memcmp(got.data(), want.data(), got.size() * sizeof(float)), 0);
      for (int64_t c = 0; c < channels; ++c) {
        float low = want[static_cast<size_t>(c)], high = low;
        for (int64_t i = c; i < size; i += channels) {
          low = std::min(low, want[static_cast<size_t>(i)]);
          high = std::max(high, want[static_cast<size_t>(i)]);
        }
        ASSERT_EQ(extremes[static_cast<size_t>(c)], low) << "channel " << c;
        ASSERT_EQ(extremes[static_cast<size_t>(stride + c)], high) << "channel " << c;
      }
    }
  }
}

TEST(DepthwiseOfCodes, BitsAndExtremes) {
  OnEveryTarget([] {
    for (const int64_t channels : {1, 3, 8, 12, 16, 37}) {
      for (const int64_t stride : {1, 2}) ExpectTheSame(Square(9, 7, channels, 3, stride));
      ExpectTheSame(Square(9, 11, channels, 5, 1));
    }
    DepthwiseGeometry g = Square(6, 5, 8, 3, 1);
    g.batch = 3;
    ExpectTheSame(g);
    g.multiplier = 2;
    ExpectTheSame(g);
    g = Square(12, 5, 16, 3, 1);
    g.dilation_h = g.dilation_w = 2;
    g.pad_top = g.pad_left = 2;
    ExpectTheSame(g);
    g = Square(7, 7, 16, 3, 1);
    g.pad_top = 4;  // whole rows of the output see nothing
    g.out_h = 12;
    ExpectTheSame(g);
  });
}

// Rows so long that a thread holds few of them, which move on again and again.
TEST(DepthwiseOfCodes, RowsMoveOn) {
  ExpectTheSame(Square(40, 257, 32, 3, 1));
  ExpectTheSame(Square(41, 257, 32, 3, 2));
}

TEST(DepthwiseOfCodes, WhatIsNoNumberIsAnExtreme) {
  const DepthwiseGeometry g = Square(5, 5, 8, 3, 1);
  std::vector<float> floats = Reals(5 * 5 * 8, 1);
  const std::vector<float> filter = Reals(3 * 3 * 8, 2);
  floats[12 * 8 + 3] = std::numeric_limits<float>::quiet_NaN();
  ThreadPool pool(2);
  std::vector<float> got(floats.size()), extremes(static_cast<size_t>(ExtremesElements(8, 2)));
  DepthwiseConv2DOf({.floats = floats.data()}, filter.data(), g, nullptr, got.data(), extremes.data(), nullptr, pool,
                    StopToken());
  for (size_t c = 0; c < 8; ++c) {
    EXPECT_EQ(std::isnan(extremes[c]), c == 3) << c;
    EXPECT_EQ(std::isnan(extremes[static_cast<size_t>(StagedElements(8)) + c]), c == 3) << c;
  }
}

}  // namespace
}  // namespace rivulet

#include "engine/kernels/depthwise.h"

#include <algorithm>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::kRounding;
using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;
using kernel_testing::Wholes;

std::vector<double> Reference(const std::vector<float>& input, const std::vector<float>& filter,
                              const DepthwiseGeometry& g) {
  std::vector<double> out;
  const int64_t channels = g.in_c * g.multiplier;
  for (int64_t row = 0; row < g.batch * g.out_h; ++row) {
    for (int64_t x = 0; x < g.out_w; ++x) {
      for (int64_t c = 0; c < channels; ++c) {
        double v = 0;
        for (int64_t tap = 0; tap < g.k_h * g.k_w; ++tap) {
          const int64_t in_y = row % g.out_h * g.stride_h - g.pad_top + tap / g.k_w * g.dilation_h;
          const int64_t in_x = x * g.stride_w - g.pad_left + tap % g.k_w * g.dilation_w;
          if (in_y < 0 || in_y >= g.in_h || in_x < 0 || in_x >= g.in_w) continue;
          const int64_t pixel = (row / g.out_h * g.in_h + in_y) * g.in_w + in_x;
          v += static_cast<double>(input[static_cast<size_t>(pixel * g.in_c + c / g.multiplier)]) *
               static_cast<double>(filter[static_cast<size_t>(tap * channels + c)]);
        }
        out.push_back(v);
      }
    }
  }
  return out;
}

void ExpectExact(const DepthwiseGeometry& g) {
  SCOPED_TRACE(testing::Message() << g.batch << "x" << g.in_h << "x" << g.in_w << "x" << g.in_c << "*" << g.multiplier
                                  << " to " << g.out_h << "x" << g.out_w << " by " << g.k_h << "x" << g.k_w
                                  << ", strides " << g.stride_h << " " << g.stride_w << ", dilations " << g.dilation_h
                                  << " " << g.dilation_w << ", pads " << g.pad_top << " " << g.pad_left);
  const int64_t channels = g.in_c * g.multiplier;
  const int64_t size = g.batch * g.out_h * g.out_w * channels;
  const std::vector<float> input = Wholes(g.batch * g.in_h * g.in_w * g.in_c, 1);
  const std::vector<float> filter = Wholes(g.k_h * g.k_w * channels, 2);
  const std::vector<float> bias = Wholes(channels, 3);
  const std::vector<float> addend = Wholes(size, 4);
  Epilogue epilogue;
  epilogue.bias = bias.data();
  epilogue.activation = {ActivationKind::kClamp, -50.0f, 60.0f, 0.0f};
  const std::vector<double> want = Reference(input, filter, g);
  for (const bool add : {true, false}) {
    const auto got = SameForAnyThreads<float>(size, [&](float* out, ThreadPool& pool) {
      std::copy(addend.begin(), addend.end(), out);
      epilogue.addend = add ? out : nullptr;
      DepthwiseConv2D(input.data(), filter.data(), g, epilogue, out, pool, StopToken());
    });
    for (size_t i = 0; i < want.size(); ++i) {
      const double value = want[i] + static_cast<double>(bias[i % bias.size()] + (add ? addend[i] : 0.0f));
      ASSERT_EQ(static_cast<double>(got[i]), std::clamp(value, -50.0, 60.0)) << "at " << i << ", addend " << add;
    }
  }
}

DepthwiseGeometry Square(int64_t size, int64_t channels, int64_t multiplier, int64_t taps, int64_t stride) {
  DepthwiseGeometry g;
  g.in_h = g.in_w = size;
  g.in_c = channels;
  g.multiplier = multiplier;
  g.k_h = g.k_w = taps;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = taps / 2;
  g.out_h = g.out_w = (size + 2 * (taps / 2) - taps) / stride + 1;
  return g;
}

TEST(DepthwiseConv2D, UsualLayers) {
  OnEveryTarget([] {
    for (const int64_t channels : {1, 3, 4, 7, 8, 16, 17, 32, 40}) {
      for (const int64_t stride : {1, 2}) {
        ExpectExact(Square(14, channels, 1, 3, stride));
        ExpectExact(Square(9, channels, 1, 5, stride));
      }
    }
    DepthwiseGeometry wide = Square(5, 5, 1, 7, 1);  // wider than what is copied at once
    wide.in_w = wide.out_w = 700;
    ExpectExact(wide);
    wide.stride_w = 2;
    wide.out_w = 350;
    ExpectExact(wide);
    ExpectExact(Square(40, 3, 1, 5, 3));
    ExpectExact(Square(6, 3, 8, 3, 1));
    ExpectExact(Square(6, 1, 40, 3, 1));
    ExpectExact(Square(6, 5, 3, 3, 2));
  });
}

TEST(DepthwiseConv2D, AnyGeometry) {
  OnEveryTarget([] {
    Random random(11);
    for (int i = 0; i < 200; ++i) {
      DepthwiseGeometry g;
      g.batch = 1 + random.Below(2);
      g.in_c = 1 + random.Below(20);
      g.multiplier = 1 + random.Below(2) * random.Below(6);
      g.in_h = 1 + random.Below(12);
      g.in_w = 1 + random.Below(12);
      g.k_h = 1 + random.Below(4);
      g.k_w = 1 + random.Below(4);
      g.stride_h = 1 + random.Below(3);
      g.stride_w = 1 + random.Below(3);
      g.dilation_h = 1 + random.Below(3);
      g.dilation_w = 1 + random.Below(3);
      g.pad_top = random.Below(8) - 2;
      g.pad_left = random.Below(8) - 2;
      g.out_h = 1 + random.Below(9);
      g.out_w = 1 + random.Below(9);
      ExpectExact(g);
    }
  });
}

TEST(DepthwiseConv2D, SquareFiltersAtEveryBorder) {
  OnEveryTarget([] {
    Random random(12);
    for (int i = 0; i < 200; ++i) {
      DepthwiseGeometry g = Square(1, 16 + random.Below(20), 1, 3 + 2 * random.Below(2), 1 + random.Below(2));
      g.in_h = 1 + random.Below(10);
      g.in_w = 1 + random.Below(10);
      g.out_h = 1 + random.Below(8);
      g.out_w = 1 + random.Below(8);
      g.pad_top = random.Below(5) - 1;
      g.pad_left = random.Below(4);
      ExpectExact(g);
    }
  });
}

TEST(DepthwiseConv2D, LongRowsOfTaps) {
  OnEveryTarget([] {
    Random random(13);
    for (int i = 0; i < 100; ++i) {
      DepthwiseGeometry g = Square(1, 1 + random.Below(36), 1, 7 + random.Below(15), 1);
      g.k_h = 1 + random.Below(7);
      g.stride_h = 1 + random.Below(2);
      g.dilation_h = 1 + random.Below(2);
      g.in_h = 1 + random.Below(6);
      g.in_w = 1 + random.Below(30);
      g.out_h = 1 + random.Below(6);
      g.out_w = 1 + random.Below(30);
      g.pad_top = random.Below(5) - 1;
      g.pad_left = random.Below(12) - 1;
      ExpectExact(g);
    }
  });
}

TEST(DepthwiseConv2D, LeakyActivation) {
  const DepthwiseGeometry g = Square(7, 20, 1, 3, 1);
  const std::vector<float> input = Wholes(7 * 7 * 20, 1), filter = Wholes(9 * 20, 2);
  const std::vector<double> want = Reference(input, filter, g);
  Epilogue epilogue;
  epilogue.activation = {ActivationKind::kLeakyRelu, 0.0f, 0.0f, 0.5f};
  OnEveryTarget([&] {
    const auto got = SameForAnyThreads<float>(static_cast<int64_t>(want.size()), [&](float* out, ThreadPool& pool) {
      DepthwiseConv2D(input.data(), filter.data(), g, epilogue, out, pool, StopToken());
    });
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_EQ(static_cast<double>(got[i]), want[i] < 0 ? want[i] / 2 : want[i]);
    }
  });
}

// Threads have parts of the rows of a picture whose channels do not fill cache lines. What finishes does so once.
TEST(DepthwiseConv2D, PartsOfTheRows) {
  DepthwiseGeometry g = Square(64, 12, 1, 5, 1);
  g.batch = 2;
  const std::vector<float> input = Wholes(2 * 64 * 64 * 12, 1), filter = Wholes(25 * 12, 2);
  const std::vector<double> want = Reference(input, filter, g);
  const auto twice = [](const void*, float* values, int64_t count) {
    for (int64_t i = 0; i < count; ++i) values[i] *= 2;
  };
  Epilogue epilogue;
  OnEveryTarget([&] {
    for (const bool finishes : {false, true}) {
      if (finishes) epilogue.finish.run = twice;
      const auto got = SameForAnyThreads<float>(static_cast<int64_t>(want.size()), [&](float* out, ThreadPool& pool) {
        DepthwiseConv2D(input.data(), filter.data(), g, epilogue, out, pool, StopToken());
      });
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_EQ(static_cast<double>(got[i]), want[i] * (finishes ? 2 : 1)) << "at " << i;
      }
    }
    epilogue.finish = {};
  });
}

TEST(DepthwiseConv2D, ZeroSizes) {
  for (int64_t DepthwiseGeometry::*size :
       {&DepthwiseGeometry::batch, &DepthwiseGeometry::out_h, &DepthwiseGeometry::out_w, &DepthwiseGeometry::in_c,
        &DepthwiseGeometry::in_h, &DepthwiseGeometry::in_w, &DepthwiseGeometry::k_h, &DepthwiseGeometry::k_w}) {
    DepthwiseGeometry g = Square(5, 4, 1, 3, 1);
    g.*size = 0;
    ExpectExact(g);
  }
}

TEST(DepthwiseConv2D, AccuracyOnReals) {
  const DepthwiseGeometry g = Square(12, 19, 1, 3, 1);
  const std::vector<float> input = Reals(12 * 12 * 19, 1), filter = Reals(9 * 19, 2);
  const std::vector<double> want = Reference(input, filter, g);
  OnEveryTarget([&] {
    const auto got = SameForAnyThreads<float>(static_cast<int64_t>(want.size()), [&](float* out, ThreadPool& pool) {
      DepthwiseConv2D(input.data(), filter.data(), g, {}, out, pool, StopToken());
    });
    // Nine terms below 1 in size: each of up to 18 roundings is at most half a unit of a partial sum below 9.
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_LE(std::fabs(static_cast<double>(got[i]) - want[i]), 18 * kRounding);
    }
  });
}

}  // namespace
}  // namespace rivulet

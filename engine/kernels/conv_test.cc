#include "engine/kernels/conv.h"

#include <algorithm>

#include "engine/kernels/conv_planes.h"
#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::kRounding;
using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;
using kernel_testing::TestAllocator;
using kernel_testing::Wholes;

// The specification; with `sizes` the sum of the sizes of the terms instead.
std::vector<double> Reference(const std::vector<float>& input, const std::vector<float>& filter, const ConvGeometry& g,
                              bool sizes = false) {
  std::vector<double> out;
  const int64_t group_in = g.in_c / g.groups;
  const int64_t group_out = g.out_c / g.groups;
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t y = 0; y < g.out_h; ++y) {
      for (int64_t x = 0; x < g.out_w; ++x) {
        for (int64_t o = 0; o < g.out_c; ++o) {
          double v = 0;
          for (int64_t i = 0; i < g.k_h; ++i) {
            for (int64_t j = 0; j < g.k_w; ++j) {
              const int64_t in_y = y * g.stride_h - g.pad_top + i * g.dilation_h;
              const int64_t in_x = x * g.stride_w - g.pad_left + j * g.dilation_w;
              if (in_y < 0 || in_y >= g.in_h || in_x < 0 || in_x >= g.in_w) continue;
              for (int64_t c = 0; c < group_in; ++c) {
                const int64_t channel = o / group_out * group_in + c;
                const double a = input[static_cast<size_t>(((n * g.in_h + in_y) * g.in_w + in_x) * g.in_c + channel)];
                const double b = filter[static_cast<size_t>(((i * g.k_w + j) * group_in + c) * g.out_c + o)];
                v += sizes ? std::fabs(a * b) : a * b;
              }
            }
          }
          out.push_back(v);
        }
      }
    }
  }
  return out;
}

int64_t InputSize(const ConvGeometry& g) { return g.batch * g.in_h * g.in_w * g.in_c; }
int64_t FilterSize(const ConvGeometry& g) { return g.k_h * g.k_w * (g.in_c / g.groups) * g.out_c; }
int64_t OutputSize(const ConvGeometry& g) { return g.batch * g.out_h * g.out_w * g.out_c; }

testing::Message Words(const ConvGeometry& g) {
  return testing::Message() << g.batch << "x" << g.in_h << "x" << g.in_w << "x" << g.in_c << " to " << g.out_h << "x"
                            << g.out_w << "x" << g.out_c << " by " << g.k_h << "x" << g.k_w << ", strides "
                            << g.stride_h << " " << g.stride_w << ", dilations " << g.dilation_h << " " << g.dilation_w
                            << ", pads " << g.pad_top << " " << g.pad_left << ", groups " << g.groups;
}

void ExpectExact(const ConvGeometry& g, bool adds = true) {
  SCOPED_TRACE(Words(g));
  const std::vector<float> input = Wholes(InputSize(g), 1);
  const std::vector<float> filter = Wholes(FilterSize(g), 2);
  const std::vector<float> bias = Wholes(g.out_c, 3);
  const std::vector<float> addend = Wholes(OutputSize(g), 4);
  std::vector<char> bytes(filter.size() * sizeof(float) + 1);
  std::copy_n(reinterpret_cast<const char*>(filter.data()), filter.size() * sizeof(float), bytes.data() + 1);
  const auto packed = PackedFilter::Pack(bytes.data() + 1, g, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  Epilogue epilogue;
  epilogue.bias = bias.data();
  if (adds) epilogue.addend = addend.data();
  epilogue.activation.kind = ActivationKind::kRelu;
  const auto got = SameForAnyThreads<float>(OutputSize(g), [&](float* out, ThreadPool& pool) {
    Conv2D(input.data(), *packed, g, ConvAlgorithm::kDirect, epilogue, out, nullptr, pool, StopToken());
  });
  const std::vector<double> want = Reference(input, filter, g);
  for (size_t i = 0; i < want.size(); ++i) {
    const double value = want[i] + static_cast<double>(bias[i % bias.size()] + (adds ? addend[i] : 0));
    ASSERT_EQ(static_cast<double>(got[i]), std::max(value, 0.0)) << "at " << i;
  }
}

ConvGeometry Square(int64_t size, int64_t in_c, int64_t out_c, int64_t taps, int64_t stride, int64_t pad) {
  ConvGeometry g;
  g.in_h = g.in_w = size;
  g.in_c = in_c;
  g.out_c = out_c;
  g.k_h = g.k_w = taps;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = pad;
  g.out_h = g.out_w = (size + 2 * pad - taps) / stride + 1;
  return g;
}

TEST(Conv2D, UsualLayers) {
  OnEveryTarget([] {
    ExpectExact(Square(11, 3, 32, 3, 2, 1));
    ExpectExact(Square(9, 3, 20, 7, 2, 3));
    ExpectExact(Square(7, 16, 24, 1, 1, 0));
    ExpectExact(Square(8, 16, 24, 1, 2, 0));
    ExpectExact(Square(7, 8, 16, 3, 1, 1));
    ExpectExact(Square(6, 70, 33, 3, 1, 1));  // two blocks of k, cut inside a filter row
    ExpectExact(Square(5, 1, 1, 5, 1, 2));
    ExpectExact(Square(40, 2, 12, 5, 1, 2));  // several tiles a row
    ExpectExact(Square(35, 3, 40, 3, 2, 1));
    ConvGeometry dilated = Square(33, 3, 8, 3, 1, 2);
    dilated.dilation_h = dilated.dilation_w = 2;
    dilated.out_h = dilated.out_w = 33;
    ExpectExact(dilated);
  });
}

TEST(Conv2D, AnyGeometry) {
  OnEveryTarget([] {
    Random random(7);
    for (int i = 0; i < 150; ++i) {
      ConvGeometry g;
      g.batch = 1 + random.Below(2);
      g.groups = 1 + random.Below(3);
      g.in_c = g.groups * (1 + random.Below(9));
      g.out_c = g.groups * (1 + random.Below(20));
      g.in_h = 1 + random.Below(9);
      g.in_w = 1 + random.Below(9);
      g.k_h = 1 + random.Below(4);
      g.k_w = 1 + random.Below(4);
      g.stride_h = 1 + random.Below(3);
      g.stride_w = 1 + random.Below(3);
      g.dilation_h = 1 + random.Below(3);
      g.dilation_w = 1 + random.Below(3);
      // Any pads, also ones that crop, and outputs that see nothing at all.
      g.pad_top = random.Below(6) - 1;
      g.pad_left = random.Below(6) - 1;
      g.out_h = 1 + random.Below(7);
      g.out_w = 1 + random.Below(7);
      ExpectExact(g);
    }
  });
}

TEST(Conv2D, PicturesAndSounds) {
  OnEveryTarget([] {
    Random random(13);
    int64_t by_planes = 0;
    for (int i = 0; i < 60; ++i) {
      ConvGeometry g;
      g.batch = 1 + random.Below(2);
      g.in_c = random.Below(2) == 0 ? 1 : 3;
      g.out_c = 4 * (1 + random.Below(5));
      g.in_h = 1 + random.Below(12);
      g.in_w = 1 + random.Below(150);
      g.k_h = 1 + random.Below(9);
      g.k_w = 1 + random.Below(9);
      g.stride_h = 1 + random.Below(3);
      g.stride_w = 1 + random.Below(2);
      g.pad_top = random.Below(12) - 2;
      g.pad_left = random.Below(12) - 2;
      g.out_h = 1 + random.Below(7);
      g.out_w = 20 + random.Below(100);
      by_planes += ConvByPlanesPays(g, Epilogue());
      ExpectExact(g, false);
    }
    EXPECT_GT(by_planes, 30);
  });
}

// Each row of the output is a tile, and more of them than fit the copies of their input.
TEST(Conv2D, NarrowPictures) {
  OnEveryTarget([] {
    Random random(17);
    for (int i = 0; i < 30; ++i) {
      ConvGeometry g;
      g.batch = 1 + random.Below(3);
      g.in_c = 1 + random.Below(40);
      g.out_c = 17 + random.Below(48);
      g.in_h = 20 + random.Below(150);
      g.in_w = 1 + random.Below(12);
      g.k_h = 2 + random.Below(9);
      g.k_w = 1 + random.Below(4);
      g.stride_h = 1 + random.Below(3);
      g.stride_w = 2;
      g.dilation_h = 1 + random.Below(2);
      g.pad_top = random.Below(6) - 1;
      g.pad_left = random.Below(4) - 1;
      g.out_h = 1 + g.in_h / g.stride_h;
      g.out_w = 1 + random.Below(4);
      ExpectExact(g, false);
    }
  });
}

TEST(Conv2D, FewChannelsComeOut) {
  OnEveryTarget([] {
    Random random(11);
    for (int i = 0; i < 100; ++i) {
      ConvGeometry g;
      g.batch = 1 + random.Below(2);
      g.k_h = 1 + random.Below(5);
      g.k_w = 1 + random.Below(9);
      g.in_c = (32 + g.k_w - 1) / g.k_w + random.Below(9);
      g.out_c = 1 + random.Below(4);
      g.in_h = 1 + random.Below(9);
      g.in_w = 1 + random.Below(20);
      g.stride_h = 1 + random.Below(3);
      g.stride_w = 1 + random.Below(3);
      g.dilation_h = 1 + random.Below(3);
      g.pad_top = random.Below(6) - 1;
      g.pad_left = random.Below(9) - 1;
      g.out_h = 1 + random.Below(7);
      g.out_w = 1 + random.Below(20);
      ExpectExact(g);
    }
    ExpectExact(Square(40, 16, 3, 9, 1, 4));
    ExpectExact(Square(20, 64, 3, 9, 1, 4));  // nearly as long a filter as is kept
  });
}

TEST(Conv2D, ManySmallGroups) {
  OnEveryTarget([] {
    Random random(13);
    for (int i = 0; i < 100; ++i) {
      ConvGeometry g;
      const int64_t width = i % 2 == 0 ? int64_t{1} << random.Below(5) : 1 + random.Below(17);
      g.groups = i % 4 == 0 ? 16 / std::min<int64_t>(width, 8) * (1 + random.Below(3)) : 2 + random.Below(9);
      g.batch = 1 + random.Below(2);
      g.in_c = g.out_c = g.groups * width;
      g.k_h = 1 + random.Below(4);
      g.k_w = i % 3 == 0 ? 3 : 1 + random.Below(4);
      g.in_h = 1 + random.Below(9);
      g.in_w = 1 + random.Below(40);
      g.stride_h = 1 + random.Below(3);
      g.stride_w = 1 + random.Below(3);
      g.dilation_h = 1 + random.Below(3);
      g.dilation_w = i % 3 == 0 ? 1 : 1 + random.Below(3);
      g.pad_top = random.Below(6) - 1;
      g.pad_left = random.Below(9) - 1;
      g.out_h = 1 + random.Below(7);
      g.out_w = 1 + random.Below(40);
      ExpectExact(g);
    }
  });
}

TEST(Conv2D, TapsFarApart) {
  OnEveryTarget([] {
    Random random(17);
    for (int i = 0; i < 60; ++i) {
      ConvGeometry g;
      g.batch = 1 + random.Below(2);
      g.in_c = 1 + random.Below(20);
      g.out_c = 1 + random.Below(40);
      g.k_h = 1 + random.Below(2);
      g.k_w = 1 + random.Below(3);
      g.in_h = 1 + random.Below(3);
      g.in_w = 1 + random.Below(90);
      g.stride_w = 1 + random.Below(2);
      g.dilation_w = 1 + random.Below(50);
      g.pad_left = random.Below(100);
      g.out_h = 1 + random.Below(3);
      g.out_w = 1 + random.Below(60);
      ExpectExact(g);
    }
  });
}

// The addend may be the output itself: nothing is written twice.
TEST(Conv2D, FewChannelsAddedWhereTheyLie) {
  const ConvGeometry g = Square(17, 16, 3, 3, 1, 1);
  const std::vector<float> input = Wholes(InputSize(g), 1), filter = Wholes(FilterSize(g), 2);
  const std::vector<double> want = Reference(input, filter, g);
  const auto packed = PackedFilter::Pack(filter.data(), g, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  OnEveryTarget([&] {
    ThreadPool pool(2);
    std::vector<float> out(static_cast<size_t>(OutputSize(g)), 5.0f);
    Conv2D(input.data(), *packed, g, ConvAlgorithm::kDirect, {.addend = out.data()}, out.data(), nullptr, pool,
           StopToken());
    for (size_t i = 0; i < want.size(); ++i) ASSERT_EQ(static_cast<double>(out[i]), want[i] + 5) << "at " << i;
  });
}

TEST(Conv2D, ZeroSizes) {
  ConvGeometry g = Square(4, 3, 5, 3, 1, 1);
  for (int64_t ConvGeometry::*size :
       {&ConvGeometry::batch, &ConvGeometry::out_h, &ConvGeometry::out_w, &ConvGeometry::out_c, &ConvGeometry::in_c,
        &ConvGeometry::in_h, &ConvGeometry::in_w, &ConvGeometry::k_h, &ConvGeometry::k_w}) {
    ConvGeometry empty = g;
    empty.*size = 0;
    ExpectExact(empty);
  }
}

TEST(Conv2D, AccuracyOnReals) {
  for (const int64_t channels : {16, 128}) {
    const ConvGeometry g = Square(10, channels, 24, 3, 1, 1);
    const std::vector<float> input = Reals(InputSize(g), 1);
    const std::vector<float> filter = Reals(FilterSize(g), 2);
    const std::vector<double> want = Reference(input, filter, g);
    const std::vector<double> sizes = Reference(input, filter, g, true);
    const auto packed = PackedFilter::Pack(filter.data(), g, *TestAllocator());
    ASSERT_TRUE(packed.ok());
    OnEveryTarget([&] {
      const auto got = SameForAnyThreads<float>(OutputSize(g), [&](float* out, ThreadPool& pool) {
        Conv2D(input.data(), *packed, g, ConvAlgorithm::kDirect, {}, out, nullptr, pool, StopToken());
      });
      for (size_t i = 0; i < want.size(); ++i) {
        // As for a matrix product; a sum that comes to a third of its terms' sizes has larger partial sums.
        ASSERT_LE(std::fabs(static_cast<double>(got[i]) - want[i]), 5 * kRounding * sizes[i]);
      }
    });
  }
}

TEST(Conv2D, StopsBeforeThePiecesThatAreLeft) {
  const std::atomic<bool> cancel{true};
  const StopToken stop(&cancel, StopToken::Clock::time_point::max());
  const ConvGeometry g = Square(16, 8, 8, 3, 1, 1);
  const std::vector<float> input = Wholes(InputSize(g), 1), filter = Wholes(FilterSize(g), 2);
  ThreadPool pool(1);
  for (const auto algorithm : {ConvAlgorithm::kDirect, ConvAlgorithm::kWinograd}) {
    const auto packed = PackedFilter::Pack(filter.data(), g, *TestAllocator());
    const auto scratch = TestAllocator()->Allocate(static_cast<size_t>(ConvScratchBytes(g, algorithm, 1).value()));
    ASSERT_TRUE(packed.ok() && scratch.ok());
    std::vector<float> out(static_cast<size_t>(OutputSize(g)), 5.0f);
    Conv2D(input.data(), *packed, g, algorithm, {}, out.data(), scratch->get(), pool, stop);
    EXPECT_EQ(std::count(out.begin(), out.end(), 5.0f), OutputSize(g));
  }
}

TEST(PackedFilter, SizesThatCannotBe) {
  ConvGeometry g = Square(4, 3, 5, 3, 1, 1);
  g.in_c = int64_t{1} << 60;
  EXPECT_FALSE(PackedFilter::Bytes(g).valid());
  EXPECT_EQ(PackedFilter::Pack(nullptr, g, *TestAllocator()).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace rivulet

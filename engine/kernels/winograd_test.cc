#include "engine/kernels/winograd.h"

#include <algorithm>
#include <limits>

#include "engine/kernels/kernel_testing.h"
#include "engine/kernels/winograd_layout.h"
#include "engine/kernels/winograd_line.h"

namespace rivulet {
namespace {

using kernel_testing::kRounding;
using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;
using kernel_testing::TestAllocator;

ConvGeometry Square(int64_t size, int64_t in_c, int64_t out_c, int64_t pad) {
  ConvGeometry g;
  g.in_h = g.in_w = size;
  g.in_c = in_c;
  g.out_c = out_c;
  g.k_h = g.k_w = 3;
  g.pad_top = g.pad_left = pad;
  g.out_h = g.out_w = size + 2 * pad - 2;
  return g;
}

ConvGeometry Filter(int64_t size, int64_t k_h, int64_t k_w, int64_t in_c, int64_t out_c) {
  ConvGeometry g = Square(size, in_c, out_c, 0);
  g.k_h = k_h;
  g.k_w = k_w;
  g.pad_top = k_h / 2;
  g.pad_left = k_w / 2;
  g.out_h = g.out_w = size;
  return g;
}

struct Case {
  explicit Case(const ConvGeometry& geometry)
      : g(geometry),
        input(Reals(g.batch * g.in_h * g.in_w * g.in_c, 1)),
        filter(Reals(g.k_h * g.k_w * g.in_c * g.out_c, 2)),
        bias(Reals(g.out_c, 3)),
        addend(Reals(g.batch * g.out_h * g.out_w * g.out_c, 4)) {}

  Epilogue Tail() const {
    Epilogue epilogue;
    epilogue.bias = bias.data();
    epilogue.addend = addend.data();
    epilogue.activation.kind = ActivationKind::kRelu;
    return epilogue;
  }

  kernel_testing::Guarded<float> Run(ConvAlgorithm algorithm, const Epilogue& epilogue) const {
    const auto packed = PackedFilter::Pack(filter.data(), g, *TestAllocator());
    EXPECT_TRUE(packed.ok());
    return SameForAnyThreads<float>(static_cast<int64_t>(addend.size()), [&](float* out, ThreadPool& pool) {
      const int64_t bytes = ConvScratchBytes(g, algorithm, pool.num_threads()).value();
      const auto scratch = TestAllocator()->Allocate(static_cast<size_t>(bytes));
      ASSERT_TRUE(scratch.ok());
      Conv2D(input.data(), *packed, g, algorithm, epilogue, out, scratch->get(), pool, StopToken());
    });
  }

  const ConvGeometry g;
  std::vector<float> input;
  const std::vector<float> filter;
  const std::vector<float> bias;
  const std::vector<float> addend;
};

// The algorithms' errors are some roundings of the sum of the terms' sizes, which is at most the number of taps times
// in_c here. What the transforms enlarge is measured: 6 times a plain sum's, 18 with eight points.
void ExpectAsDirect(const ConvGeometry& g, ConvAlgorithm algorithm = ConvAlgorithm::kWinograd) {
  SCOPED_TRACE(testing::Message() << g.batch << "x" << g.in_h << "x" << g.in_w << "x" << g.in_c << " to " << g.out_h
                                  << "x" << g.out_w << "x" << g.out_c << ", pads " << g.pad_top << " " << g.pad_left
                                  << ", filter " << g.k_h << "x" << g.k_w << ", strides " << g.stride_h << " "
                                  << g.stride_w);
  const Case c(g);
  for (const Epilogue& epilogue : {c.Tail(), Epilogue()}) {
    const auto want = c.Run(ConvAlgorithm::kDirect, epilogue);
    const auto got = c.Run(algorithm, epilogue);
    const bool eight = algorithm == ConvAlgorithm::kWinograd && winograd::LayoutOf(g, 1).side == 8;
    const double bound = (eight ? 22 : 12) * kRounding * static_cast<double>(g.k_h * g.k_w * g.in_c) + 1e-6;
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(static_cast<double>(got[i]), static_cast<double>(want[i]), bound) << "at " << i;
    }
  }
}

TEST(Winograd, UsualLayers) {
  OnEveryTarget([] {
    ExpectAsDirect(Square(8, 16, 16, 1));
    ExpectAsDirect(Square(7, 32, 48, 1));
    ExpectAsDirect(Square(9, 20, 33, 0));   // channels that fill no vector
    ExpectAsDirect(Square(5, 150, 40, 1));  // two blocks of channels, one pair of panels and a half
    ExpectAsDirect(Square(33, 16, 16, 1));  // more tiles than a piece takes
    ExpectAsDirect(Square(45, 16, 16, 1));
    ExpectAsDirect(Square(2, 150, 40, 1));
    ExpectAsDirect(Filter(14, 5, 5, 32, 64));
    ExpectAsDirect(Filter(9, 5, 5, 70, 20));
    ExpectAsDirect(Filter(9, 4, 4, 70, 40));
    ExpectAsDirect(Filter(20, 4, 4, 32, 16));
    // Larger filters: groups of taps, some of which lack.
    ExpectAsDirect(Filter(12, 7, 7, 20, 33));
    ExpectAsDirect(Filter(25, 10, 4, 24, 40));
    ExpectAsDirect(Filter(13, 9, 6, 40, 16));
    ExpectAsDirect(Filter(15, 10, 10, 33, 16));
  });
}

TEST(Winograd, AnySize) {
  OnEveryTarget([] {
    Random random(3);
    for (int i = 0; i < 60; ++i) {
      ConvGeometry g = Square(4, 1 + random.Below(40), 1 + random.Below(70), 1);
      g.batch = 1 + random.Below(3);
      g.in_h = 1 + random.Below(13);
      g.in_w = 1 + random.Below(13);
      g.out_h = 1 + random.Below(13);
      g.out_w = 1 + random.Below(13);
      if (i % 3 == 0) g.k_h = g.k_w = 5;
      if (i % 3 == 1) {
        g.k_h = 1 + random.Below(11);
        g.k_w = 2 + random.Below(7);
      }
      if (i % 2 == 0) {
        g.dilation_h = 1 + random.Below(4);
        g.dilation_w = 1 + random.Below(4);
      }
      // Also pads that crop, and outputs that see nothing.
      g.pad_top = random.Below(8) - 2;
      g.pad_left = random.Below(8) - 2;
      ExpectAsDirect(g);
    }
  });
}

TEST(WinogradLine, UsualLayers) {
  OnEveryTarget([] {
    constexpr auto kLine = ConvAlgorithm::kWinogradLine;
    ExpectAsDirect(Filter(17, 1, 7, 40, 48), kLine);
    ExpectAsDirect(Filter(17, 7, 1, 40, 48), kLine);
    ExpectAsDirect(Filter(8, 1, 3, 32, 32), kLine);
    ExpectAsDirect(Filter(14, 5, 5, 16, 32), kLine);
    ExpectAsDirect(Filter(20, 10, 4, 24, 64), kLine);  // more terms than a block takes
    ExpectAsDirect(Filter(40, 20, 8, 1, 20), kLine);   // one channel
    ExpectAsDirect(Filter(200, 1, 4, 3, 16), kLine);   // more rows than a piece takes
    ConvGeometry strided = Filter(31, 3, 4, 17, 16);
    strided.stride_h = 2;
    strided.out_h = 16;
    ExpectAsDirect(strided, kLine);
    std::swap(strided.k_h, strided.k_w);
    std::swap(strided.stride_h, strided.stride_w);
    std::swap(strided.out_h, strided.out_w);
    ExpectAsDirect(strided, kLine);
  });
}

TEST(WinogradLine, AnySize) {
  OnEveryTarget([] {
    Random random(5);
    for (int i = 0; i < 60; ++i) {
      ConvGeometry g = Filter(4, 1 + random.Below(9), 1 + random.Below(9), 1 + random.Below(40), 1 + random.Below(70));
      g.batch = 1 + random.Below(3);
      g.in_h = 1 + random.Below(13);
      g.in_w = 1 + random.Below(13);
      g.out_h = 1 + random.Below(13);
      g.out_w = 1 + random.Below(13);
      // Also pads that crop, and outputs that see nothing.
      g.pad_top = random.Below(12) - 2;
      g.pad_left = random.Below(12) - 2;
      const bool x = random.Below(2) == 0;
      (x ? g.stride_h : g.stride_w) = 1 + random.Below(3);
      if (i % 2 == 0) (x ? g.dilation_w : g.dilation_h) = 1 + random.Below(4);
      if (i % 4 == 0) {
        (x ? g.dilation_h : g.dilation_w) = 1 + random.Below(4);
        (x ? g.k_h : g.k_w) = 1;
      }
      ExpectAsDirect(g, ConvAlgorithm::kWinogradLine);
    }
  });
}

TEST(WinogradLine, MoreTilesThanAreHeld) {
  ConvGeometry g = Filter(12, 3, 7, 100, 16);
  g.batch = 40;
  ExpectAsDirect(g, ConvAlgorithm::kWinogradLine);
}

bool Pays(ConvAlgorithm algorithm, const ConvGeometry& g) { return ChooseConvAlgorithm(g) == algorithm; }

TEST(WinogradLine, PaysWhereItDoesLess) {
  constexpr auto kLine = ConvAlgorithm::kWinogradLine;
  EXPECT_TRUE(Pays(kLine, Filter(17, 1, 7, 128, 192)));
  EXPECT_TRUE(Pays(kLine, Filter(17, 7, 1, 128, 192)));
  EXPECT_FALSE(Pays(kLine, Filter(17, 1, 1, 128, 192)));
  EXPECT_FALSE(Pays(kLine, Filter(2, 1, 7, 128, 192)));  // two pixels of a line
  ConvGeometry strided = Filter(17, 7, 7, 128, 192);
  strided.stride_h = strided.stride_w = 2;
  EXPECT_FALSE(Pays(kLine, strided));
  ConvGeometry dilated = Filter(170, 1, 3, 128, 192);
  dilated.dilation_w = 2;
  EXPECT_TRUE(Pays(kLine, dilated));
  dilated.dilation_w = 100;  // two pixels of a line
  EXPECT_FALSE(Pays(kLine, dilated));
  dilated.dilation_w = 171;
  EXPECT_FALSE(Pays(kLine, dilated));
  ConvGeometry across = Filter(17, 7, 7, 128, 192);
  across.dilation_h = across.dilation_w = 2;
  EXPECT_FALSE(Pays(kLine, across));
  ConvGeometry huge = Filter(17, 1, 7, 128, 192);
  huge.batch = int64_t{1} << 50;
  EXPECT_FALSE(Pays(kLine, huge));
  // Transforms of one channel's rows cost as much as they save, unless there are many taps.
  EXPECT_FALSE(Pays(kLine, Filter(96, 10, 4, 1, 64)));
  EXPECT_TRUE(Pays(kLine, Filter(40, 20, 8, 1, 64)));
  // Rows across the line that could not be counted.
  ConvGeometry far_apart = Filter(17, 1, 7, 128, 192);
  far_apart.out_h = far_apart.in_c = far_apart.out_c = 1 << 20;
  far_apart.stride_h = 1 << 12;
  EXPECT_FALSE(Pays(kLine, far_apart));
}

// Tiles that are transformed in several goes.
TEST(Winograd, MoreTilesThanAreHeld) {
  ConvGeometry g = Square(6, 128, 16, 1);
  g.batch = 130;
  ExpectAsDirect(g);
}

// A value that is not finite would spread over its tile.
TEST(Winograd, InfinitiesStayWhereTheyBelong) {
  OnEveryTarget([] {
    for (const auto algorithm : {ConvAlgorithm::kWinograd, ConvAlgorithm::kWinogradLine})
      for (const float value : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(),
                                std::numeric_limits<float>::max()}) {
        Case c(Square(12, 16, 16, 1));
        c.input[static_cast<size_t>((5 * 12 + 5) * 16 + 3)] = value;
        const auto want = c.Run(ConvAlgorithm::kDirect, c.Tail());
        const auto got = c.Run(algorithm, c.Tail());
        EXPECT_TRUE(want.SameBits(got));
      }
  });
}

TEST(Winograd, AnAddendMayBeTheOutput) {
  const Case c(Square(8, 16, 16, 1));
  const auto packed = PackedFilter::Pack(c.filter.data(), c.g, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  std::vector<float> out[2] = {c.addend, c.addend};
  ThreadPool pool(1);
  for (int i = 0; i < 2; ++i) {
    const ConvAlgorithm algorithm = i == 0 ? ConvAlgorithm::kDirect : ConvAlgorithm::kWinograd;
    const auto scratch = TestAllocator()->Allocate(static_cast<size_t>(ConvScratchBytes(c.g, algorithm, 1).value()));
    ASSERT_TRUE(scratch.ok());
    Epilogue epilogue;
    epilogue.addend = out[i].data();
    Conv2D(c.input.data(), *packed, c.g, algorithm, epilogue, out[i].data(), scratch->get(), pool, StopToken());
  }
  EXPECT_EQ(out[0], out[1]);
}

// Tiles as large as fill the output with little left over.
TEST(Winograd, TilesFitTheOutput) {
  const auto side = [](const ConvGeometry& g) { return winograd::LayoutOf(g, 1).side; };
  EXPECT_EQ(side(Square(35, 96, 96, 1)), 8);
  EXPECT_EQ(side(Square(7, 512, 512, 1)), 6);
  EXPECT_EQ(side(Square(2, 64, 64, 1)), 4);
  EXPECT_EQ(side(Filter(35, 5, 5, 48, 64)), 8);
  EXPECT_EQ(side(Filter(42, 7, 7, 64, 128)), 8);
  EXPECT_EQ(side(Filter(9, 4, 4, 64, 64)), 6);
  ConvGeometry dilated = Square(33, 256, 256, 0);
  dilated.out_h = dilated.out_w = dilated.pad_top = dilated.pad_left = 33;
  for (const auto& [dilation, sides] : {std::pair(6, 8), std::pair(12, 6), std::pair(18, 4)}) {
    dilated.dilation_h = dilated.dilation_w = dilation;
    EXPECT_EQ(side(dilated), sides) << "dilation " << dilation;
  }
}

// Threads share tiles where filters that are transformed anew cost less than input that is; else the output channels.
TEST(Winograd, WhatThreadsShare) {
  const auto tiles_of_part = [](const ConvGeometry& g) {
    const winograd::Layout layout = winograd::LayoutOf(g, 2);
    return std::pair(winograd::TilesOfPart(layout, 2, 6), layout.tiles);
  };
  EXPECT_EQ(tiles_of_part(Square(20, 64, 16, 1)), std::pair(int64_t{13}, int64_t{25}));
  EXPECT_EQ(tiles_of_part(Filter(16, 7, 7, 64, 64)), std::pair(int64_t{18}, int64_t{16}));  // rounded up: all
  EXPECT_EQ(tiles_of_part(Square(14, 256, 256, 1)), std::pair(int64_t{18}, int64_t{16}));
}

// For every target's micro-kernel, also those that do not run here.
TEST(Winograd, PiecesHaveRoom) {
  for (const int64_t taps : {2, 3, 4, 5, 7, 10}) {
    for (int64_t size = 1; size < 120; ++size) {
      for (const int threads : {1, 2, 3, 8}) {
        const winograd::Layout layout = winograd::LayoutOf(Filter(size, taps, taps, 100, 100), threads);
        for (const int64_t rows : {4, 6, 8, 14}) {
          const int64_t tiles = std::min(winograd::TilesOfPart(layout, threads, rows), layout.tiles);
          ASSERT_LE(tiles, layout.piece_tiles) << taps << " taps, " << size << ", " << threads << " threads, " << rows;
          ASSERT_LE(tiles * winograd::kMaxColumns, layout.sum_point);
        }
      }
    }
  }
}

TEST(Winograd, PaysWhereItDoesLess) {
  constexpr auto kTiles = ConvAlgorithm::kWinograd;
  EXPECT_TRUE(Pays(kTiles, Square(56, 64, 64, 1)));
  EXPECT_TRUE(Pays(kTiles, Square(7, 512, 512, 1)));
  EXPECT_FALSE(Pays(kTiles, Square(224, 3, 64, 1)));
  for (const auto& [k_h, k_w] : {std::pair(4, 4), std::pair(7, 7), std::pair(10, 4), std::pair(9, 9)}) {
    EXPECT_TRUE(Pays(kTiles, Filter(32, k_h, k_w, 64, 64))) << k_h << "x" << k_w;
  }
  EXPECT_FALSE(Pays(kTiles, Filter(32, 17, 17, 64, 64)));  // more groups of taps than there is room for
  EXPECT_FALSE(Pays(kTiles, Square(3, 512, 512, 0)));      // one output pixel
  ConvGeometry strided = Square(56, 64, 64, 1);
  strided.stride_h = strided.stride_w = 2;
  EXPECT_FALSE(Pays(kTiles, strided));
  ConvGeometry dilated = Square(56, 64, 64, 1);
  dilated.dilation_h = dilated.dilation_w = 2;
  EXPECT_TRUE(Pays(kTiles, dilated));
  dilated.dilation_h = dilated.dilation_w = 56;  // one pixel of each picture
  EXPECT_FALSE(Pays(kTiles, dilated));
  dilated.dilation_h = 57;
  EXPECT_FALSE(Pays(kTiles, dilated));
  ConvGeometry huge = Square(56, 64, 64, 1);
  huge.batch = int64_t{1} << 50;
  EXPECT_FALSE(Pays(kTiles, huge));
}

}  // namespace
}  // namespace rivulet

#include "engine/kernels/conv_bands.h"

#include <algorithm>

#include "engine/kernels/depthwise.h"
#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;
using kernel_testing::TestAllocator;

struct Chain {
  std::vector<BandStage> stages;
  std::vector<std::vector<float>> numbers;  // what the stages point to

  // A stage behind those that are there: `out_c` of 0 for a depthwise one.
  void Add(ConvGeometry g, int64_t out_c, int64_t taps, int64_t stride, int64_t pad, bool add) {
    if (!stages.empty()) {
      const ConvGeometry& before = stages.back().geometry;
      g = {before.batch, before.out_h, before.out_w, before.out_c};
    }
    const auto seed = stages.size() * 10;
    BandStage stage;
    stage.depthwise = out_c == 0;
    g.out_c = out_c == 0 ? g.in_c : out_c;
    g.groups = out_c == 0 ? g.in_c : 1;
    g.k_h = g.k_w = taps;
    g.stride_h = g.stride_w = stride;
    g.pad_top = g.pad_left = pad;
    g.out_h = (g.in_h + 2 * pad - taps) / stride + 1;
    g.out_w = (g.in_w + 2 * pad - taps) / stride + 1;
    stage.geometry = g;
    const std::vector<float>& filter = numbers.emplace_back(Reals(taps * taps * g.in_c / g.groups * g.out_c, seed));
    stage.filter = filter.data();
    if (!stage.depthwise) stage.packed = *PackedFilter::Pack(filter.data(), g, *TestAllocator());
    stage.epilogue.bias = numbers.emplace_back(Reals(g.out_c, seed + 1)).data();
    stage.epilogue.activation = {ActivationKind::kRelu6};
    const int64_t size = g.batch * g.out_h * g.out_w * g.out_c;
    if (add) stage.epilogue.addend = numbers.emplace_back(Reals(size, seed + 2)).data();
    stages.push_back(stage);
  }

  int64_t OutputSize() const {
    const ConvGeometry& g = stages.back().geometry;
    return g.batch * g.out_h * g.out_w * g.out_c;
  }

  std::vector<float> OneByOne(std::vector<float> x) const {
    ThreadPool pool(1);
    for (const BandStage& stage : stages) {
      const ConvGeometry& g = stage.geometry;
      std::vector<float> y(static_cast<size_t>(g.batch * g.out_h * g.out_w * g.out_c));
      if (stage.depthwise) {
        const DepthwiseGeometry d{g.batch,   g.in_h, g.in_w,     g.in_c,     g.out_h,      g.out_w,      1,
                                  g.k_h,     g.k_w,  g.stride_h, g.stride_w, g.dilation_h, g.dilation_w, g.pad_top,
                                  g.pad_left};
        DepthwiseConv2D(x.data(), stage.filter, d, stage.epilogue, y.data(), pool, StopToken());
      } else {
        Conv2D(x.data(), stage.packed, g, ConvAlgorithm::kDirect, stage.epilogue, y.data(), nullptr, pool, StopToken());
      }
      x = std::move(y);
    }
    return x;
  }
};

void ExpectSameBits(const Chain& chain) {
  const ConvGeometry& first = chain.stages.front().geometry;
  const std::vector<float> input = Reals(first.batch * first.in_h * first.in_w * first.in_c, 77);
  const std::vector<float> want = chain.OneByOne(input);
  const auto got = SameForAnyThreads<float>(chain.OutputSize(), [&](float* out, ThreadPool& pool) {
    const int64_t bytes = BandScratchBytes(chain.stages, pool.num_threads()).value();
    std::vector<float> scratch(static_cast<size_t>(bytes) / sizeof(float), 1e30f);
    ConvBands(input.data(), chain.stages, out, scratch.data(), pool, StopToken());
  });
  for (size_t i = 0; i < want.size(); ++i) ASSERT_EQ(got[i], want[i]) << "at " << i;
}

TEST(ConvBands, AMobileNetsFirstLayers) {
  OnEveryTarget([] {
    Chain chain;
    chain.Add({2, 40, 40, 3}, 16, 3, 2, 1, false);
    chain.Add({}, 0, 3, 1, 1, false);
    chain.Add({}, 24, 1, 1, 0, true);
    chain.Add({}, 0, 3, 2, 1, false);
    chain.Add({}, 17, 1, 1, 0, false);
    chain.Add({}, 0, 5, 1, 2, true);
    ExpectSameBits(chain);
  });
}

// Strides that leave rows out, rows that see only padding, pictures lower than a band.
TEST(ConvBands, AnyGeometry) {
  Random random(21);
  for (int i = 0; i < 100; ++i) {
    Chain chain;
    const ConvGeometry first{1 + random.Below(2), 1 + random.Below(30), 1 + random.Below(12), 1 + random.Below(20)};
    const int64_t stages = 2 + random.Below(4);
    for (int64_t stage = 0; stage < stages; ++stage) {
      const int64_t taps = 1 + random.Below(5);
      chain.Add(first, random.Below(2) * (1 + random.Below(20)), taps, 1 + random.Below(4), taps - 1 + random.Below(2),
                random.Below(3) == 0);
    }
    ExpectSameBits(chain);
  }
}

TEST(ConvBands, WhatDoesNotStayNearIsNoChain) {
  ConvGeometry wide{1, 300, 300, 64, 300, 300, 64, 3, 3};
  wide.groups = 64;
  wide.pad_top = wide.pad_left = 1;
  ConvGeometry after = wide;
  EXPECT_GT(BandRows(std::vector<ConvGeometry>{wide, after}), 0);
  wide.out_w = after.in_w = 3000;
  EXPECT_EQ(BandRows(std::vector<ConvGeometry>{wide, after}), 0);
  after = {1, 300, 300, 64, 300, 300, 2000};  // weights
  EXPECT_EQ(BandRows(std::vector<ConvGeometry>{wide, after}), 0);
  EXPECT_EQ(BandRows(std::vector<ConvGeometry>{after}), 0);
}

TEST(ConvBands, SeveralThreadsChainSmallerPictures) {
  const auto pays = [](int64_t side, int threads) {
    Chain chain;
    chain.Add({1, side, side, 16}, 0, 3, 1, 1, false);
    chain.Add({}, 16, 1, 1, 0, false);
    return BandsPay(chain.stages[0].geometry, chain.stages[1].geometry, threads);
  };
  EXPECT_TRUE(pays(96, 1));
  EXPECT_FALSE(pays(64, 1));
  EXPECT_TRUE(pays(64, 2));
  EXPECT_FALSE(pays(48, 2));
}

}  // namespace
}  // namespace rivulet

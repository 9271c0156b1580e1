#include "engine/kernels/pool.h"

#include <algorithm>
#include <limits>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::kRounding;
using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::SameForAnyThreads;
using kernel_testing::Wholes;

void ExpectRight(PoolKind kind, const PoolGeometry& g) {
  SCOPED_TRACE(testing::Message() << static_cast<int>(kind) << ": " << g.batch << "x" << g.in_h << "x" << g.in_w << "x"
                                  << g.channels << " to " << g.out_h << "x" << g.out_w << " by " << g.k_h << "x"
                                  << g.k_w << ", strides " << g.stride_h << " " << g.stride_w << ", pads " << g.pad_top
                                  << " " << g.pad_left);
  const std::vector<float> input = Wholes(g.batch * g.in_h * g.in_w * g.channels, 1, 100);
  const int64_t size = g.batch * g.out_h * g.out_w * g.channels;
  const auto got = SameForAnyThreads<float>(
      size, [&](float* out, ThreadPool& pool) { Pool2D(kind, input.data(), g, out, pool, StopToken()); });
  for (int64_t at = 0; at < size; ++at) {
    const int64_t c = at % g.channels;
    const int64_t x = at / g.channels % g.out_w;
    const int64_t y = at / g.channels / g.out_w % g.out_h;
    const int64_t n = at / g.channels / g.out_w / g.out_h;
    double sum = 0;
    double best = std::numeric_limits<float>::lowest();
    int64_t count = 0;
    for (int64_t tap = 0; tap < g.k_h * g.k_w; ++tap) {
      const int64_t in_y = y * g.stride_h - g.pad_top + tap / g.k_w;
      const int64_t in_x = x * g.stride_w - g.pad_left + tap % g.k_w;
      if (in_y < 0 || in_y >= g.in_h || in_x < 0 || in_x >= g.in_w) continue;
      const double v = input[static_cast<size_t>(((n * g.in_h + in_y) * g.in_w + in_x) * g.channels + c)];
      sum += v;
      best = std::max(best, v);
      ++count;
    }
    // The sum of whole numbers is exact, so that the average is rounded once.
    const double average = count == 0 ? 0.0 : sum / static_cast<double>(count);
    ASSERT_EQ(got[static_cast<size_t>(at)], static_cast<float>(kind == PoolKind::kMax ? best : average)) << "at " << at;
  }
}

TEST(Pool2D, AnyGeometry) {
  OnEveryTarget([] {
    Random random(3);
    for (int i = 0; i < 150; ++i) {
      PoolGeometry g;
      g.batch = 1 + random.Below(2);
      g.channels = 1 + random.Below(40);
      g.in_h = 1 + random.Below(9);
      g.in_w = 1 + random.Below(9);
      g.k_h = 1 + random.Below(4);
      g.k_w = 1 + random.Below(4);
      g.stride_h = 1 + random.Below(3);
      g.stride_w = 1 + random.Below(3);
      g.pad_top = random.Below(6) - 2;
      g.pad_left = random.Below(6) - 2;
      g.out_h = 1 + random.Below(7);
      g.out_w = 1 + random.Below(7);
      ExpectRight(PoolKind::kMax, g);
      ExpectRight(PoolKind::kAverage, g);
    }
  });
}

// Windows that share columns with their neighbours, whose channels take all, some or none of a stretch.
TEST(Pool2D, SharedColumns) {
  OnEveryTarget([] {
    Random random(4);
    for (int i = 0; i < 40; ++i) {
      PoolGeometry g;
      g.channels = i == 0 ? 4100 : 1 + random.Below(200);
      g.in_h = 1 + random.Below(6);
      g.in_w = 1 + random.Below(20);
      g.stride_w = 1 + random.Below(2);
      g.k_h = 2 + random.Below(3);
      g.k_w = 2 * g.stride_w + 1 + random.Below(4);
      g.pad_top = random.Below(4) - 1;
      g.pad_left = random.Below(8) - 2;
      g.out_h = 1 + random.Below(4);
      g.out_w = g.k_w + random.Below(12);
      ExpectRight(PoolKind::kMax, g);
      ExpectRight(PoolKind::kAverage, g);
    }
  });
}

// There is one output along each axis, so that nothing is ever a stride away.
TEST(Pool2D, StridesOfAnySize) {
  PoolGeometry g;
  g.in_h = g.in_w = 4;
  g.channels = 70;
  g.k_h = g.k_w = 3;
  g.out_h = g.out_w = 1;
  g.stride_h = g.stride_w = std::numeric_limits<int64_t>::max();
  ExpectRight(PoolKind::kMax, g);
  ExpectRight(PoolKind::kAverage, g);
}

TEST(Pool2D, ZeroSizes) {
  for (int64_t PoolGeometry::*size : {&PoolGeometry::batch, &PoolGeometry::in_h, &PoolGeometry::in_w,
                                      &PoolGeometry::channels, &PoolGeometry::out_h, &PoolGeometry::out_w}) {
    PoolGeometry g;
    g.in_h = g.in_w = g.channels = g.out_h = g.out_w = 3;
    g.*size = 0;
    ExpectRight(PoolKind::kMax, g);
    ExpectRight(PoolKind::kAverage, g);
  }
}

}  // namespace
}  // namespace rivulet

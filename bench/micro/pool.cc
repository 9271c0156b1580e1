// Pooling.
#include "engine/kernels/pool.h"

#include "bench/micro/micro.h"

namespace rivulet::bench {
namespace {

void AddPool(const std::string& name, PoolKind kind, int64_t in, int64_t channels, int64_t window, int64_t stride,
             int64_t out) {
  PoolGeometry g;
  g.in_h = g.in_w = in;
  g.channels = channels;
  g.out_h = g.out_w = out;
  g.k_h = g.k_w = window;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = ((out - 1) * stride + window - in) / 2;
  const Work work{static_cast<double>(out * out * channels * window * window), 4 * in * in * channels,
                  4 * out * out * channels};
  AddBenchmark("pool/" + name, work, [=] {
    return [=, x = Floats(in * in * channels), y = Floats(out * out * channels)] {
      Pool2D(kind, x.get(), g, y.get(), Pool(), NoStop());
    };
  });
}

}  // namespace

void AddPools() {
  AddPool("max/112x64/3x3s2", PoolKind::kMax, 112, 64, 3, 2, 56);
  AddPool("max/56x128/2x2s2", PoolKind::kMax, 56, 128, 2, 2, 28);
  AddPool("max/28x256/3x3", PoolKind::kMax, 28, 256, 3, 1, 28);
  AddPool("max/19x512/13x13", PoolKind::kMax, 19, 512, 13, 1, 19);
  AddPool("average/35x192/3x3", PoolKind::kAverage, 35, 192, 3, 1, 35);
  AddPool("average/7x1024/7x7", PoolKind::kAverage, 7, 1024, 7, 1, 1);
}

}  // namespace rivulet::bench

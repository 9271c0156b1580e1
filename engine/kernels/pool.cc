#include "engine/kernels/pool.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/pool.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// The larger of the two; `best`, which is never NaN, where v is NaN.
HWY_INLINE V MaxOfNumbers(V best, V v) { return hn::IfThenElse(hn::Lt(best, v), v, best); }

// Output row y of image n.
template <PoolKind kKind>
void Row(const float* input, const PoolGeometry& g, int64_t n, int64_t y, float* output) {
  const D d;
  const int64_t channels = g.channels;
  const int64_t in_row = g.in_w * channels;
  const int64_t y_first = y * g.stride_h - g.pad_top;
  const int64_t y_begin = std::clamp<int64_t>(y_first, 0, g.in_h);
  const int64_t y_end = std::clamp<int64_t>(y_first + g.k_h, y_begin, g.in_h);
  for (int64_t x = 0; x < g.out_w; ++x, output += channels) {
    const int64_t x_first = x * g.stride_w - g.pad_left;
    const int64_t x_begin = std::clamp<int64_t>(x_first, 0, g.in_w);
    const int64_t x_end = std::clamp<int64_t>(x_first + g.k_w, x_begin, g.in_w);
    const float* window = input + ((n * g.in_h + y_begin) * g.in_w + x_begin) * channels;
    const int64_t height = y_end - y_begin;
    const int64_t width = x_end - x_begin;
    const bool empty = height == 0 || width == 0;
    const V size = hn::Set(d, static_cast<float>(height) * static_cast<float>(width));
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t count = channels - c;
      V v = hn::Set(d, kKind == PoolKind::kMax ? std::numeric_limits<float>::lowest() : 0.0f);
      if (!empty) {
        for (int64_t i = 0; i < height; ++i) {
          const float* from = window + i * in_row + c;
          for (int64_t j = 0; j < width; ++j, from += channels) {
            if constexpr (kKind == PoolKind::kMax) {
              v = MaxOfNumbers(v, LoadSome(from, count));
            } else {
              v = hn::Add(v, LoadSome(from, count));
            }
          }
        }
        if constexpr (kKind == PoolKind::kAverage) v = hn::Div(v, size);
      }
      StoreSome(v, count, output + c);
    }
  }
}

void Rows(PoolKind kind, const float* input, const PoolGeometry& g, int64_t begin, int64_t end, float* output) {
  for (int64_t row = begin; row < end; ++row) {
    float* out = output + row * g.out_w * g.channels;
    if (kind == PoolKind::kMax) {
      Row<PoolKind::kMax>(input, g, row / g.out_h, row % g.out_h, out);
    } else {
      Row<PoolKind::kAverage>(input, g, row / g.out_h, row % g.out_h, out);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(Rows);

void Pool2D(PoolKind kind, const float* input, const PoolGeometry& geometry, float* output, ThreadPool& pool,
            const StopToken& stop) {
  if (geometry.channels == 0 || geometry.out_w == 0 || geometry.out_h == 0) return;
  // A row's work in values read. A window cannot see more than the input.
  const auto seen = [](int64_t taps, int64_t size) {
    return static_cast<double>(std::max<int64_t>(std::min(taps, size), 1));
  };
  const double row_work = static_cast<double>(geometry.out_w) * static_cast<double>(geometry.channels) *
                          seen(geometry.k_h, geometry.in_h) * seen(geometry.k_w, geometry.in_w);
  const auto grain = static_cast<int64_t>(std::max(200e3 / row_work, 1.0));
  pool.ParallelFor(geometry.batch * geometry.out_h, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(Rows)(kind, input, geometry, begin, end, output);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

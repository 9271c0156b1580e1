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

template <PoolKind kKind>
HWY_INLINE V Start() {
  return hn::Set(D(), kKind == PoolKind::kMax ? std::numeric_limits<float>::lowest() : 0.0f);
}

// What a window has come to with one more value; the largest so far, which is never NaN, stays where that is NaN.
template <PoolKind kKind>
HWY_INLINE V Enter(V so_far, V v) {
  if constexpr (kKind == PoolKind::kMax) return hn::IfThenElse(hn::Lt(so_far, v), v, so_far);
  return hn::Add(so_far, v);
}

// The part of a window that lies in the image.
struct Window {
  const float* first;
  int64_t height;
  int64_t width;
  int64_t row;    // floats from one line to the next
  int64_t pixel;  // and from one pixel to the next
};

// A vector of `count` channels of a window.
template <PoolKind kKind>
HWY_INLINE V OneOf(const Window& w, int64_t c, int64_t count) {
  V v = Start<kKind>();
  for (int64_t i = 0; i < w.height; ++i) {
    const float* from = w.first + i * w.row + c;
    for (int64_t j = 0; j < w.width; ++j, from += w.pixel) v = Enter<kKind>(v, LoadSome(from, count));
  }
  return v;
}

// Four vectors of channels of a window, to `out`: so that a loop's turn has more to do than to end.
template <PoolKind kKind>
HWY_INLINE void FourOf(const Window& w, int64_t c, V size, float* out) {
  const D d;
  V v0 = Start<kKind>(), v1 = v0, v2 = v0, v3 = v0;
  for (int64_t i = 0; i < w.height; ++i) {
    const float* from = w.first + i * w.row + c;
    for (int64_t j = 0; j < w.width; ++j, from += w.pixel) {
      v0 = Enter<kKind>(v0, hn::LoadU(d, from));
      v1 = Enter<kKind>(v1, hn::LoadU(d, from + kLanes));
      v2 = Enter<kKind>(v2, hn::LoadU(d, from + 2 * kLanes));
      v3 = Enter<kKind>(v3, hn::LoadU(d, from + 3 * kLanes));
    }
  }
  constexpr bool kDivides = kKind == PoolKind::kAverage;
  hn::StoreU(kDivides ? hn::Div(v0, size) : v0, d, out + c);
  hn::StoreU(kDivides ? hn::Div(v1, size) : v1, d, out + c + kLanes);
  hn::StoreU(kDivides ? hn::Div(v2, size) : v2, d, out + c + 2 * kLanes);
  hn::StoreU(kDivides ? hn::Div(v3, size) : v3, d, out + c + 3 * kLanes);
}

// Output row y of image n. The average of an empty window is zero.
template <PoolKind kKind>
void Row(const float* input, const PoolGeometry& g, int64_t n, int64_t y, float* output) {
  const D d;
  const int64_t channels = g.channels;
  const int64_t y_first = y * g.stride_h - g.pad_top;
  const int64_t y_begin = std::clamp<int64_t>(y_first, 0, g.in_h);
  const int64_t y_end = std::clamp<int64_t>(y_first + g.k_h, y_begin, g.in_h);
  for (int64_t x = 0; x < g.out_w; ++x, output += channels) {
    const int64_t x_first = x * g.stride_w - g.pad_left;
    const int64_t x_begin = std::clamp<int64_t>(x_first, 0, g.in_w);
    const int64_t x_end = std::clamp<int64_t>(x_first + g.k_w, x_begin, g.in_w);
    const Window window{input + ((n * g.in_h + y_begin) * g.in_w + x_begin) * channels, y_end - y_begin,
                        x_end - x_begin, g.in_w * channels, channels};
    const float seen = static_cast<float>(window.height) * static_cast<float>(window.width);
    const V size = hn::Set(d, seen > 0 ? seen : 1.0f);
    int64_t c = 0;
    for (; c + 4 * kLanes <= channels; c += 4 * kLanes) FourOf<kKind>(window, c, size, output);
    for (; c < channels; c += kLanes) {
      const V v = OneOf<kKind>(window, c, channels - c);
      StoreSome(kKind == PoolKind::kAverage ? hn::Div(v, size) : v, channels - c, output + c);
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

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
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  // maxps gives its second operand where the first is no larger, or one is NaN.
  if constexpr (kKind == PoolKind::kMax) return hn::Max(v, so_far);
#else
  if constexpr (kKind == PoolKind::kMax) return hn::IfThenElse(hn::Lt(so_far, v), v, so_far);
#endif
  return hn::Add(so_far, v);
}

// Four vectors of channels: so that a loop's turn has more to do than to end.
constexpr int64_t kFour = 4 * kLanes;

// What the runs of kFour floats from at(i, j) on come to, over i < rows and j < columns; divided by `size`, if that is
// not 0.
template <PoolKind kKind, class At>
HWY_INLINE void FourOf(int64_t rows, int64_t columns, float size, const At& at, float* out) {
  const D d;
  V v0 = Start<kKind>(), v1 = v0, v2 = v0, v3 = v0;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      const float* from = at(i, j);
      v0 = Enter<kKind>(v0, hn::LoadU(d, from));
      v1 = Enter<kKind>(v1, hn::LoadU(d, from + kLanes));
      v2 = Enter<kKind>(v2, hn::LoadU(d, from + 2 * kLanes));
      v3 = Enter<kKind>(v3, hn::LoadU(d, from + 3 * kLanes));
    }
  }
  if (size != 0.0f) {
    const V by = hn::Set(d, size);
    v0 = hn::Div(v0, by);
    v1 = hn::Div(v1, by);
    v2 = hn::Div(v2, by);
    v3 = hn::Div(v3, by);
  }
  hn::StoreU(v0, d, out);
  hn::StoreU(v1, d, out + kLanes);
  hn::StoreU(v2, d, out + 2 * kLanes);
  hn::StoreU(v3, d, out + 3 * kLanes);
}

// `count` channels, at most a vector of them, alike.
template <PoolKind kKind, class At>
HWY_INLINE void SomeOf(int64_t rows, int64_t columns, float size, const At& at, int64_t count, float* out) {
  V v = Start<kKind>();
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) v = Enter<kKind>(v, LoadSome(at(i, j), count));
  }
  StoreSome(size != 0.0f ? hn::Div(v, hn::Set(D(), size)) : v, count, out);
}

// The rows or columns of an image that lie in a window.
struct Span {
  int64_t begin;
  int64_t count;
};

HWY_INLINE Span SpanOf(int64_t first, int64_t taps, int64_t size) {
  const int64_t begin = std::clamp<int64_t>(first, 0, size);
  return {begin, std::clamp<int64_t>(first + taps, begin, size) - begin};
}

HWY_INLINE Span ColumnsOf(const PoolGeometry& g, int64_t x) {
  return SpanOf(x * g.stride_w - g.pad_left, g.k_w, g.in_w);
}

// What a window's outputs are divided by; the average of an empty one is zero.
template <PoolKind kKind>
HWY_INLINE float SizeOf(int64_t rows, int64_t columns) {
  if constexpr (kKind == PoolKind::kMax) return 0.0f;
  return std::max(static_cast<float>(rows) * static_cast<float>(columns), 1.0f);
}

// Where neighbours share most of their columns, what each column comes to is kept for the next windows: as many columns
// as a window has, in a ring.
constexpr int64_t kKeptFloats = 8192;

// How many channels go that way at a time, a multiple of kFour; none where it gains nothing.
int64_t ChannelsByColumns(const PoolGeometry& g) {
  if (g.k_h == 1 || g.stride_w > (g.k_w - 1) / 2 || g.k_w > kKeptFloats || g.out_w < g.k_w) return 0;
  return std::min(g.channels, kKeptFloats / g.k_w) / kFour * kFour;
}

// `channels` of a row of outputs; `first` is where those of the windows' first line begin.
template <PoolKind kKind>
void RowByColumns(const float* first, int64_t rows, const PoolGeometry& g, int64_t channels, float* output) {
  HWY_ALIGN float kept[kKeptFloats];
  const int64_t line = g.in_w * g.channels;
  int64_t made = 0;
  for (int64_t x = 0; x < g.out_w; ++x, output += g.channels) {
    const Span columns = ColumnsOf(g, x);
    for (made = std::max(made, columns.begin); made < columns.begin + columns.count; ++made) {
      float* column = kept + made % g.k_w * channels;
      for (int64_t c = 0; c < channels; c += kFour) {
        const float* from = first + made * g.channels + c;
        FourOf<kKind>(
            rows, 1, 0.0f, [&](int64_t i, int64_t) HWY_ATTR { return from + i * line; }, column + c);
      }
    }
    const float size = SizeOf<kKind>(rows, columns.count);
    const int64_t begin = columns.begin % g.k_w;
    const int64_t wrap = g.k_w - begin;
    for (int64_t c = 0; c < channels; c += kFour) {
      const auto at = [&](int64_t, int64_t j)
                          HWY_ATTR { return kept + (j < wrap ? begin + j : j - wrap) * channels + c; };
      FourOf<kKind>(1, columns.count, size, at, output + c);
    }
  }
}

// Output row y of image n.
template <PoolKind kKind>
void Row(const float* input, const PoolGeometry& g, int64_t n, int64_t y, float* output) {
  const int64_t channels = g.channels;
  const int64_t line = g.in_w * channels;
  const Span rows = SpanOf(y * g.stride_h - g.pad_top, g.k_h, g.in_h);
  const float* first = input + (n * g.in_h + rows.begin) * line;
  const int64_t together = ChannelsByColumns(g);
  int64_t shared = 0;
  while (together > 0 && shared + kFour <= channels) {
    const int64_t some = std::min(together, (channels - shared) / kFour * kFour);
    RowByColumns<kKind>(first + shared, rows.count, g, some, output + shared);
    shared += some;
  }
  if (shared == channels) return;
  for (int64_t x = 0; x < g.out_w; ++x, output += channels) {
    const Span columns = ColumnsOf(g, x);
    const float size = SizeOf<kKind>(rows.count, columns.count);
    const auto at = [&](int64_t c) {
      const float* from = first + columns.begin * channels + c;
      return [=](int64_t i, int64_t j) HWY_ATTR { return from + i * line + j * channels; };
    };
    int64_t c = shared;
    for (; c + kFour <= channels; c += kFour) FourOf<kKind>(rows.count, columns.count, size, at(c), output + c);
    for (; c < channels; c += kLanes) {
      SomeOf<kKind>(rows.count, columns.count, size, at(c), channels - c, output + c);
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

// Depthwise convolution with a dense 3x3 or 5x5 filter. Per-target: included once for each target by the files that use
// it.
//
// A block of the output, one or two rows of up to four pixels, stays in registers for one vector of channels after the
// other; each input vector is loaded once and used for all sums it belongs to. Filter rows and columns outside the
// input are left out, so that borders take the same way. Every sum takes its products in the filter's order.
#include <algorithm>
#include <cstdint>

#include "engine/kernels/depthwise.h"

#if defined(RIVULET_ENGINE_KERNELS_DEPTHWISE_SQUARE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DEPTHWISE_SQUARE_INL_H_
#undef RIVULET_ENGINE_KERNELS_DEPTHWISE_SQUARE_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_SQUARE_INL_H_
#endif

#include "engine/base/built_uses.h"
#include "engine/base/small.h"
#include "engine/kernels/depthwise_finish-inl.h"
#include "engine/kernels/epilogue-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
#if HWY_ARCH_ARM || (HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86)
constexpr bool kManyRegisters = true;
#else
constexpr bool kManyRegisters = false;
#endif

// The input under a block. Rows and columns count from the block's first, which may lie outside; those inside are
// [top, bottom) and [left, right).
struct Patch {
  const float* input;   // row 0, column 0
  const float* filter;  // [taps, taps, channels]
  int64_t row;          // floats from one input row to the next
  int64_t pixel;
  int64_t top, bottom, left, right;
  int64_t output_row;
};

// Adds what one input row gives to the sums u of an output row, by the filter's row f, and to the sums v of the next
// output row, by the row g. Columns outside [left, right) are none.
template <int kTaps, int kStride, int kColumns, bool kUpper, bool kLower>
RIVULET_INNER void AddRow(const float* from, int64_t pixel, int64_t left, int64_t right, V f0, V f1, V f2, V f3, V f4,
                          V g0, V g1, V g2, V g3, V g4, V& u0, V& u1, V& u2, V& u3, V& v0, V& v1, V& v2, V& v3) {
  const D d;
  constexpr int kLast = (kColumns - 1) * kStride + kTaps - 1;
  constexpr int kOutside = kTaps / 2;  // columns at each side that may be
#define RIVULET_PICK(of) (kTap == 0 ? of##0 : kTap == 1 ? of##1 : kTap == 2 ? of##2 : kTap == 3 ? of##3 : of##4)
#define RIVULET_TAP(column, i)                                                           \
  if constexpr (i < kColumns && column >= i * kStride && column < i * kStride + kTaps) { \
    constexpr int kTap = column - i * kStride;                                           \
    if constexpr (kUpper) u##i = hn::MulAdd(x, RIVULET_PICK(f), u##i);                   \
    if constexpr (kLower) v##i = hn::MulAdd(x, RIVULET_PICK(g), v##i);                   \
  }
#define RIVULET_COLUMN(column)                                                                      \
  if constexpr (column <= kLast) {                                                                  \
    if ((column >= kOutside || column >= left) && (column <= kLast - kOutside || column < right)) { \
      const V x = hn::LoadU(d, from + column * pixel);                                              \
      RIVULET_TAP(column, 0) RIVULET_TAP(column, 1) RIVULET_TAP(column, 2) RIVULET_TAP(column, 3)   \
    }                                                                                               \
  }
  RIVULET_COLUMN(0)
  RIVULET_COLUMN(1)
  RIVULET_COLUMN(2)
  RIVULET_COLUMN(3)
  RIVULET_COLUMN(4)
  RIVULET_COLUMN(5)
  RIVULET_COLUMN(6)
  RIVULET_COLUMN(7)
  RIVULET_COLUMN(8)
  RIVULET_COLUMN(9)
  RIVULET_COLUMN(10)
#undef RIVULET_COLUMN
#undef RIVULET_TAP
#undef RIVULET_PICK
}

// The same for input rows [begin, end) under a filter whose rows do not all fit the registers.
template <int kStride, int kColumns, bool kUpper, bool kLower>
RIVULET_INNER void AddRowsOfFive(const Patch& p, int64_t begin, int64_t end, int64_t channel, int64_t channels, V& u0,
                                 V& u1, V& u2, V& u3, V& v0, V& v1, V& v2, V& v3) {
  const D d;
  const V zero = hn::Zero(d);
  const float* from = p.input + begin * p.row + channel;
  const float* f = p.filter + begin * 5 * channels + channel;
  for (int64_t row = begin; row < end; ++row, from += p.row, f += 5 * channels) {
    const float* g = kLower ? f - kStride * 5 * channels : f;
#define RIVULET_FILTER(tap)                                          \
  const V f##tap = kUpper ? hn::LoadU(d, f + (tap)*channels) : zero; \
  const V g##tap = kLower ? hn::LoadU(d, g + (tap)*channels) : zero;
    RIVULET_FILTER(0)
    RIVULET_FILTER(1)
    RIVULET_FILTER(2)
    RIVULET_FILTER(3)
    RIVULET_FILTER(4)
#undef RIVULET_FILTER
    AddRow<5, kStride, kColumns, kUpper, kLower>(from, p.pixel, p.left, p.right, f0, f1, f2, f3, f4, g0, g1, g2, g3, g4,
                                                 u0, u1, u2, u3, v0, v1, v2, v3);
  }
}

// The sums of some neighbouring pixels, from the one at `at` on.
template <int kColumns>
RIVULET_INNER void FinishPixels(V s0, V s1, V s2, V s3, V bias, V lo, V hi, const Out& out, int64_t at, int64_t channel,
                                int64_t channels) {
  const D d;
  if (out.addend != nullptr || out.bounds.leaky) {
    Finish(s0, out, at, channel, kLanes);
    if constexpr (kColumns > 1) Finish(s1, out, at + channels, channel, kLanes);
    if constexpr (kColumns > 2) Finish(s2, out, at + 2 * channels, channel, kLanes);
    if constexpr (kColumns > 3) Finish(s3, out, at + 3 * channels, channel, kLanes);
    return;
  }
  float* c = out.c + at;
  hn::StoreU(Clamp(hn::Add(s0, bias), lo, hi), d, c);
  if constexpr (kColumns > 1) hn::StoreU(Clamp(hn::Add(s1, bias), lo, hi), d, c + channels);
  if constexpr (kColumns > 2) hn::StoreU(Clamp(hn::Add(s2, bias), lo, hi), d, c + 2 * channels);
  if constexpr (kColumns > 3) hn::StoreU(Clamp(hn::Add(s3, bias), lo, hi), d, c + 3 * channels);
}

// All channels of a block under a filter of three rows, which stay in registers. The last vector overlaps the one
// before where the channels do not fill it.
template <int kStride, int kColumns, bool kTwoRows>
HWY_NOINLINE void BlockOfThree(const Patch& patch, int64_t channels, const Out& to) {
  const D d;
  const Patch p = patch;
  const Out out = to;
  const V lo = hn::Set(d, out.bounds.lo);
  const V hi = hn::Set(d, out.bounds.hi);
  for (int64_t next = 0; next < channels; next += kLanes) {
    const int64_t channel = std::min(next, channels - kLanes);
    const float* filter = p.filter + channel;
    const V z = hn::Zero(d);
#define RIVULET_FILTER(row)                                            \
  const V f##row##0 = hn::LoadU(d, filter + (3 * row) * channels);     \
  const V f##row##1 = hn::LoadU(d, filter + (3 * row + 1) * channels); \
  const V f##row##2 = hn::LoadU(d, filter + (3 * row + 2) * channels);
    RIVULET_FILTER(0)
    RIVULET_FILTER(1)
    RIVULET_FILTER(2)
#undef RIVULET_FILTER
    V u0 = z, u1 = z, u2 = z, u3 = z, v0 = z, v1 = z, v2 = z, v3 = z;
    const float* from = p.input + channel;
#define RIVULET_ROW(i, upper, lower, f, g)                                                                         \
  if (i >= p.top && i < p.bottom) {                                                                                \
    AddRow<3, kStride, kColumns, upper, lower>(from + i * p.row, p.pixel, p.left, p.right, f##0, f##1, f##2, z, z, \
                                               g##0, g##1, g##2, z, z, u0, u1, u2, u3, v0, v1, v2, v3);            \
  }
    RIVULET_ROW(0, true, false, f0, f0)
    if constexpr (!kTwoRows) {
      RIVULET_ROW(1, true, false, f1, f1)
      RIVULET_ROW(2, true, false, f2, f2)
    } else if constexpr (kStride == 1) {
      RIVULET_ROW(1, true, true, f1, f0)
      RIVULET_ROW(2, true, true, f2, f1)
      RIVULET_ROW(3, false, true, f2, f2)
    } else {
      RIVULET_ROW(1, true, false, f1, f1)
      RIVULET_ROW(2, true, true, f2, f0)
      RIVULET_ROW(3, false, true, f1, f1)
      RIVULET_ROW(4, false, true, f2, f2)
    }
#undef RIVULET_ROW
    const V bias = out.bias != nullptr ? hn::LoadU(d, out.bias + channel) : z;
    FinishPixels<kColumns>(u0, u1, u2, u3, bias, lo, hi, out, channel, channel, channels);
    if constexpr (kTwoRows) {
      FinishPixels<kColumns>(v0, v1, v2, v3, bias, lo, hi, out, channel + p.output_row, channel, channels);
    }
  }
}

// The same under a filter of five.
template <int kStride, int kColumns, bool kTwoRows>
HWY_NOINLINE void BlockOfFive(const Patch& patch, int64_t channels, const Out& to) {
  const D d;
  const Patch p = patch;
  const Out out = to;
  const V lo = hn::Set(d, out.bounds.lo);
  const V hi = hn::Set(d, out.bounds.hi);
  // Rows that only the upper output row sees, that both see, and that only the lower one sees.
  const int64_t top = std::max<int64_t>(p.top, 0);
  const int64_t upper = std::clamp<int64_t>(kTwoRows ? kStride : 5, top, std::max(p.bottom, top));
  const int64_t both = std::clamp<int64_t>(5, upper, std::max(p.bottom, upper));
  const int64_t lower = std::clamp<int64_t>(5 + kStride, both, std::max(p.bottom, both));
  for (int64_t next = 0; next < channels; next += kLanes) {
    const int64_t channel = std::min(next, channels - kLanes);
    V u0 = hn::Zero(d), u1 = u0, u2 = u0, u3 = u0, v0 = u0, v1 = u0, v2 = u0, v3 = u0;
    AddRowsOfFive<kStride, kColumns, true, false>(p, top, upper, channel, channels, u0, u1, u2, u3, v0, v1, v2, v3);
    if constexpr (kTwoRows) {
      AddRowsOfFive<kStride, kColumns, true, true>(p, upper, both, channel, channels, u0, u1, u2, u3, v0, v1, v2, v3);
      AddRowsOfFive<kStride, kColumns, false, true>(p, both, lower, channel, channels, u0, u1, u2, u3, v0, v1, v2, v3);
    }
    const V bias = out.bias != nullptr ? hn::LoadU(d, out.bias + channel) : hn::Zero(d);
    FinishPixels<kColumns>(u0, u1, u2, u3, bias, lo, hi, out, channel, channel, channels);
    if constexpr (kTwoRows) {
      FinishPixels<kColumns>(v0, v1, v2, v3, bias, lo, hi, out, channel + p.output_row, channel, channels);
    }
  }
}

template <int kTaps, int kStride, int kColumns, bool kTwoRows>
HWY_INLINE void BlockOfPixels(const Patch& p, int64_t channels, const Out& out) {
  if constexpr (kTaps == 3) {
    BlockOfThree<kStride, kColumns, kTwoRows>(p, channels, out);
  } else {
    BlockOfFive<kStride, kColumns, kTwoRows>(p, channels, out);
  }
}

template <int kTaps, int kStride, bool kTwoRows>
HWY_INLINE void BlockOf(int64_t columns, const Patch& p, int64_t channels, const Out& out) {
  if constexpr (!kIsSmall) {
    if (columns == 2) return BlockOfPixels<kTaps, kStride, 2, kTwoRows>(p, channels, out);
    if (columns == 3) return BlockOfPixels<kTaps, kStride, 3, kTwoRows>(p, channels, out);
  }
  columns == 1 ? BlockOfPixels<kTaps, kStride, 1, kTwoRows>(p, channels, out)
               : BlockOfPixels<kTaps, kStride, 4, kTwoRows>(p, channels, out);
}

// Two rows of sums, and for each a row of a filter of five, want more than sixteen registers.
constexpr int64_t kMostSquareTaps = kManyRegisters && kUses.depthwise3x3_channels < kLanes ? 5 : 3;

// Whether RowsOfSquare can do this: no more padding at any side than half of the filter, and channels that fill a
// vector. An addend that is the output must not be added twice where vectors overlap.
HWY_INLINE bool TakesSquare(const DepthwiseGeometry& g, const Epilogue& epilogue) {
  if (kLanes == 1) return false;  // of processors without vectors only the size of their code counts
  if (g.k_h != g.k_w || (g.k_w != 3 && g.k_w != kMostSquareTaps)) return false;
  const int64_t right = (g.out_w - 1) * g.stride_w - g.pad_left + g.k_w - 1;
  return g.dilation_h == 1 && g.dilation_w == 1 && g.multiplier == 1 && g.stride_h == g.stride_w && g.stride_w <= 2 &&
         g.pad_left >= 0 && g.pad_left <= g.k_w / 2 && right < g.in_w + g.k_w / 2 && g.in_c >= kLanes &&
         (g.in_c % kLanes == 0 || epilogue.addend == nullptr);
}

template <int kTaps>
HWY_INLINE void BlockOfSquare(int64_t columns, int64_t stride, bool two, const Patch& p, int64_t channels,
                              const Out& out) {
  if (stride == 1) {
    two ? BlockOf<kTaps, 1, true>(columns, p, channels, out) : BlockOf<kTaps, 1, false>(columns, p, channels, out);
  } else {
    two ? BlockOf<kTaps, 2, true>(columns, p, channels, out) : BlockOf<kTaps, 2, false>(columns, p, channels, out);
  }
}

// Output row y of image n, and the next one too if `two`.
HWY_INLINE void RowsOfSquare(const float* input, const float* filter, const DepthwiseGeometry& g,
                             const Epilogue& epilogue, float* output, int64_t n, int64_t y, bool two) {
  const int64_t channels = g.in_c;
  const int64_t in_y = y * g.stride_h - g.pad_top;
  Patch p;
  p.filter = filter;
  p.row = g.in_w * channels;
  p.pixel = channels;
  p.top = -in_y;
  p.bottom = g.in_h - in_y;
  p.output_row = g.out_w * channels;
  for (int64_t next = 0; next < g.out_w;) {
    const ColumnsOfBlock block = NextColumns(next, g.out_w, 4, epilogue);
    const int64_t x = block.first;
    const int64_t columns = block.count;
    next = x + columns;
    const int64_t in_x = x * g.stride_w - g.pad_left;
    p.input = input + ((n * g.in_h + in_y) * g.in_w + in_x) * channels;
    p.left = -in_x;
    p.right = g.in_w - in_x;
    const int64_t at = ((n * g.out_h + y) * g.out_w + x) * channels;
    const Out out{output + at, epilogue.bias, epilogue.addend != nullptr ? epilogue.addend + at : nullptr,
                  ActivationBounds(epilogue.activation)};
    if constexpr (kMostSquareTaps == 5) {
      if (g.k_w == 5) {
        BlockOfSquare<5>(columns, g.stride_w, two, p, channels, out);
        continue;
      }
    }
    BlockOfSquare<3>(columns, g.stride_w, two, p, channels, out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

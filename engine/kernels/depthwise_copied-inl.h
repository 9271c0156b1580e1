// Depthwise convolution with any filter, one a channel. Per-target: included once for each target by the files that use
// it.
//
// For one vector of channels, the input rows under an output row are copied side by side, with the zeros around them: a
// ring of rows, each copied once. So the borders are as any other place, what is read next lies next, and eight sums
// are under way at a time. Every sum takes its products in the filter's order.
#include <algorithm>
#include <cstdint>

#include "engine/kernels/depthwise.h"

#ifndef RIVULET_ENGINE_KERNELS_DEPTHWISE_COPIED_ONCE
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_COPIED_ONCE
namespace rivulet {
namespace depthwise_copied {

constexpr int64_t kRingFloats = 4096;
constexpr int64_t kFilterFloats = 2048;
constexpr int64_t kMostRows = 64;  // of the filter
constexpr int64_t kLeastWidth = 8;

}  // namespace depthwise_copied
}  // namespace rivulet
#endif

#if defined(RIVULET_ENGINE_KERNELS_DEPTHWISE_COPIED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DEPTHWISE_COPIED_INL_H_
#undef RIVULET_ENGINE_KERNELS_DEPTHWISE_COPIED_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_COPIED_INL_H_
#endif

#include "engine/kernels/depthwise_finish-inl.h"
#include "engine/kernels/epilogue-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {

// Rows and columns of the input that one output sees, those between the taps too.
HWY_INLINE int64_t ReachH(const DepthwiseGeometry& g) { return (g.k_h - 1) * g.dilation_h + 1; }
HWY_INLINE int64_t ReachW(const DepthwiseGeometry& g) { return (g.k_w - 1) * g.dilation_w + 1; }

// Output columns whose input fits the ring.
HWY_INLINE int64_t CopiedWidth(const DepthwiseGeometry& g) {
  const int64_t pixels = depthwise_copied::kRingFloats / kLanes / ReachH(g);
  return pixels < ReachW(g) ? 0 : std::min((pixels - ReachW(g)) / g.stride_w + 1, g.out_w);
}

HWY_INLINE bool TakesCopied(const DepthwiseGeometry& g) {
  if (g.multiplier != 1 || g.k_h < 1 || g.k_w < 1 || g.k_h > depthwise_copied::kMostRows) return false;
  constexpr int64_t kFar = depthwise_copied::kRingFloats;
  if (g.k_w > kFar || g.dilation_h > kFar || g.dilation_w > kFar) return false;
  return g.k_h * g.k_w * kLanes <= depthwise_copied::kFilterFloats &&
         CopiedWidth(g) >= std::min(g.out_w, depthwise_copied::kLeastWidth);
}

#define RIVULET_PIXELS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

// kPixels neighbouring outputs. `rows` are those of the ring under the filter's rows, from the first output's input on.
template <int kPixels>
HWY_NOINLINE void CopiedBlock(const float* const* rows, const float* HWY_RESTRICT filter, const DepthwiseGeometry& g,
                              int64_t from, const Out& out, int64_t at, int64_t channel, int64_t count) {
  const D d;
#define RIVULET_DECLARE(i) V s##i = hn::Zero(d);
  RIVULET_PIXELS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  const int64_t pixel = g.stride_w * kLanes;
  const int64_t tap = g.dilation_w * kLanes;
  const int64_t taps_w = g.k_w;
  for (int64_t y = 0; y < g.k_h; ++y) {
    const float* HWY_RESTRICT input = rows[y] + from;
    for (int64_t x = 0; x < taps_w; ++x, input += tap, filter += kLanes) {
      const V f = hn::Load(d, filter);
#define RIVULET_ADD(i) \
  if constexpr (i < kPixels) s##i = hn::MulAdd(hn::LoadU(d, input + i * pixel), f, s##i);
      RIVULET_PIXELS(RIVULET_ADD)
#undef RIVULET_ADD
    }
  }
  const int64_t channels = g.in_c;
#define RIVULET_FINISH(i) \
  if constexpr (i < kPixels) Finish(s##i, out, at + i * channels, channel, count);
  RIVULET_PIXELS(RIVULET_FINISH)
#undef RIVULET_FINISH
}

// Whether the rows under a filter's row lie one vector after the other, and are long enough for what follows.
HWY_INLINE bool TakesSevens(const DepthwiseGeometry& g) { return g.k_w >= 7 && g.stride_w == 1 && g.dilation_w == 1; }

#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86 || HWY_ARCH_ARM
constexpr int64_t kSevensPixels = 8;
#else
constexpr int64_t kSevensPixels = 4;
#endif

// kSevensPixels neighbouring outputs as above where TakesSevens. Seven taps at a time meet inputs that are loaded once
// for all of them: with two loads for each product's operands less than one of the products' time is left for loads.
HWY_NOINLINE void CopiedSevens(const float* const* rows, const float* HWY_RESTRICT filter, const DepthwiseGeometry& g,
                               int64_t from, const Out& out, int64_t at, int64_t channel, int64_t count) {
  constexpr bool kEight = kSevensPixels == 8;
  const D d;
#define RIVULET_DECLARE(i) V s##i = hn::Zero(d);
  RIVULET_PIXELS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t y = 0; y < g.k_h; ++y) {
    const float* HWY_RESTRICT input = rows[y] + from;
    int64_t x = 0;
    for (; x + 7 <= g.k_w; x += 7, input += 7 * kLanes, filter += 7 * kLanes) {
#define RIVULET_LOAD(i) const V v##i = hn::LoadU(d, input + (kEight || i < 10 ? i : 0) * kLanes);
      RIVULET_LOAD(0)
      RIVULET_LOAD(1)
      RIVULET_LOAD(2)
      RIVULET_LOAD(3)
      RIVULET_LOAD(4)
      RIVULET_LOAD(5)
      RIVULET_LOAD(6)
      RIVULET_LOAD(7)
      RIVULET_LOAD(8)
      RIVULET_LOAD(9)
      RIVULET_LOAD(10)
      RIVULET_LOAD(11)
      RIVULET_LOAD(12)
      RIVULET_LOAD(13)
#undef RIVULET_LOAD
// One tap over the inputs from its own place on.
#define RIVULET_TAP(tap, i0, i1, i2, i3, i4, i5, i6, i7) \
  {                                                      \
    const V f = hn::Load(d, filter + tap * kLanes);      \
    s0 = hn::MulAdd(v##i0, f, s0);                       \
    s1 = hn::MulAdd(v##i1, f, s1);                       \
    s2 = hn::MulAdd(v##i2, f, s2);                       \
    s3 = hn::MulAdd(v##i3, f, s3);                       \
    if constexpr (kEight) {                              \
      s4 = hn::MulAdd(v##i4, f, s4);                     \
      s5 = hn::MulAdd(v##i5, f, s5);                     \
      s6 = hn::MulAdd(v##i6, f, s6);                     \
      s7 = hn::MulAdd(v##i7, f, s7);                     \
    }                                                    \
  }
      RIVULET_TAP(0, 0, 1, 2, 3, 4, 5, 6, 7)
      RIVULET_TAP(1, 1, 2, 3, 4, 5, 6, 7, 8)
      RIVULET_TAP(2, 2, 3, 4, 5, 6, 7, 8, 9)
      RIVULET_TAP(3, 3, 4, 5, 6, 7, 8, 9, 10)
      RIVULET_TAP(4, 4, 5, 6, 7, 8, 9, 10, 11)
      RIVULET_TAP(5, 5, 6, 7, 8, 9, 10, 11, 12)
      RIVULET_TAP(6, 6, 7, 8, 9, 10, 11, 12, 13)
#undef RIVULET_TAP
    }
    for (; x < g.k_w; ++x, input += kLanes, filter += kLanes) {
      const V f = hn::Load(d, filter);
#define RIVULET_ADD(i) \
  if constexpr (i < kSevensPixels) s##i = hn::MulAdd(hn::LoadU(d, input + i * kLanes), f, s##i);
      RIVULET_PIXELS(RIVULET_ADD)
#undef RIVULET_ADD
    }
  }
  const int64_t channels = g.in_c;
#define RIVULET_FINISH(i) \
  if constexpr (i < kSevensPixels) Finish(s##i, out, at + i * channels, channel, count);
  RIVULET_PIXELS(RIVULET_FINISH)
#undef RIVULET_FINISH
}
#undef RIVULET_PIXELS

HWY_INLINE void CopiedPixels(int64_t pixels, const float* const* rows, const float* filter, const DepthwiseGeometry& g,
                             int64_t from, const Out& out, int64_t at, int64_t channel, int64_t count) {
  if constexpr (!kIsSmall) {
    switch (pixels) {
      case 2: return CopiedBlock<2>(rows, filter, g, from, out, at, channel, count);
      case 3: return CopiedBlock<3>(rows, filter, g, from, out, at, channel, count);
      case 4: return CopiedBlock<4>(rows, filter, g, from, out, at, channel, count);
      case 5: return CopiedBlock<5>(rows, filter, g, from, out, at, channel, count);
      case 6: return CopiedBlock<6>(rows, filter, g, from, out, at, channel, count);
      case 7: return CopiedBlock<7>(rows, filter, g, from, out, at, channel, count);
      default: break;
    }
  }
  pixels == 1 ? CopiedBlock<1>(rows, filter, g, from, out, at, channel, count)
              : CopiedBlock<8>(rows, filter, g, from, out, at, channel, count);
}

// The floats of `count` codes, at most a vector of them.
HWY_INLINE V FloatsOfCodes(const DepthwiseSource& source, const uint8_t* codes, int64_t count) {
  const D d;
  const hn::Rebind<uint8_t, D> d8;
  const auto bytes = count == kLanes ? hn::LoadU(d8, codes) : hn::LoadN(d8, codes, static_cast<size_t>(count));
  const V code = hn::ConvertTo(d, hn::PromoteTo(hn::RebindToSigned<D>(), bytes));
  return hn::Add(hn::Mul(code, hn::Set(d, source.factor)), hn::Set(d, source.term));
}

// `pixels` pixels of an input row from column `x` on, `count` channels of them. `row`: where that row's channels begin;
// negative: a row outside.
HWY_INLINE void CopyPixels(const DepthwiseGeometry& g, const DepthwiseSource& source, int64_t row, int64_t x,
                           int64_t pixels, int64_t count, float* HWY_RESTRICT to) {
  const D d;
  const int64_t left = row < 0 ? pixels : std::clamp<int64_t>(-x, 0, pixels);
  const int64_t right = std::clamp<int64_t>(g.in_w - x, left, pixels);
  int64_t i = 0;
  for (; i < left; ++i, to += kLanes) hn::Store(hn::Zero(d), d, to);
  const int64_t first = left < right ? row + (x + left) * g.in_c : 0;
  if (source.codes != nullptr) {
    const uint8_t* from = source.codes + first;
    for (; i < right; ++i, to += kLanes, from += g.in_c) hn::Store(FloatsOfCodes(source, from, count), d, to);
  } else if (count == kLanes) {
    const float* from = source.floats + first;
    for (; i < right; ++i, to += kLanes, from += g.in_c) hn::Store(hn::LoadU(d, from), d, to);
  } else {
    const float* from = source.floats + first;
    for (; i < right; ++i, to += kLanes, from += g.in_c) hn::Store(LoadSome(from, count), d, to);
  }
  for (; i < pixels; ++i, to += kLanes) hn::Store(hn::Zero(d), d, to);
}

// Output rows [begin, end) of image n, the vector of channels from `channel` on.
HWY_INLINE void RowsCopied(const DepthwiseSource& source, const float* filter, const DepthwiseGeometry& g,
                           const Epilogue& epilogue, float* output, int64_t n, int64_t channel, int64_t begin,
                           int64_t end) {
  HWY_ALIGN float ring[depthwise_copied::kRingFloats];
  HWY_ALIGN float taps[depthwise_copied::kFilterFloats];
  const D d;
  const int64_t count = std::min(kLanes, g.in_c - channel);
  for (int64_t i = 0; i < g.k_h * g.k_w; ++i) {
    hn::Store(LoadSome(filter + i * g.in_c + channel, count), d, taps + i * kLanes);
  }
  const int64_t ring_rows = ReachH(g);
  const int64_t width = CopiedWidth(g);
  for (int64_t left = 0; left < g.out_w; left += width) {
    const int64_t columns = std::min(width, g.out_w - left);
    const int64_t pixels = (columns - 1) * g.stride_w + ReachW(g);
    const int64_t row_floats = pixels * kLanes;
    const int64_t first_x = left * g.stride_w - g.pad_left;
    // Rows are counted from the first that the first output row sees, inside the input or not.
    int64_t copied = begin * g.stride_h;
    for (int64_t y = begin; y < end; ++y) {
      const int64_t top = y * g.stride_h;
      for (copied = std::max(copied, top); copied < top + ring_rows; ++copied) {
        const int64_t in_y = copied - g.pad_top;
        const bool inside = in_y >= 0 && in_y < g.in_h;
        const int64_t row = inside ? (n * g.in_h + in_y) * g.in_w * g.in_c + channel : -1;
        CopyPixels(g, source, row, first_x, pixels, count, ring + copied % ring_rows * row_floats);
      }
      const float* rows[depthwise_copied::kMostRows];
      for (int64_t i = 0; i < g.k_h; ++i) rows[i] = ring + (top + i * g.dilation_h) % ring_rows * row_floats;
      const int64_t at = ((n * g.out_h + y) * g.out_w + left) * g.in_c;
      const Out out{output + at, epilogue.bias, epilogue.addend != nullptr ? epilogue.addend + at : nullptr,
                    ActivationBounds(epilogue.activation)};
      int64_t x = 0;
      for (; TakesSevens(g) && x + kSevensPixels <= columns; x += kSevensPixels) {
        CopiedSevens(rows, taps, g, x * kLanes, out, x * g.in_c + channel, channel, count);
      }
      while (x < columns) {
        const ColumnsOfBlock block = NextColumns(x, columns, 8, epilogue);
        CopiedPixels(block.count, rows, taps, g, block.first * g.stride_w * kLanes, out, block.first * g.in_c + channel,
                     channel, count);
        x = block.first + block.count;
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

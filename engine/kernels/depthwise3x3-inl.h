// Depthwise convolution with a dense 3x3 filter. Per-target: included once for each target by the files that use it.
//
// A block of the output, one or two rows of up to four pixels, stays in registers for one vector of channels after the
// other; each input vector is loaded once and used for all sums it belongs to. Filter rows and columns outside the
// input are left out, so that borders take the same way. Every sum takes its products in the filter's order.
#include <algorithm>
#include <cstdint>

#include "engine/kernels/depthwise.h"

#if defined(RIVULET_ENGINE_KERNELS_DEPTHWISE3X3_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DEPTHWISE3X3_INL_H_
#undef RIVULET_ENGINE_KERNELS_DEPTHWISE3X3_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DEPTHWISE3X3_INL_H_
#endif

#include "engine/kernels/epilogue-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
// Inlined into each other, the instrumented functions take a compiler minutes.
#if HWY_IS_ASAN || HWY_IS_TSAN || HWY_IS_MSAN
#define RIVULET_INNER HWY_NOINLINE
#else
#define RIVULET_INNER HWY_INLINE
#endif

// Where a block's results go: bias from the first channel on, the rest at its first pixel.
struct Out {
  float* c;
  const float* bias;
  const float* addend;
  ActivationBounds bounds;
};

// Loading and storing a part of a vector is long code but for targets with masks, so it is there once.
#if HWY_HAVE_SCALABLE || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
#define RIVULET_PART RIVULET_INNER
#else
#define RIVULET_PART HWY_NOINLINE
#endif
RIVULET_PART void FinishPart(V sum, const Out& out, int64_t at, int64_t channel, int64_t count) {
  if (out.bias != nullptr) sum = hn::Add(sum, LoadSome(out.bias + channel, count));
  if (out.addend != nullptr) sum = hn::Add(sum, LoadSome(out.addend + at, count));
  StoreSome(Activate(sum, out.bounds), count, out.c + at);
}

#undef RIVULET_PART

RIVULET_INNER void Finish(V sum, const Out& out, int64_t at, int64_t channel, int64_t count) {
  if (count < kLanes) return FinishPart(sum, out, at, channel, count);
  const D d;
  if (out.bias != nullptr) sum = hn::Add(sum, hn::LoadU(d, out.bias + channel));
  if (out.addend != nullptr) sum = hn::Add(sum, hn::LoadU(d, out.addend + at));
  hn::StoreU(Activate(sum, out.bounds), d, out.c + at);
}

// The input under a block. Rows and columns count from the block's first, which may lie outside; those inside are
// [top, bottom), and all columns but perhaps the first and the last.
struct Patch {
  const float* input;   // row 0, column 0
  const float* filter;  // [3, 3, channels]
  int64_t row;          // floats from one input row to the next
  int64_t pixel;
  int64_t top;
  int64_t bottom;
  bool first_column;
  bool last_column;
  int64_t output_row;
};

// Adds what one input row gives to the sums u of an output row, by filter row `f`, and to the sums v of the next output
// row, by filter row `g`; null where it gives nothing.
template <int kStride, int kColumns, bool kUpper, bool kLower>
RIVULET_INNER void AddRow(const Patch& p, const float* from, const float* f, const float* g, int64_t channels, V& u0,
                          V& u1, V& u2, V& u3, V& v0, V& v1, V& v2, V& v3) {
  const D d;
  constexpr int kLast = (kColumns - 1) * kStride + 2;
  const V zero = hn::Zero(d);
  const V f0 = kUpper ? hn::LoadU(d, f) : zero;
  const V f1 = kUpper ? hn::LoadU(d, f + channels) : zero;
  const V f2 = kUpper ? hn::LoadU(d, f + 2 * channels) : zero;
  const V g0 = kLower ? hn::LoadU(d, g) : zero;
  const V g1 = kLower ? hn::LoadU(d, g + channels) : zero;
  const V g2 = kLower ? hn::LoadU(d, g + 2 * channels) : zero;
#define RIVULET_TAP(column, i)                                                              \
  if constexpr (i < kColumns && column >= i * kStride && column <= i * kStride + 2) {       \
    constexpr int kTap = column - i * kStride;                                              \
    if constexpr (kUpper) u##i = hn::MulAdd(x, kTap == 0 ? f0 : kTap == 1 ? f1 : f2, u##i); \
    if constexpr (kLower) v##i = hn::MulAdd(x, kTap == 0 ? g0 : kTap == 1 ? g1 : g2, v##i); \
  }
#define RIVULET_COLUMN(column)                                                                    \
  if constexpr (column <= kLast) {                                                                \
    if ((column > 0 || p.first_column) && (column < kLast || p.last_column)) {                    \
      const V x = hn::LoadU(d, from + column * p.pixel);                                          \
      RIVULET_TAP(column, 0) RIVULET_TAP(column, 1) RIVULET_TAP(column, 2) RIVULET_TAP(column, 3) \
    }                                                                                             \
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
#undef RIVULET_COLUMN
#undef RIVULET_TAP
}

// All channels of a block. The last vector overlaps the one before where the channels do not fill it.
template <int kStride, int kColumns, bool kTwoRows>
HWY_NOINLINE void Block3x3(const Patch& p, int64_t channels, const Out& out) {
  const D d;
  constexpr int kInRows = kTwoRows ? kStride + 3 : 3;
  for (int64_t next = 0; next < channels; next += kLanes) {
    const int64_t channel = std::min(next, channels - kLanes);
    V u0 = hn::Zero(d), u1 = u0, u2 = u0, u3 = u0, v0 = u0, v1 = u0, v2 = u0, v3 = u0;
    const float* from = p.input + channel;
    const float* filter = p.filter + channel;
    const int64_t filter_row = 3 * channels;
#define RIVULET_ROW(i)                                                                                                \
  if constexpr (i < kInRows) {                                                                                        \
    if (i >= p.top && i < p.bottom) {                                                                                 \
      constexpr bool kUpper = i < 3;                                                                                  \
      constexpr bool kLower = kTwoRows && i >= kStride;                                                               \
      const float* f = kUpper ? filter + i * filter_row : nullptr;                                                    \
      const float* g = kLower ? filter + (i - kStride) * filter_row : nullptr;                                        \
      AddRow<kStride, kColumns, kUpper, kLower>(p, from + i * p.row, f, g, channels, u0, u1, u2, u3, v0, v1, v2, v3); \
    }                                                                                                                 \
  }
    RIVULET_ROW(0)
    RIVULET_ROW(1)
    RIVULET_ROW(2)
    RIVULET_ROW(3)
    RIVULET_ROW(4)
#undef RIVULET_ROW
    Finish(u0, out, channel, channel, kLanes);
    if constexpr (kColumns > 1) Finish(u1, out, channel + channels, channel, kLanes);
    if constexpr (kColumns > 2) Finish(u2, out, channel + 2 * channels, channel, kLanes);
    if constexpr (kColumns > 3) Finish(u3, out, channel + 3 * channels, channel, kLanes);
    if constexpr (kTwoRows) {
      const int64_t at = channel + p.output_row;
      Finish(v0, out, at, channel, kLanes);
      if constexpr (kColumns > 1) Finish(v1, out, at + channels, channel, kLanes);
      if constexpr (kColumns > 2) Finish(v2, out, at + 2 * channels, channel, kLanes);
      if constexpr (kColumns > 3) Finish(v3, out, at + 3 * channels, channel, kLanes);
    }
  }
}

template <int kStride, bool kTwoRows>
HWY_INLINE void BlockOf(int64_t columns, const Patch& p, int64_t channels, const Out& out) {
  switch (columns) {
    case 1: return Block3x3<kStride, 1, kTwoRows>(p, channels, out);
    case 2: return Block3x3<kStride, 2, kTwoRows>(p, channels, out);
    case 3: return Block3x3<kStride, 3, kTwoRows>(p, channels, out);
    default: return Block3x3<kStride, 4, kTwoRows>(p, channels, out);
  }
}

// Whether Rows3x3 can do this: at most one row or column of padding at each side, and channels that fill a vector. An
// addend that is the output must not be added twice where vectors overlap.
HWY_INLINE bool Takes3x3(const DepthwiseGeometry& g, const Epilogue& epilogue) {
  if (kLanes == 1) return false;  // of processors without vectors only the size of their code counts
  const int64_t right = (g.out_w - 1) * g.stride_w - g.pad_left + 2;
  return g.k_h == 3 && g.k_w == 3 && g.dilation_h == 1 && g.dilation_w == 1 && g.multiplier == 1 &&
         g.stride_h == g.stride_w && g.stride_w <= 2 && g.pad_left >= 0 && g.pad_left <= 1 && right <= g.in_w &&
         g.in_c >= kLanes && (g.in_c % kLanes == 0 || epilogue.addend == nullptr);
}

// Output row y of image n, and the next one too if `two`.
HWY_INLINE void Rows3x3(const float* input, const float* filter, const DepthwiseGeometry& g, const Epilogue& epilogue,
                        float* output, int64_t n, int64_t y, bool two) {
  const int64_t channels = g.in_c;
  const int64_t in_y = y * g.stride_h - g.pad_top;
  Patch p;
  p.filter = filter;
  p.row = g.in_w * channels;
  p.pixel = channels;
  p.top = -in_y;
  p.bottom = g.in_h - in_y;
  p.output_row = g.out_w * channels;
  for (int64_t x = 0; x < g.out_w; x += 4) {
    const int64_t columns = std::min<int64_t>(g.out_w - x, 4);
    const int64_t in_x = x * g.stride_w - g.pad_left;
    const int64_t last = in_x + (columns - 1) * g.stride_w + 2;
    p.input = input + ((n * g.in_h + in_y) * g.in_w + in_x) * channels;
    p.first_column = in_x >= 0;
    p.last_column = last < g.in_w;
    const int64_t at = ((n * g.out_h + y) * g.out_w + x) * channels;
    const Out out{output + at, epilogue.bias, epilogue.addend != nullptr ? epilogue.addend + at : nullptr,
                  ActivationBounds(epilogue.activation)};
    if (g.stride_w == 1) {
      two ? BlockOf<1, true>(columns, p, channels, out) : BlockOf<1, false>(columns, p, channels, out);
    } else {
      two ? BlockOf<2, true>(columns, p, channels, out) : BlockOf<2, false>(columns, p, channels, out);
    }
  }
}

#undef RIVULET_INNER
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

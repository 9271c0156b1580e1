// Sums of a convolution in groups: some neighbouring pixels of a vector of output channels. Per-target: included once
// for each target by the files that use it.
#include <algorithm>
#include <cstdint>

#include "engine/kernels/conv.h"

#ifndef RIVULET_ENGINE_KERNELS_CONV_GROUPS_SUMS_ONCE
#define RIVULET_ENGINE_KERNELS_CONV_GROUPS_SUMS_ONCE
namespace rivulet {
namespace conv_groups {

constexpr int64_t kMostRows = 16;   // of the filter
constexpr int64_t kMostWidth = 16;  // channels of a group

// Where a tile's input lies: element (i, j) of the filter under pixel p starts at rows[i] + (p * stride_w + j *
// dilation_w) * step[i].
struct Source {
  const float* rows[kMostRows];
  int64_t step[kMostRows];
};

}  // namespace conv_groups
}  // namespace rivulet
#endif

#if defined(RIVULET_ENGINE_KERNELS_CONV_GROUPS_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_CONV_GROUPS_SUMS_INL_H_
#undef RIVULET_ENGINE_KERNELS_CONV_GROUPS_SUMS_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_CONV_GROUPS_SUMS_INL_H_
#endif

#include "engine/kernels/epilogue-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {

// Pixels of a tile: the sums, three vectors of the filter, the lanes' places and an input vector fit the registers.
constexpr int kFewPixels = 7;
#if HWY_ARCH_ARM || (HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86)
constexpr int kManyPixels = 14;
#else
constexpr int kManyPixels = kFewPixels;
#endif

// For each channel of a group, where each lane finds that of its own group. None where a group fills a vector.
struct Places {
  explicit Places(int64_t width) {
    if (width >= kLanes) return;
    std::fill_n(at, width * kLanes, 0);
    for (int64_t group = 0; group + width <= kLanes; group += width) {
      for (int64_t i = 0; i < width; ++i) std::fill_n(at + i * kLanes + group, width, static_cast<int32_t>(group + i));
    }
  }
  HWY_ALIGN int32_t at[conv_groups::kMostWidth * kLanes];
};

#define RIVULET_PIXELS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6)
#define RIVULET_MORE_PIXELS(X) RIVULET_PIXELS(X) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define RIVULET_COLUMNS_0(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define RIVULET_COLUMNS_10(X) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19)
#define RIVULET_COLUMNS_20(X) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28)

// sums[pixel] of kFewPixels, kLanes output channels each. kNarrow: a group has fewer channels than there are lanes, and
// the i-th channel of the groups is shuffled so that each lane has that of its own; else all lanes take the i-th as it
// is.
template <bool kNarrow>
HWY_NOINLINE void SumAny(const ConvGeometry& g, const conv_groups::Source& source, int64_t width, const Places& places,
                         const float* HWY_RESTRICT filter, float* HWY_RESTRICT sums) {
  const D d;
  const V zero = hn::Zero(d);
#define RIVULET_DECLARE(p) V s##p = zero;
  RIVULET_PIXELS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t row = 0; row < g.k_h; ++row) {
    const float* at = source.rows[row];
    const int64_t pixel = g.stride_w * source.step[row];
    for (int64_t tap = 0; tap < g.k_w; ++tap, at += g.dilation_w * source.step[row]) {
      for (int64_t i = 0; i < width; ++i, filter += kLanes) {
        const V f = hn::LoadU(d, filter);
        [[maybe_unused]] const int32_t* mine = places.at + i * kLanes;
        const auto load = [&](const float* from) HWY_ATTR {
          if constexpr (!kNarrow) return hn::Set(d, from[i]);
          return hn::TableLookupLanes(hn::LoadU(d, from), hn::SetTableIndices(d, mine));
        };
#define RIVULET_ADD(p) s##p = hn::MulAdd(load(at + p * pixel), f, s##p);
        RIVULET_PIXELS(RIVULET_ADD)
#undef RIVULET_ADD
      }
    }
  }
#define RIVULET_STORE(p) hn::StoreU(s##p, d, sums + p * kLanes);
  RIVULET_PIXELS(RIVULET_STORE)
#undef RIVULET_STORE
}

// The same of kPixels under a filter three dense columns wide: an input column is shuffled once for all the sums it
// belongs to, since to shuffle takes as long as to multiply and add.
template <int kPixels, int kStride, bool kNarrow>
HWY_NOINLINE void SumThree(const ConvGeometry& g, const conv_groups::Source& source, int64_t width,
                           const Places& places, const float* HWY_RESTRICT filter, float* HWY_RESTRICT sums) {
  const D d;
  const V zero = hn::Zero(d);
#define RIVULET_DECLARE(p) [[maybe_unused]] V s##p = zero;
  RIVULET_MORE_PIXELS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t row = 0; row < g.k_h; ++row, filter += 2 * width * kLanes) {
    const float* at = source.rows[row];
    const int64_t step = source.step[row];
    for (int64_t i = 0; i < width; ++i, filter += kLanes) {
      const V f0 = hn::LoadU(d, filter);
      const V f1 = hn::LoadU(d, filter + width * kLanes);
      const V f2 = hn::LoadU(d, filter + 2 * width * kLanes);
      [[maybe_unused]] const int32_t* mine = places.at + i * kLanes;
      const auto load = [&](int64_t column) HWY_ATTR {
        if constexpr (!kNarrow) return hn::Set(d, at[column * step + i]);
        return hn::TableLookupLanes(hn::LoadU(d, at + column * step), hn::SetTableIndices(d, mine));
      };
// Column c lies under the filter's column c - kStride * p of pixel p.
#define RIVULET_ADD(p)                                                  \
  if constexpr (p < kPixels) {                                          \
    constexpr int kTap = kColumn - kStride * p;                         \
    if constexpr (kTap >= 0 && kTap < 3) {                              \
      s##p = hn::MulAdd(x, kTap == 0 ? f0 : kTap == 1 ? f1 : f2, s##p); \
    }                                                                   \
  }
#define RIVULET_COLUMN(c)                          \
  if constexpr (c < kStride * (kPixels - 1) + 3) { \
    constexpr int kColumn = c;                     \
    const V x = load(c);                           \
    RIVULET_MORE_PIXELS(RIVULET_ADD)               \
  }
      RIVULET_COLUMNS_0(RIVULET_COLUMN)
      RIVULET_COLUMNS_10(RIVULET_COLUMN)
      RIVULET_COLUMNS_20(RIVULET_COLUMN)
#undef RIVULET_COLUMN
#undef RIVULET_ADD
    }
  }
#define RIVULET_STORE(p) \
  if constexpr (p < kPixels) hn::StoreU(s##p, d, sums + p * kLanes);
  RIVULET_MORE_PIXELS(RIVULET_STORE)
#undef RIVULET_STORE
}

#undef RIVULET_PIXELS
#undef RIVULET_MORE_PIXELS
#undef RIVULET_COLUMNS_0
#undef RIVULET_COLUMNS_10
#undef RIVULET_COLUMNS_20

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // RIVULET_ENGINE_KERNELS_CONV_GROUPS_SUMS_INL_H_

// Four values of each of 16 columns at a time: a vector takes every fourth column, so that turning its blocks of four
// brings the columns into their order.
#include "engine/kernels/pack_turned.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/pack_turned.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
constexpr int64_t kColumns = 16;

struct Columns {
  const uint8_t* b;
  int64_t step;
  int64_t width;
};

#if HWY_TARGET != HWY_SCALAR
using Four = hn::FixedTag<float, 4>;

HWY_INLINE hn::Vec<Four> FourOf(const Columns& columns, int64_t column, int64_t at) {
  const Four four;
  if (column >= columns.width) return hn::Zero(four);
  const hn::Repartition<uint8_t, Four> bytes;
  return hn::BitCast(four, hn::LoadU(bytes, columns.b + column * columns.step + at));
}

// Four values of columns `column`, column + 4, .. each, as many as a vector of kCount takes.
template <int64_t kCount>
HWY_INLINE hn::Vec<hn::FixedTag<float, kCount>> EveryFourth(const Columns& columns, int64_t column, int64_t at) {
  if constexpr (kCount == 4) {
    return FourOf(columns, column, at);
  } else {
    const hn::FixedTag<float, kCount> d;
    return hn::Combine(d, EveryFourth<kCount / 2>(columns, column + kCount / 2, at),
                       EveryFourth<kCount / 2>(columns, column, at));
  }
}
#endif

void PackTurned(const uint8_t* b, int64_t step, int64_t k, int64_t width, const float* factors, float* packed) {
  constexpr int64_t kFloat = sizeof(float);
  int64_t p = 0;
  HWY_ALIGN float by[kColumns];
  std::fill(by, by + kColumns, 1.0f);
  if (factors != nullptr) std::copy_n(factors, width, by);
#if HWY_TARGET != HWY_SCALAR
  const D d;
  const Columns columns{b, step, width};
  for (; p + 4 <= k; p += 4) {
    for (int64_t column = 0; column < kColumns; column += kLanes) {
      const V c0 = EveryFourth<kLanes>(columns, column, p * kFloat);
      const V c1 = EveryFourth<kLanes>(columns, column + 1, p * kFloat);
      const V c2 = EveryFourth<kLanes>(columns, column + 2, p * kFloat);
      const V c3 = EveryFourth<kLanes>(columns, column + 3, p * kFloat);
      const V low02 = hn::InterleaveLower(d, c0, c2);
      const V low13 = hn::InterleaveLower(d, c1, c3);
      const V high02 = hn::InterleaveUpper(d, c0, c2);
      const V high13 = hn::InterleaveUpper(d, c1, c3);
      const V factor = hn::Load(d, by + column);
      float* to = packed + p * kColumns + column;
      hn::StoreU(hn::Mul(hn::InterleaveLower(d, low02, low13), factor), d, to);
      hn::StoreU(hn::Mul(hn::InterleaveUpper(d, low02, low13), factor), d, to + kColumns);
      hn::StoreU(hn::Mul(hn::InterleaveLower(d, high02, high13), factor), d, to + 2 * kColumns);
      hn::StoreU(hn::Mul(hn::InterleaveUpper(d, high02, high13), factor), d, to + 3 * kColumns);
    }
  }
#endif
  for (; p < k; ++p) {
    for (int64_t j = 0; j < kColumns; ++j) {
      float value = 0.0f;
      if (j < width) std::memcpy(&value, b + j * step + p * kFloat, sizeof(value));
      packed[p * kColumns + j] = value * by[j];
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(PackTurned);

void PackTurnedPanel(const void* b, int64_t step, int64_t k, int64_t width, const float* factors, float* packed) {
  HWY_DYNAMIC_DISPATCH(PackTurned)(static_cast<const uint8_t*>(b), step, k, width, factors, packed);
}

}  // namespace rivulet
#endif  // HWY_ONCE

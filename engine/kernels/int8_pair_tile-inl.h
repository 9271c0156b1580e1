// A tile of sums of products of pairs of 16 bits, which stays in registers for the whole of k. Per-target: included
// once for each target by its users.
#include <cstdint>
#include <cstring>

#if defined(RIVULET_ENGINE_KERNELS_INT8_PAIR_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_INT8_PAIR_TILE_INL_H_
#undef RIVULET_ENGINE_KERNELS_INT8_PAIR_TILE_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_INT8_PAIR_TILE_INL_H_
#endif

#include "engine/kernels/int8_pairs-inl.h"
#include "engine/kernels/sums_tail-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Widens the first `count` of lows and highs.
HWY_INLINE void WidenExtremes(TailI low, TailI high, int64_t count, int32_t* lows, int32_t* highs) {
  const TailDI d;
  if (count >= kTailLanes) {
    hn::StoreU(hn::Min(hn::LoadU(d, lows), low), d, lows);
    hn::StoreU(hn::Max(hn::LoadU(d, highs), high), d, highs);
    return;
  }
  const auto lanes = static_cast<size_t>(count);
  hn::StoreN(hn::Min(hn::LoadN(d, lows, lanes), low), d, lows, lanes);
  hn::StoreN(hn::Max(hn::LoadN(d, highs, lanes), high), d, highs, lanes);
}

#if RIVULET_HAS_PAIRS
// Rows of a tile: with two vectors of columns its sums leave registers for one row and both columns.
constexpr int64_t kPairRows = 6;

// Where a tile's columns go, whole vectors.
struct PairOut {
  const int32_t* start;
  int32_t* to;  // row 0 of sums; null: codes
  int64_t stride;
  int32_t* lows;  // null: not wanted
  int32_t* highs;
  uint8_t* codes;
  const float* multiply;
  const float* add;
  const SumsTail* tail;
};

// Codes of two rows: v and w are rounded sums of one row's two vectors of columns each. kRows: 1: the first row alone.
template <int kRows>
HWY_INLINE void StoreCodes(TailI v0, TailI v1, TailI w0, TailI w1, const Ends& ends, int64_t stride, uint8_t* to) {
  const hn::Repartition<uint8_t, TailDI> d8;
  const hn::Half<decltype(d8)> half;
  const auto codes = CodesOfFour(v0, v1, w0, w1, ends);
  hn::StoreU(hn::LowerHalf(half, codes), half, to);
  if constexpr (kRows > 1) hn::StoreU(hn::UpperHalf(half, codes), half, to + stride);
}

#define RIVULET_PAIR_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)

// Sums of kRows rows, `stride` apart, times the pairs of one or two vectors of columns.
template <int kRows, bool kTwo>
HWY_NOINLINE void PairTile(const int16_t* HWY_RESTRICT a, int64_t stride, int64_t pairs, const int16_t* HWY_RESTRICT b,
                           const PairOut& out) {
  const TailDI d;
  const PairD16 d16;
  const TailI start0 = hn::LoadU(d, out.start), start1 = hn::LoadU(d, out.start + (kTwo ? kTailLanes : 0));
#define RIVULET_DECLARE(i) TailI r##i = start0, s##i = start1;
  RIVULET_PAIR_ROWS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  const int16_t* a3 = a + (kRows > 3 ? 3 * stride : 0);
  const int64_t stride1 = kRows > 1 ? stride : 0, stride2 = kRows > 2 ? 2 * stride : 0;
  for (int64_t p = 0; p < pairs; ++p, a += 2, a3 += 2, b += (kTwo ? 4 : 2) * kTailLanes) {
    const Pairs b0 = hn::LoadU(d16, b), b1 = kTwo ? hn::LoadU(d16, b + 2 * kTailLanes) : b0;
#define RIVULET_MULTIPLY(i)                                                                               \
  if constexpr (i < kRows) {                                                                              \
    int32_t two;                                                                                          \
    std::memcpy(&two, (i < 3 ? a : a3) + (i % 3 == 0 ? 0 : i % 3 == 1 ? stride1 : stride2), sizeof(two)); \
    const Pairs x = hn::BitCast(d16, hn::Set(d, two));                                                    \
    r##i = hn::Add(r##i, hn::WidenMulPairwiseAdd(d, x, b0));                                              \
    if constexpr (kTwo) s##i = hn::Add(s##i, hn::WidenMulPairwiseAdd(d, x, b1));                          \
  }
    RIVULET_PAIR_ROWS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
  }
  if (out.to == nullptr) {
    const TailDF df;
    const hn::Rebind<uint8_t, TailDI> part;
    const TailF multiply0 = hn::LoadU(df, out.multiply), add0 = hn::LoadU(df, out.add);
    const TailF multiply1 = hn::LoadU(df, out.multiply + (kTwo ? kTailLanes : 0));
    const TailF add1 = hn::LoadU(df, out.add + (kTwo ? kTailLanes : 0));
    uint8_t* codes = out.codes;
#define RIVULET_ROUND(i)                                              \
  if constexpr (i < kRows) r##i = RoundedSums(r##i, multiply0, add0); \
  if constexpr (i < kRows && kTwo) s##i = RoundedSums(s##i, multiply1, add1);
    RIVULET_PAIR_ROWS(RIVULET_ROUND)
#undef RIVULET_ROUND
    if constexpr (kTwo) {
      const Ends ends = EndsOf(*out.tail);
      StoreCodes<kRows>(r0, s0, r1, s1, ends, out.stride, codes);
      if constexpr (kRows > 2) StoreCodes<kRows - 2>(r2, s2, r3, s3, ends, out.stride, codes + 2 * out.stride);
      if constexpr (kRows > 4) StoreCodes<kRows - 4>(r4, s4, r5, s5, ends, out.stride, codes + 4 * out.stride);
    } else {
      const auto low = hn::Set(part, static_cast<uint8_t>(out.tail->low));
      const auto high = hn::Set(part, static_cast<uint8_t>(out.tail->high));
#define RIVULET_STORE(i)                                                                             \
  if constexpr (i < kRows) {                                                                         \
    hn::StoreU(hn::Min(hn::Max(hn::DemoteTo(part, r##i), low), high), part, codes + i * out.stride); \
  }
      RIVULET_PAIR_ROWS(RIVULET_STORE)
#undef RIVULET_STORE
    }
    return;
  }
  int32_t* to = out.to;
#define RIVULET_STORE(i)                                      \
  if constexpr (i < kRows) {                                  \
    hn::StoreU(r##i, d, to);                                  \
    if constexpr (kTwo) hn::StoreU(s##i, d, to + kTailLanes); \
    to += out.stride;                                         \
  }
  RIVULET_PAIR_ROWS(RIVULET_STORE)
#undef RIVULET_STORE
  if (out.lows == nullptr) return;
#define RIVULET_EXTREMES(v, at)                                                    \
  {                                                                                \
    TailI low = v##0, high = v##0;                                                 \
    if constexpr (kRows > 1) low = hn::Min(low, v##1), high = hn::Max(high, v##1); \
    if constexpr (kRows > 2) low = hn::Min(low, v##2), high = hn::Max(high, v##2); \
    if constexpr (kRows > 3) low = hn::Min(low, v##3), high = hn::Max(high, v##3); \
    if constexpr (kRows > 4) low = hn::Min(low, v##4), high = hn::Max(high, v##4); \
    if constexpr (kRows > 5) low = hn::Min(low, v##5), high = hn::Max(high, v##5); \
    WidenExtremes(low, high, kTailLanes, out.lows + (at), out.highs + (at));       \
  }
  RIVULET_EXTREMES(r, 0)
  if constexpr (kTwo) RIVULET_EXTREMES(s, kTailLanes)
#undef RIVULET_EXTREMES
}
#undef RIVULET_PAIR_ROWS

using PairFunction = void (*)(const int16_t*, int64_t, int64_t, const int16_t*, const PairOut&);
#define RIVULET_TILES(two) \
  { &PairTile<1, two>, &PairTile<2, two>, &PairTile<3, two>, &PairTile<4, two>, &PairTile<5, two>, &PairTile<6, two> }
constexpr PairFunction kOneVector[] = RIVULET_TILES(false);
constexpr PairFunction kTwoVectors[] = RIVULET_TILES(true);
#undef RIVULET_TILES

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

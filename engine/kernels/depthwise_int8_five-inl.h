// Depthwise filters of 5x5, stride 1, for whole vectors of channels where there are 32 registers of them. Per-target:
// included once for each target by depthwise_int8.cc.
//
// A column of the input is interleaved once and added to the five outputs that see it, whose sums stay in registers:
// the one that begins with it takes the place of the one that the column before has ended.
#include "engine/kernels/depthwise_int8_taps.h"

#if defined(RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_FIVE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_FIVE_INL_H_
#undef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_FIVE_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_FIVE_INL_H_
#endif

#include "engine/kernels/depthwise_int8_sums-inl.h"
#include "hwy/highway.h"

#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

bool IsFiveByFive(const DepthwiseGeometry& g) {
  return g.k_h == 5 && g.k_w == 5 && g.stride_w == 1 && g.dilation_w == 1 && g.in_c >= kBlock;
}

// What the filter's rows say of a column: the output that begins with it, three in the middle, and the one that ends.
HWY_INLINE void AddColumn(const Quad& quad, const int8_t* HWY_RESTRICT weights, Sums& first, Sums& a1, Sums& a2,
                          Sums& a3, Sums& last) {
  constexpr int64_t kColumn = 2 * kBlock * kTapsOfQuad;
  AddQuad(quad, weights, first);
  AddQuad(quad, weights + kColumn, a1);
  AddQuad(quad, weights + 2 * kColumn, a2);
  AddQuad(quad, weights + 3 * kColumn, a3);
  AddQuad(quad, weights + 4 * kColumn, last);
}

// A row of outputs.
void Pixels5x5(const RowsInt8& rows, const Lanes& lanes, const SumsTail& tail, const DepthwiseGeometry& g,
               uint8_t* to) {
  const D8 d8;
  const Bytes low = hn::Set(d8, static_cast<uint8_t>(tail.low)), high = hn::Set(d8, static_cast<uint8_t>(tail.high));
  constexpr int64_t kQuad = kBlock * kTapsOfQuad;
  const auto load = [&](int64_t row, int64_t at) {
    const bool inside = at >= 0 && at < g.in_w;
    return hn::LoadU(d8, inside ? rows.from[row] + at * rows.step[row] : rows.outside);
  };
  Sums s0 = StartSums(lanes), s1 = s0, s2 = s0, s3 = s0, s4 = s0;
  // Column t of those under the row begins output t, and ends output t - 4.
  int64_t t = 0;
#define RIVULET_COLUMN(first, a1, a2, a3, last)                                                                  \
  {                                                                                                              \
    const int64_t at = t - g.pad_left;                                                                           \
    first = StartSums(lanes);                                                                                    \
    AddColumn(Interleaved(load(0, at), load(1, at), load(2, at), load(3, at)), lanes.weights, first, a1, a2, a3, \
              last);                                                                                             \
    const Bytes fifth = load(4, at);                                                                             \
    AddColumn(Interleaved(fifth, fifth, fifth, fifth), lanes.weights + kQuad, first, a1, a2, a3, last);          \
    if (t >= 4) {                                                                                                \
      hn::StoreU(CodesOf(last, lanes, low, high), d8, to);                                                       \
      to += g.in_c;                                                                                              \
    }                                                                                                            \
    if (++t == g.out_w + 4) return;                                                                              \
  }
  for (;;) {
    RIVULET_COLUMN(s0, s4, s3, s2, s1)
    RIVULET_COLUMN(s1, s0, s4, s3, s2)
    RIVULET_COLUMN(s2, s1, s0, s4, s3)
    RIVULET_COLUMN(s3, s2, s1, s0, s4)
    RIVULET_COLUMN(s4, s3, s2, s1, s0)
  }
#undef RIVULET_COLUMN
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif

#endif  // per-target include guard

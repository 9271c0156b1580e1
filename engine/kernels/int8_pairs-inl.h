// Pairs of 16 bits, for processors that multiply these and add up neighbours in one instruction, but no bytes.
// Per-target: included once for each target by its users.
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_INT8_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_INT8_PAIRS_INL_H_
#undef RIVULET_ENGINE_KERNELS_INT8_PAIRS_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_INT8_PAIRS_INL_H_
#endif

#include "engine/kernels/sums_tail-inl.h"
#include "hwy/highway.h"

#undef RIVULET_HAS_PAIRS
#define RIVULET_HAS_PAIRS (HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3 && HWY_TARGET <= HWY_SSE4)

#if RIVULET_HAS_PAIRS
HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

using PairD16 = hn::Repartition<int16_t, TailDI>;
using PairD8 = hn::Repartition<uint8_t, TailDI>;
using Pairs = hn::Vec<PairD16>;

// Of what fits 32 bits, as a tail promises: so nothing needs to be mended, which hn::NearestInt would.
HWY_INLINE TailI RoundedSums(TailI sums, TailF multiply, TailF add) {
  const TailF v = hn::MulAdd(hn::ConvertTo(TailDF(), sums), multiply, add);
#if HWY_TARGET == HWY_AVX2
  return TailI{_mm256_cvtps_epi32(v.raw)};
#else
  return TailI{_mm_cvtps_epi32(v.raw)};
#endif
}

// Where a tail's codes end.
struct Ends {
  hn::Vec<PairD8> low, high;
};
HWY_INLINE Ends EndsOf(const SumsTail& tail) {
  const PairD8 d8;
  return {hn::Set(d8, static_cast<uint8_t>(tail.low)), hn::Set(d8, static_cast<uint8_t>(tail.high))};
}

// Bytes of four vectors, one behind the other.
HWY_INLINE hn::Vec<PairD8> CodesOfFour(TailI v0, TailI v1, TailI v2, TailI v3, const Ends& ends) {
  const PairD8 d8;
  const PairD16 d16;
  auto codes = hn::ReorderDemote2To(d8, hn::ReorderDemote2To(d16, v0, v1), hn::ReorderDemote2To(d16, v2, v3));
  codes = hn::Min(hn::Max(codes, ends.low), ends.high);
  if constexpr (kTailLanes == 8) {  // narrowing works block by block
    HWY_ALIGN static constexpr int32_t kOrder[8] = {0, 4, 1, 5, 2, 6, 3, 7};
    const TailDI d;
    codes = hn::BitCast(d8, hn::TableLookupLanes(hn::BitCast(d, codes), hn::SetTableIndices(d, kOrder)));
  }
  return codes;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();
#endif

#endif  // per-target include guard

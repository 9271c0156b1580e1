// Sums of a block of channels under a depthwise filter, and the codes that they become. Per-target: included once for
// each target by depthwise_int8.cc.
//
// Bytes of four taps are interleaved, so that each lane has a channel's four, which one dot product takes. Interleaving
// works within blocks of 16 bytes, and so does the narrowing of the sums, which brings the channels back into order; in
// between a lane's weights, factors and addends are put where its channel went.
#include "engine/kernels/depthwise_int8_taps.h"

#if defined(RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_SUMS_INL_H_
#undef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_SUMS_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_SUMS_INL_H_
#endif

#include "engine/kernels/sums_tail-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t kVectors = 4;  // of sums to a vector of bytes
constexpr int64_t kBlock = kVectors * kTailLanes;
constexpr int64_t kStripQuads = 128;  // that are interleaved before they are multiplied

// What a block of channels is multiplied with and finished by, in the lanes' order.
struct Lanes {
  HWY_ALIGN int8_t weights[static_cast<size_t>(kMaxQuads * kBlock * kTapsOfQuad)];
  HWY_ALIGN int32_t start[static_cast<size_t>(kBlock)];
  HWY_ALIGN float multiply[static_cast<size_t>(kBlock)];
  HWY_ALIGN float add[static_cast<size_t>(kBlock)];
};

#if HWY_TARGET != HWY_SCALAR
using D8 = hn::Repartition<uint8_t, TailDI>;
using DW = hn::Repartition<int8_t, TailDI>;
using Bytes = hn::Vec<D8>;

struct Sums {
  TailI v0, v1, v2, v3;
};

// Four vectors of bytes, each from another tap, with a channel's four together.
struct Quad {
  Bytes v0, v1, v2, v3;
};

HWY_INLINE Quad Interleaved(Bytes a0, Bytes a1, Bytes a2, Bytes a3) {
  const D8 d8;
  const hn::Repartition<uint16_t, TailDI> d16;
  const auto low01 = hn::BitCast(d16, hn::InterleaveLower(d8, a0, a1));
  const auto high01 = hn::BitCast(d16, hn::InterleaveUpper(d8, a0, a1));
  const auto low23 = hn::BitCast(d16, hn::InterleaveLower(d8, a2, a3));
  const auto high23 = hn::BitCast(d16, hn::InterleaveUpper(d8, a2, a3));
  return {hn::BitCast(d8, hn::InterleaveLower(d16, low01, low23)),
          hn::BitCast(d8, hn::InterleaveUpper(d16, low01, low23)),
          hn::BitCast(d8, hn::InterleaveLower(d16, high01, high23)),
          hn::BitCast(d8, hn::InterleaveUpper(d16, high01, high23))};
}

HWY_INLINE void AddQuad(const Quad& quad, const int8_t* HWY_RESTRICT weights, Sums& sums) {
  const TailDI di;
  const DW dw;
  constexpr int64_t kStep = kTailLanes * kTapsOfQuad;
  sums.v0 = hn::SumOfMulQuadAccumulate(di, quad.v0, hn::Load(dw, weights), sums.v0);
  sums.v1 = hn::SumOfMulQuadAccumulate(di, quad.v1, hn::Load(dw, weights + kStep), sums.v1);
  sums.v2 = hn::SumOfMulQuadAccumulate(di, quad.v2, hn::Load(dw, weights + 2 * kStep), sums.v2);
  sums.v3 = hn::SumOfMulQuadAccumulate(di, quad.v3, hn::Load(dw, weights + 3 * kStep), sums.v3);
}

HWY_INLINE Sums StartSums(const Lanes& lanes) {
  const TailDI di;
  return {hn::Load(di, lanes.start), hn::Load(di, lanes.start + kTailLanes), hn::Load(di, lanes.start + 2 * kTailLanes),
          hn::Load(di, lanes.start + 3 * kTailLanes)};
}

HWY_INLINE TailI Rounded(TailI sum, const Lanes& lanes, int64_t vector) {
  const TailDF df;
  const TailF multiply = hn::Load(df, lanes.multiply + vector * kTailLanes);
  const TailF add = hn::Load(df, lanes.add + vector * kTailLanes);
  return hn::NearestInt(hn::MulAdd(hn::ConvertTo(df, sum), multiply, add));
}

// Narrow lanes of two vectors, block by block.
template <class D, class V>
HWY_INLINE hn::Vec<D> Narrowed(D d, V a, V b) {
#if HWY_HAVE_SCALABLE
  return hn::OrderedDemote2To(d, a, b);
#else
  return hn::ReorderDemote2To(d, a, b);
#endif
}

// Narrowing ends at 0 and 255.
HWY_INLINE Bytes CodesOf(const Sums& sums, const Lanes& lanes, Bytes low, Bytes high) {
  const hn::Repartition<int16_t, TailDI> d16;
  const auto first = Narrowed(d16, Rounded(sums.v0, lanes, 0), Rounded(sums.v1, lanes, 1));
  const auto second = Narrowed(d16, Rounded(sums.v2, lanes, 2), Rounded(sums.v3, lanes, 3));
  return hn::Min(hn::Max(Narrowed(D8(), first, second), low), high);
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

#include "engine/kernels/mix_bytes.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/mix_bytes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kShift = 2 * kByteWeightBits;
constexpr int kHalf = 1 << (kShift - 1);

uint8_t MixedByte(uint16_t left, uint16_t right, int part) {
  return static_cast<uint8_t>((left * (kWholeByteWeight - part) + right * part + kHalf) >> kShift);
}

void MixByteRowsOf(const uint8_t* upper, const uint8_t* lower, int64_t count, int part, uint16_t* mixed) {
  const hn::CappedTag<uint16_t, 16> d16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d16));
  const auto of_upper = hn::Set(d16, static_cast<uint16_t>(kWholeByteWeight - part));
  const auto of_lower = hn::Set(d16, static_cast<uint16_t>(part));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto a = hn::PromoteTo(d16, hn::LoadU(d8, upper + i)), b = hn::PromoteTo(d16, hn::LoadU(d8, lower + i));
    hn::StoreU(hn::Add(hn::Mul(a, of_upper), hn::Mul(b, of_lower)), d16, mixed + i);
  }
  for (; i < count; ++i) mixed[i] = static_cast<uint16_t>(upper[i] * (kWholeByteWeight - part) + lower[i] * part);
}

// Eight values at a time, in whole vectors of 128 bits: pairs of a left and a right one of 15 bits, times the pair of
// weights. The last ones overlap those before. False where there are too few.
bool MixManyBytes(const uint16_t* left, const uint16_t* right, int part, int64_t channels, uint8_t* out) {
#if HWY_TARGET == HWY_SCALAR
  (void)left, (void)right, (void)part, (void)channels, (void)out;
  return false;
#else
  const hn::FixedTag<int16_t, 8> d16;
  const hn::FixedTag<int32_t, 4> d32;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  if (channels < 8) return false;
  const auto weights = hn::BitCast(d16, hn::Set(d32, (part << 16) | (kWholeByteWeight - part)));
  const auto half = hn::Set(d32, kHalf);
  for (int64_t k = 0; k < channels; k += 8) {
    k = std::min(k, channels - 8);
    const auto a = hn::LoadU(d16, reinterpret_cast<const int16_t*>(left + k));
    const auto b = hn::LoadU(d16, reinterpret_cast<const int16_t*>(right + k));
    const auto low = hn::WidenMulPairwiseAdd(d32, hn::InterleaveWholeLower(d16, a, b), weights);
    const auto high = hn::WidenMulPairwiseAdd(d32, hn::InterleaveWholeUpper(d16, a, b), weights);
    const auto made = hn::OrderedDemote2To(d16, hn::ShiftRight<kShift>(hn::Add(low, half)),
                                           hn::ShiftRight<kShift>(hn::Add(high, half)));
    hn::StoreU(hn::DemoteTo(d8, made), d8, out + k);
  }
  return true;
#endif
}

void MixBytePairsOf(const uint16_t* row, const MixBytePair* pairs, int64_t count, int64_t channels, uint8_t* out) {
  for (const MixBytePair* pair = pairs; pair != pairs + count; ++pair, out += channels) {
    const uint16_t *left = row + pair->left, *right = row + pair->right;
    if (MixManyBytes(left, right, pair->part, channels, out)) continue;
    for (int64_t k = 0; k < channels; ++k) out[k] = MixedByte(left[k], right[k], pair->part);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(MixByteRowsOf);
HWY_EXPORT(MixBytePairsOf);

void MixByteRows(const uint8_t* upper, const uint8_t* lower, int64_t count, int part, uint16_t* mixed) {
  HWY_DYNAMIC_DISPATCH(MixByteRowsOf)(upper, lower, count, part, mixed);
}

void MixBytePairs(const uint16_t* row, const MixBytePair* pairs, int64_t count, int64_t channels, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(MixBytePairsOf)(row, pairs, count, channels, out);
}

}  // namespace rivulet
#endif  // HWY_ONCE

#include "engine/kernels/mix_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/mix_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

HWY_INLINE V Mixed(V a, V b, V part) { return hn::Add(a, hn::Mul(hn::Sub(b, a), part)); }

void MixRowsOf(const float* upper, const float* lower, float part, int64_t count, float* out) {
  const D d;
  const V parts = hn::Set(d, part);
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    const V y0 = Mixed(hn::LoadU(d, upper + i), hn::LoadU(d, lower + i), parts);
    const V y1 = Mixed(hn::LoadU(d, upper + i + kLanes), hn::LoadU(d, lower + i + kLanes), parts);
    hn::StoreU(y0, d, out + i);
    hn::StoreU(y1, d, out + i + kLanes);
  }
  for (; i < count; i += kLanes) {
    const int64_t left = count - i;
    StoreSome(Mixed(LoadSome(upper + i, left), LoadSome(lower + i, left), parts), left, out + i);
  }
}

// Of three channels or four, in vectors of four while those lie in the row and in the result: the fourth of three is
// written over by the next pair. Returns how many pairs are done.
int64_t MixPixels(const float* row, int64_t size, const MixPair* pairs, int64_t count, int64_t channels, float* out) {
  const hn::CappedTag<float, 4> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if (lanes < 4) return 0;
  const int64_t last = size - lanes;
  int64_t i = 0;
  for (; i + (channels == 3) < count && pairs[i].left <= last && pairs[i].right <= last; ++i) {
    const auto left = hn::LoadU(d, row + pairs[i].left);
    const auto difference = hn::Sub(hn::LoadU(d, row + pairs[i].right), left);
    hn::StoreU(hn::Add(left, hn::Mul(difference, hn::Set(d, pairs[i].part))), d, out + i * channels);
  }
  return i;
}

void MixPairsOf(const float* row, int64_t size, const MixPair* pairs, int64_t count, int64_t channels, float* out) {
  const D d;
  if (channels == 3 || channels == 4) {
    const int64_t done = MixPixels(row, size, pairs, count, channels, out);
    pairs += done;
    count -= done;
    out += done * channels;
  }
  for (const MixPair* pair = pairs; pair != pairs + count; ++pair, out += channels) {
    const float* left = row + pair->left;
    const float* right = row + pair->right;
    const V part = hn::Set(d, pair->part);
    int64_t i = 0;
    for (; i + kLanes <= channels; i += kLanes) {
      hn::StoreU(Mixed(hn::LoadU(d, left + i), hn::LoadU(d, right + i), part), d, out + i);
    }
    if (i == channels) continue;
    StoreSome(Mixed(LoadSome(left + i, channels - i), LoadSome(right + i, channels - i), part), channels - i, out + i);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(MixRowsOf);
HWY_EXPORT(MixPairsOf);

void MixRows(const float* upper, const float* lower, float part, int64_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(MixRowsOf)(upper, lower, part, count, out);
}

void MixPairs(const float* row, int64_t size, const MixPair* pairs, int64_t count, int64_t channels, float* out) {
  HWY_DYNAMIC_DISPATCH(MixPairsOf)(row, size, pairs, count, channels, out);
}

}  // namespace rivulet
#endif  // HWY_ONCE

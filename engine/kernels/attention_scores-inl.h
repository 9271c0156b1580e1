// Rows of an attention's scores: masked, and made what values are weighted by. Per-target: included once for each
// target by the files that use it.
#include <algorithm>
#include <cstdint>
#include <limits>

#include "engine/kernels/attention.h"

#if defined(RIVULET_ENGINE_KERNELS_ATTENTION_SCORES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_ATTENTION_SCORES_INL_H_
#undef RIVULET_ENGINE_KERNELS_ATTENTION_SCORES_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_ATTENTION_SCORES_INL_H_
#endif

#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {

// Whether scores are changed before the largest is known, and not only scaled behind it.
HWY_INLINE bool ChangesScores(const AttentionTask& task) { return !task.masks[0].is_none() || !(task.scale > 0.0f); }

// Whether the lanes' scores, of which `count` are there, stay.
HWY_INLINE hn::Mask<D> Stays(bool keeps, const uint8_t* chosen, int64_t count) {
  const D d;
  const hn::Rebind<uint8_t, D> bytes;
  const hn::RebindToSigned<D> ints;
  const auto some = count >= kLanes ? hn::LoadU(bytes, chosen) : hn::LoadN(bytes, chosen, static_cast<size_t>(count));
  const auto is_set = hn::Ne(hn::PromoteTo(ints, some), hn::Zero(ints));
  return hn::RebindMask(d, keeps ? is_set : hn::Not(is_set));
}

// The largest of a row of scores, each changed by change(score, i, count) and put back.
template <class Change>
HWY_INLINE float Largest(int64_t keys, float* row, const Change& change) {
  const D d;
  const V lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  V most = lowest;
  int64_t i = 0;
  for (; i + kLanes <= keys; i += kLanes) {
    const V v = change(hn::LoadU(d, row + i), i, kLanes);
    hn::StoreU(v, d, row + i);
    most = hn::Max(most, v);
  }
  if (i < keys) {
    const V v = change(hn::LoadU(d, row + i), i, keys - i);
    hn::StoreU(v, d, row + i);
    most = hn::Max(most, hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(keys - i)), v, lowest));
  }
  return hn::ReduceMax(d, most);
}

// Scales a row of scores and masks it, by the mask's row that is `at` behind its first; returns the largest.
HWY_INLINE float MaskScores(const AttentionMask& mask, int64_t at, float by, int64_t keys, float* row) {
  const D d;
  const V scale = hn::Set(d, by);
  const V otherwise = hn::Set(d, mask.otherwise);
  const float* added = mask.added == nullptr ? nullptr : mask.added + at;
  const uint8_t* chosen = mask.chosen == nullptr ? nullptr : mask.chosen + at;
  const bool same = mask.layout.column == 0;  // for the whole row
  if (added != nullptr && !same) {
    return Largest(keys, row, [&](V v, int64_t i, int64_t count) HWY_ATTR {
      return hn::MulAdd(v, scale, LoadSome(added + i, count));
    });
  }
  if (chosen != nullptr && !same) {
    return Largest(keys, row, [&](V v, int64_t i, int64_t count) HWY_ATTR {
      return hn::IfThenElse(Stays(mask.keeps, chosen + i, count), hn::Mul(v, scale), otherwise);
    });
  }
  if (chosen != nullptr && (*chosen != 0) != mask.keeps) {
    return Largest(keys, row, [&](V, int64_t, int64_t) HWY_ATTR { return otherwise; });
  }
  const V more = hn::Set(d, added == nullptr ? 0.0f : *added);
  return Largest(keys, row, [&](V v, int64_t, int64_t) HWY_ATTR { return hn::MulAdd(v, scale, more); });
}

// Scores become e^(score * scale - shift); returns their sum. A NaN among them, of which the largest may not know,
// makes it NaN.
HWY_INLINE double TakeExponentials(int64_t keys, float scale, float shift, float* row) {
  const D d;
  const V by = hn::Set(d, scale);
  const V less = hn::Set(d, shift);
  const auto take = [&](int64_t i) HWY_ATTR {
    const V e = ExpOfNotLarge(hn::MulSub(hn::LoadU(d, row + i), by, less));
    hn::StoreU(e, d, row + i);
    return e;
  };
  // Sums of so many terms are single.
  constexpr int64_t kTerms = 1024;
  double total = 0.0;
  for (int64_t begin = 0; begin < keys; begin += kTerms) {
    const int64_t end = std::min(begin + kTerms, keys);
    V even = hn::Zero(d);
    V odd = hn::Zero(d);
    int64_t i = begin;
    for (; i + 2 * kLanes <= end; i += 2 * kLanes) {
      even = hn::Add(even, take(i));
      odd = hn::Add(odd, take(i + kLanes));
    }
    for (; i < end; i += kLanes) {
      const int64_t count = std::min(kLanes, end - i);
      even = hn::Add(even, hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(count)), take(i)));
    }
    total += static_cast<double>(hn::ReduceSum(d, hn::Add(even, odd)));
  }
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

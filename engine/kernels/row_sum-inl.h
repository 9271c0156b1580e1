// Sums over a row. Per-target: included once for each target by the files that use it.
#include <algorithm>
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_ROW_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_ROW_SUM_INL_H_
#undef RIVULET_ENGINE_KERNELS_ROW_SUM_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_ROW_SUM_INL_H_
#endif

#include "engine/kernels/epilogue-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {

HWY_INLINE double SumOfLanes(V v) {
#if HWY_TARGET == HWY_SCALAR
  return static_cast<double>(hn::GetLane(v));
#else
  const hn::RepartitionToWide<D> wide;
  return hn::ReduceSum(wide, hn::Add(hn::PromoteLowerTo(wide, v), hn::PromoteUpperTo(wide, v)));
#endif
}

// The sum of n terms, a vector of which is term(i, count): the terms from i on, of which the first `count` are there,
// kLanes of them but for the last vector's.
template <class Term>
HWY_INLINE double SumOfRow(int64_t n, const Term& term) {
  const D d;
  constexpr int64_t kBlock = 1024;
  double total = 0.0;
  for (int64_t block = 0; block < n; block += kBlock) {
    const int64_t end = std::min(block + kBlock, n);
    V s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;  // four, since each waits for its last addition
    int64_t i = block;
    for (; i + 4 * kLanes <= end; i += 4 * kLanes) {
      s0 = hn::Add(s0, term(i, kLanes));
      s1 = hn::Add(s1, term(i + kLanes, kLanes));
      s2 = hn::Add(s2, term(i + 2 * kLanes, kLanes));
      s3 = hn::Add(s3, term(i + 3 * kLanes, kLanes));
    }
    for (; i < end; i += kLanes) {
      const int64_t count = std::min(kLanes, end - i);
      s0 = hn::Add(s0, hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(count)), term(i, count)));
    }
    total += SumOfLanes(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
  }
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

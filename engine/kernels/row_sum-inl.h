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

// The sum of n terms, a vector of which is term(i, count): the terms from i on, of which the first `count` are there.
template <class Term>
HWY_INLINE double SumOfRow(int64_t n, const Term& term) {
  const D d;
  constexpr int64_t kBlock = 1024;
  double total = 0.0;
  for (int64_t block = 0; block < n; block += kBlock) {
    const int64_t end = std::min(block + kBlock, n);
    V sum = hn::Zero(d);
    for (int64_t i = block; i < end; i += kLanes) {
      const int64_t count = std::min(kLanes, end - i);
      sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(count)), term(i, count)));
    }
    total += SumOfLanes(sum);
  }
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

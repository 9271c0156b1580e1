// Vectors of codes and of their numbers, some elements of a row at a time. Per-target: included once for each target by
// the files that use it.
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_CODE_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_CODE_VECTORS_INL_H_
#undef RIVULET_ENGINE_KERNELS_CODE_VECTORS_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_CODE_VECTORS_INL_H_
#endif

#include "engine/kernels/code_stages.h"
#include "hwy/highway.h"

// A lambda that is called in two places is no loop's body otherwise, but a function.
#undef RIVULET_INLINED
#define RIVULET_INLINED __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<D>;
using D8 = hn::Rebind<uint8_t, D>;  // a quarter
using V = hn::Vec<D>;
using I = hn::Vec<DI>;

// Calls body(at, lanes) for each vector of `count` elements.
template <class Tag, class Body>
HWY_INLINE void Each(Tag tag, int64_t count, const Body& body) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(tag));
  int64_t at = 0;
  for (; at + lanes <= count; at += lanes) body(at, static_cast<size_t>(lanes));
  if (at < count) body(at, static_cast<size_t>(count - at));
}

template <class Tag, class T>
HWY_INLINE hn::Vec<Tag> Load(Tag tag, const T* from, size_t count) {
  return count == hn::Lanes(tag) ? hn::LoadU(tag, from) : hn::LoadN(tag, from, count);
}

template <class Tag, class T>
HWY_INLINE void Store(hn::Vec<Tag> v, Tag tag, T* to, size_t count) {
  count == hn::Lanes(tag) ? hn::StoreU(v, tag, to) : hn::StoreN(v, tag, to, count);
}

HWY_INLINE I Widened(const uint8_t* codes, size_t count) { return hn::PromoteTo(DI(), Load(D8(), codes, count)); }

// Halves away from 0: what is added is the largest number below a half.
HWY_INLINE V RoundAway(V v) {
  const D d;
  return hn::Trunc(hn::Add(v, hn::CopySign(hn::Set(d, 0x1.fffffep-2f), v)));
}

// What a kBias makes of codes before the bias is added.
HWY_INLINE I WideCodes(const CodeStage& s, I code) {
  const D d;
  const DI di;
  const V number = hn::Add(hn::Mul(hn::ConvertTo(d, code), hn::Set(d, s.wide.step)), hn::Set(d, s.wide.add));
  const V place = hn::Sub(RoundAway(hn::Mul(number, hn::Set(d, s.wide.scale))), hn::Set(d, s.wide.offset));
  const V inside = hn::Min(hn::Max(place, hn::Set(d, -2147483648.0f)), hn::Set(d, 2147483520.0f));
  return hn::ConvertTo(di, inside);
}

// The same as numbers, where halves do not come up and none is large.
HWY_INLINE V EvenWideCodes(const CodeStage& s, V code) {
  const D d;
  const V number = hn::Add(hn::Mul(code, hn::Set(d, s.wide.step)), hn::Set(d, s.wide.add));
  return hn::Sub(hn::Round(hn::Mul(number, hn::Set(d, s.wide.scale))), hn::Set(d, s.wide.offset));
}

HWY_INLINE I PairCodes(const CodePair& pair, I x, I y) {
  const DI di;
  const I of_a = hn::Set(di, pair.step_a), of_b = hn::Set(di, pair.step_b);
  if (pair.multiplies) return hn::Mul(hn::Sub(x, of_a), hn::Sub(y, of_b));
  return hn::Add(hn::Add(hn::Set(di, pair.start), hn::Mul(x, of_a)), hn::Mul(y, of_b));
}

[[maybe_unused]] HWY_NOINLINE void LoadCodes(const StagedSource& source, int64_t first, int64_t count, int32_t* out) {
  const DI di;
  const auto* a = static_cast<const uint8_t*>(source.values) + first;
  if (source.pair.other == nullptr) {
    Each(D(), count,
         [&](int64_t at, size_t lanes) RIVULET_INLINED { Store(Widened(a + at, lanes), di, out + at, lanes); });
    return;
  }
  const uint8_t* b = source.pair.other + first;
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    Store(PairCodes(source.pair, Widened(a + at, lanes), Widened(b + at, lanes)), di, out + at, lanes);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

#include "engine/kernels/int8_codes.h"

#include <algorithm>

#include "engine/kernels/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/int8_codes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<D>;
using D8 = hn::Rebind<uint8_t, D>;
using V = hn::Vec<D>;

// Calls body(at, lanes) for each vector of [begin, end).
template <class Body>
HWY_INLINE void Each(int64_t begin, int64_t end, const Body& body) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(D()));
  int64_t at = begin;
  for (; at + lanes <= end; at += lanes) body(at, static_cast<size_t>(lanes));
  if (at < end) body(at, static_cast<size_t>(end - at));
}

HWY_INLINE V Widened(const uint8_t* codes, size_t count) {
  const D8 d8;
  const auto bytes = count == hn::Lanes(d8) ? hn::LoadU(d8, codes) : hn::LoadN(d8, codes, count);
  return hn::ConvertTo(D(), hn::PromoteTo(DI(), bytes));
}

HWY_INLINE void StoreCodes(hn::Vec<DI> v, uint8_t* to, size_t count) {
  const D8 d8;
  const auto bytes = hn::DemoteTo(d8, v);
  count == hn::Lanes(d8) ? hn::StoreU(bytes, d8, to) : hn::StoreN(bytes, d8, to, count);
}

void MakeSome(const CodesOfFloats& to, const float* x, uint8_t* codes, int64_t begin, int64_t end) {
  const D d;
  const V low = hn::Set(d, to.low), high = hn::Set(d, to.high), step = hn::Set(d, to.step);
  const V steps = hn::Set(d, to.steps_of_one), zero = hn::Set(d, to.zero), half = hn::Set(d, 0.5f);
  Each(begin, end, [&](int64_t at, size_t count) {
    const V value = count == hn::Lanes(d) ? hn::LoadU(d, x + at) : hn::LoadN(d, x + at, count);
    const V above = hn::Sub(hn::Max(hn::Min(value, high), low), low);
    const V place = to.divides ? hn::Div(above, step) : hn::Mul(above, steps);
    const V code = hn::Add(hn::Floor(hn::Add(hn::Sub(place, zero), half)), zero);
    StoreCodes(hn::ConvertTo(DI(), code), codes + at, count);
  });
}

void WidenSome(const uint8_t* codes, int32_t zero, float step, float* x, int64_t begin, int64_t end) {
  const D d;
  const V offset = hn::Set(d, static_cast<float>(zero)), steps = hn::Set(d, step);
  Each(begin, end, [&](int64_t at, size_t count) {
    const V value = hn::Mul(hn::Sub(Widened(codes + at, count), offset), steps);
    count == hn::Lanes(d) ? hn::StoreU(value, d, x + at) : hn::StoreN(value, d, x + at, count);
  });
}

void AddSome(const CodeAddition& how, const uint8_t* a, const uint8_t* b, uint8_t* sum, int64_t begin, int64_t end) {
  const D d;
  const V factor_a = hn::Set(d, how.factor_a), factor_b = hn::Set(d, how.factor_b), add = hn::Set(d, how.add);
  const V low = hn::Set(d, how.low), high = hn::Set(d, how.high);
  Each(begin, end, [&](int64_t at, size_t count) {
    const V value = hn::MulAdd(Widened(a + at, count), factor_a, hn::MulAdd(Widened(b + at, count), factor_b, add));
    StoreCodes(hn::NearestInt(hn::Min(hn::Max(value, low), high)), sum + at, count);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(MakeSome);
HWY_EXPORT(WidenSome);
HWY_EXPORT(AddSome);

namespace {
constexpr int64_t kGrain = int64_t{1} << 15;
}  // namespace

void MakeCodes(const float* x, int64_t count, const CodesOfFloats& to, uint8_t* codes, ThreadPool& pool,
               const StopToken& stop) {
  pool.ParallelFor(count, kGrain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(MakeSome)(to, x, codes, begin, end);
  });
}

void FloatsOfCodes(const uint8_t* codes, int64_t count, int32_t zero, float step, float* x, ThreadPool& pool,
                   const StopToken& stop) {
  pool.ParallelFor(count, kGrain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(WidenSome)(codes, zero, step, x, begin, end);
  });
}

void AddCodes(const uint8_t* a, const uint8_t* b, int64_t count, const CodeAddition& how, uint8_t* sum,
              ThreadPool& pool, const StopToken& stop) {
  pool.ParallelFor(count, kGrain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(AddSome)(how, a, b, sum, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

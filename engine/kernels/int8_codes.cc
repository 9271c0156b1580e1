#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // int8_targets.h leaves no other of 512 bits
#endif

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

// A lambda that is called in two places is no loop's body otherwise, but a function.
#define RIVULET_INLINED __attribute__((always_inline))

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

// MakeCodes with what `in_steps` makes of the distance from the range's low end.
template <class InSteps>
HWY_INLINE void MakeWith(const InSteps& in_steps, const CodesOfFloats& to, const float* x, uint8_t* codes,
                         int64_t begin, int64_t end) {
  const D d;
  const V low = hn::Set(d, to.low), high = hn::Set(d, to.high);
  const V zero = hn::Set(d, to.zero), half = hn::Set(d, 0.5f);
  Each(begin, end, [&](int64_t at, size_t count) RIVULET_INLINED {
    const V value = count == hn::Lanes(d) ? hn::LoadU(d, x + at) : hn::LoadN(d, x + at, count);
    const V above = hn::Sub(hn::Max(hn::Min(value, high), low), low);
    const V code = hn::Add(hn::Floor(hn::Add(hn::Sub(in_steps(above), zero), half)), zero);
    StoreCodes(hn::ConvertTo(DI(), code), codes + at, count);
  });
}

void MakeSome(const CodesOfFloats& to, const float* x, uint8_t* codes, int64_t begin, int64_t end) {
  const D d;
  const V step = hn::Set(d, to.step), steps = hn::Set(d, to.steps_of_one);
  if (!to.divides) {
    return MakeWith([&](V above) { return hn::Mul(above, steps); }, to, x, codes, begin, end);
  }
#if HWY_NATIVE_FMA
  // A quotient without a division, whose bits it has (Markstein): the product with the rounded reciprocal is within two
  // units of the last place, what a fused remainder adds to it makes it one, and once more the nearest. The remainders
  // are exact while nothing leaves the normal numbers.
  if (to.step > 0x1p-60f && to.step < 0x1p60f) {
    const V one_by_step = hn::Set(d, 1.0f / to.step);
    const auto quotient = [&](V above) {
      V place = hn::Mul(above, one_by_step);
      place = hn::MulAdd(hn::NegMulAdd(place, step, above), one_by_step, place);
      return hn::MulAdd(hn::NegMulAdd(place, step, above), one_by_step, place);
    };
    return MakeWith(quotient, to, x, codes, begin, end);
  }
#endif
  MakeWith([&](V above) { return hn::Div(above, step); }, to, x, codes, begin, end);
}

void WidenSome(const uint8_t* codes, int32_t zero, float step, float* x, int64_t begin, int64_t end) {
  const D d;
  const V offset = hn::Set(d, static_cast<float>(zero)), steps = hn::Set(d, step);
  Each(begin, end, [&](int64_t at, size_t count) RIVULET_INLINED {
    const V value = hn::Mul(hn::Sub(Widened(codes + at, count), offset), steps);
    count == hn::Lanes(d) ? hn::StoreU(value, d, x + at) : hn::StoreN(value, d, x + at, count);
  });
}

// Codes as four vectors of floats, and back: within blocks of 16 bytes, so that no lane crosses one.
#if HWY_TARGET != HWY_SCALAR
using DBytes = hn::Repartition<uint8_t, D>;
using BytesV = hn::Vec<DBytes>;
struct FourFloats {
  V v0, v1, v2, v3;
};

HWY_INLINE FourFloats FloatsOf(BytesV codes) {
  const DBytes d8;
  const hn::Repartition<uint16_t, D> d16;
  const auto none = hn::Zero(d8);
  const auto low = hn::BitCast(d16, hn::InterleaveLower(d8, codes, none));
  const auto high = hn::BitCast(d16, hn::InterleaveUpper(d8, codes, none));
  const auto none16 = hn::Zero(d16);
  const auto convert = [](auto v) { return hn::ConvertTo(D(), hn::BitCast(DI(), v)); };
  return {convert(hn::InterleaveLower(d16, low, none16)), convert(hn::InterleaveUpper(d16, low, none16)),
          convert(hn::InterleaveLower(d16, high, none16)), convert(hn::InterleaveUpper(d16, high, none16))};
}

template <class To, class Wide>
HWY_INLINE hn::Vec<To> Narrowed(To d, Wide a, Wide b) {
#if HWY_HAVE_SCALABLE
  return hn::OrderedDemote2To(d, a, b);
#else
  return hn::ReorderDemote2To(d, a, b);
#endif
}

// Rounded to even; ends at 0 and 255.
HWY_INLINE BytesV CodesOf(const FourFloats& f) {
  const hn::Repartition<int16_t, D> d16;
  return Narrowed(DBytes(), Narrowed(d16, hn::NearestInt(f.v0), hn::NearestInt(f.v1)),
                  Narrowed(d16, hn::NearestInt(f.v2), hn::NearestInt(f.v3)));
}
#endif

HWY_INLINE V Ended(V value, float low, float high) {
  return hn::Min(hn::Max(value, hn::Set(D(), low)), hn::Set(D(), high));
}

void AddSome(const CodeAddition& how, const uint8_t* a, const uint8_t* b, uint8_t* sum, int64_t begin, int64_t end) {
  const D d;
  const V factor_a = hn::Set(d, how.factor_a), factor_b = hn::Set(d, how.factor_b), add = hn::Set(d, how.add);
  const auto one = [&](V left, V right) { return hn::MulAdd(left, factor_a, hn::MulAdd(right, factor_b, add)); };
#if HWY_TARGET != HWY_SCALAR
  const DBytes d8;
  const auto bytes = static_cast<int64_t>(hn::Lanes(d8));
  const BytesV least = hn::Set(d8, static_cast<uint8_t>(how.low)), most = hn::Set(d8, static_cast<uint8_t>(how.high));
  for (; begin + bytes <= end; begin += bytes) {
    const FourFloats x = FloatsOf(hn::LoadU(d8, a + begin)), y = FloatsOf(hn::LoadU(d8, b + begin));
    const BytesV codes = CodesOf({one(x.v0, y.v0), one(x.v1, y.v1), one(x.v2, y.v2), one(x.v3, y.v3)});
    hn::StoreU(hn::Min(hn::Max(codes, least), most), d8, sum + begin);
  }
#endif
  Each(begin, end, [&](int64_t at, size_t count) RIVULET_INLINED {
    const V value = one(Widened(a + at, count), Widened(b + at, count));
    StoreCodes(hn::NearestInt(Ended(value, how.low, how.high)), sum + at, count);
  });
}

void MultiplySome(const CodeProduct& how, const uint8_t* a, const uint8_t* b, uint8_t* product, int64_t begin,
                  int64_t end) {
  const D d;
  const V zero_a = hn::Set(d, static_cast<float>(how.zero_a)), zero_b = hn::Set(d, static_cast<float>(how.zero_b));
  const V factor = hn::Set(d, how.factor), zero = hn::Set(d, how.zero);
  Each(begin, end, [&](int64_t at, size_t count) RIVULET_INLINED {
    const V left = hn::Sub(Widened(a + at, count), zero_a), right = hn::Sub(Widened(b + at, count), zero_b);
    const V value = hn::MulAdd(hn::Mul(left, right), factor, zero);
    StoreCodes(hn::NearestInt(Ended(value, how.low, how.high)), product + at, count);
  });
}

// A channel is multiplied by its b.
void MultiplyPixels(const CodeProduct& how, const uint8_t* a, const uint8_t* b, int64_t pixels, int64_t channels,
                    uint8_t* product) {
  const D d;
  const V zero_a = hn::Set(d, static_cast<float>(how.zero_a)), zero_b = hn::Set(d, static_cast<float>(how.zero_b));
  const V factor = hn::Set(d, how.factor), zero = hn::Set(d, how.zero);
  int64_t first = 0;
#if HWY_TARGET != HWY_SCALAR
  const DBytes d8;
  const auto bytes = static_cast<int64_t>(hn::Lanes(d8));
  const BytesV least = hn::Set(d8, static_cast<uint8_t>(how.low)), most = hn::Set(d8, static_cast<uint8_t>(how.high));
  for (; first + bytes <= channels; first += bytes) {
    const FourFloats by = FloatsOf(hn::LoadU(d8, b + first));
    const auto scaled = [&](V v) { return hn::Mul(hn::Sub(v, zero_b), factor); };
    const V s0 = scaled(by.v0), s1 = scaled(by.v1), s2 = scaled(by.v2), s3 = scaled(by.v3);
    for (int64_t i = 0; i < pixels; ++i) {
      const FourFloats x = FloatsOf(hn::LoadU(d8, a + i * channels + first));
      const auto one = [&](V v, V scale) { return hn::MulAdd(hn::Sub(v, zero_a), scale, zero); };
      const BytesV codes = CodesOf({one(x.v0, s0), one(x.v1, s1), one(x.v2, s2), one(x.v3, s3)});
      hn::StoreU(hn::Min(hn::Max(codes, least), most), d8, product + i * channels + first);
    }
  }
#endif
  Each(first, channels, [&](int64_t at, size_t count) RIVULET_INLINED {
    const V scale = hn::Mul(hn::Sub(Widened(b + at, count), zero_b), factor);
    for (int64_t i = 0; i < pixels; ++i) {
      const V value = hn::MulAdd(hn::Sub(Widened(a + i * channels + at, count), zero_a), scale, zero);
      StoreCodes(hn::NearestInt(Ended(value, how.low, how.high)), product + i * channels + at, count);
    }
  });
}

#if HWY_TARGET <= HWY_AVX3_DL && HWY_ARCH_X86
constexpr int64_t kLookUpLanes = 64;
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
using LookUpTag = hn::CappedTag<int8_t, 32>;
constexpr int64_t kLookUpLanes = HWY_MAX_LANES_D(LookUpTag);
#else
constexpr int64_t kLookUpLanes = 1;  // none
#endif

// Vectors of codes from `at` on, as many as there are before `end`; returns where they end.
HWY_INLINE int64_t LookUpVectors(const uint8_t* table, const uint8_t* codes, uint8_t* to, int64_t at, int64_t end) {
#if HWY_TARGET <= HWY_AVX3_DL && HWY_ARCH_X86
  // Two tables of 128 bytes, each in two vectors.
  const hn::FixedTag<uint8_t, 64> d8;
  const auto t0 = hn::LoadU(d8, table), t1 = hn::LoadU(d8, table + 64);
  const auto t2 = hn::LoadU(d8, table + 128), t3 = hn::LoadU(d8, table + 192);
  for (; at + 64 <= end; at += 64) {
    const auto code = hn::LoadU(d8, codes + at);
    const auto place = hn::IndicesFromVec(d8, hn::And(code, hn::Set(d8, uint8_t{127})));
    const auto first = hn::TwoTablesLookupLanes(d8, t0, t1, place);
    const auto second = hn::TwoTablesLookupLanes(d8, t2, t3, place);
    hn::StoreU(hn::IfThenElse(hn::Gt(code, hn::Set(d8, uint8_t{127})), second, first), d8, to + at);
  }
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  // Sixteen tables of 16 bytes are all looked up by the lower half of a code; its upper half's bits choose, one after
  // the other where each is the top one.
  const hn::CappedTag<int8_t, 32> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d8));
  const auto* parts = reinterpret_cast<const int8_t*>(table);
  const auto* from = reinterpret_cast<const int8_t*>(codes);
  for (; at + lanes <= end; at += lanes) {
    const auto code = hn::LoadU(d8, from + at);
    const auto place = hn::And(code, hn::Set(d8, int8_t{15}));
    const auto sixth = hn::Add(code, code), fifth = hn::Add(sixth, sixth);
    const auto fourth = hn::Add(fifth, fifth);
    const auto looked = [&](int i)
                            RIVULET_INLINED { return hn::TableLookupBytes(hn::LoadDup128(d8, parts + 16 * i), place); };
    const auto two = [&](int i) RIVULET_INLINED { return hn::IfNegativeThenElse(fourth, looked(i + 1), looked(i)); };
    const auto four = [&](int i) RIVULET_INLINED { return hn::IfNegativeThenElse(fifth, two(i + 2), two(i)); };
    const auto eight = [&](int i) RIVULET_INLINED { return hn::IfNegativeThenElse(sixth, four(i + 4), four(i)); };
    const auto found = hn::IfNegativeThenElse(code, eight(8), eight(0));
    hn::StoreU(found, d8, reinterpret_cast<int8_t*>(to) + at);
  }
#endif
  (void)table, (void)codes, (void)to, (void)end;
  return at;
}

void LookUpSome(const uint8_t* table, const uint8_t* codes, uint8_t* to, int64_t begin, int64_t end) {
  int64_t at = LookUpVectors(table, codes, to, begin, end);
  for (; at < end; ++at) to[at] = table[codes[at]];
}

void LookUpRows(const uint8_t* table, const uint8_t* codes, int64_t rows, int64_t count, int64_t stride, uint8_t* to) {
  for (int64_t row = 0; row < rows; ++row, codes += count, to += stride) {
    int64_t at = LookUpVectors(table, codes, to, 0, count);
    if (at > 0 && at < count) at = LookUpVectors(table, codes, to, count - kLookUpLanes, count);  // over those before
    for (; at < count; ++at) to[at] = table[codes[at]];
  }
}

#undef RIVULET_INLINED
}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(MakeSome);
HWY_EXPORT(WidenSome);
HWY_EXPORT(AddSome);
HWY_EXPORT(MultiplySome);
HWY_EXPORT(MultiplyPixels);
HWY_EXPORT(LookUpSome);
HWY_EXPORT(LookUpRows);

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

void MultiplyCodes(const uint8_t* a, const uint8_t* b, int64_t count, const CodeProduct& how, uint8_t* product,
                   ThreadPool& pool, const StopToken& stop) {
  pool.ParallelFor(count, kGrain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(MultiplySome)(how, a, b, product, begin, end);
  });
}

void MultiplyChannels(const uint8_t* a, const uint8_t* b, int64_t images, int64_t pixels, int64_t channels,
                      const CodeProduct& how, uint8_t* product, ThreadPool& pool, const StopToken& stop) {
  if (pixels == 0 || channels == 0) return;
  pool.ParallelFor(images * pixels, std::max<int64_t>(kGrain / channels, 1), stop, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t image = begin / pixels, last = std::min(end, (image + 1) * pixels);
      HWY_DYNAMIC_DISPATCH(MultiplyPixels)
      (how, a + begin * channels, b + image * channels, last - begin, channels, product + begin * channels);
      begin = last;
    }
  });
}

void LookUpCodes(const uint8_t* codes, int64_t count, const uint8_t* table, uint8_t* to, ThreadPool& pool,
                 const StopToken& stop) {
  // Each thread has its part, most of which is in its cache.
  const int threads = pool.num_threads();
  const int64_t grain = threads == 1 ? kGrain : std::clamp((count + threads - 1) / threads, kGrain / 4, kGrain * 8);
  pool.ParallelFor(count, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(LookUpSome)(table, codes, to, begin, end);
  });
}

void LookUpRowsOfCodes(const uint8_t* codes, int64_t rows, int64_t count, const uint8_t* table, int64_t stride,
                       uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(LookUpRows)(table, codes, rows, count, stride, to);
}

}  // namespace rivulet
#endif  // HWY_ONCE

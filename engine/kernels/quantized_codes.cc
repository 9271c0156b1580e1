#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // int8_targets.h leaves no other of 512 bits
#endif

#include "engine/kernels/quantized_codes.h"

#include <algorithm>
#include <cmath>

#include "engine/kernels/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/quantized_codes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/code_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

using DB = hn::CappedTag<uint8_t, 64>;

void Encode(const float* x, int64_t count, const ByteEncoding& how, uint8_t* codes) {
  const D d;
  const V low = hn::Set(d, how.low), high = hn::Set(d, how.high), base = hn::Set(d, how.base);
  const V scale = hn::Set(d, how.scale), offset = hn::Set(d, how.offset), most = hn::Set(d, 255.0f);
  const auto all = [&](const auto& round) {
    Each(d, count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
      const V v = Load(d, x + at, lanes);
      const V place = hn::Mul(hn::Sub(hn::Max(hn::Min(v, high), low), base), scale);
      const V code = hn::Min(hn::Max(hn::Sub(round(place), offset), hn::Zero(d)), most);
      const I whole = hn::ConvertTo(DI(), hn::IfThenElseZero(hn::Eq(v, v), code));
      Store(hn::DemoteTo(D8(), whole), D8(), codes + at, lanes);
    });
  };
  if (how.even) {
    all([](V v) { return hn::Round(v); });
  } else {
    all([](V v) { return RoundAway(v); });
  }
}

void Decode(const uint8_t* codes, int64_t count, float step, float add, float* x) {
  const D d;
  const V steps = hn::Set(d, step), offset = hn::Set(d, add);
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto floats = [&](I code) RIVULET_INLINED { return hn::Add(hn::Mul(hn::ConvertTo(d, code), steps), offset); };
  int64_t at = 0;
  for (; at + 4 * lanes <= count; at += 4 * lanes) {
    const uint8_t* from = codes + at;
    const auto all = static_cast<size_t>(lanes);
    hn::StoreU(floats(Widened(from, all)), d, x + at);
    hn::StoreU(floats(Widened(from + lanes, all)), d, x + at + lanes);
    hn::StoreU(floats(Widened(from + 2 * lanes, all)), d, x + at + 2 * lanes);
    hn::StoreU(floats(Widened(from + 3 * lanes, all)), d, x + at + 3 * lanes);
  }
  Each(d, count - at, [&](int64_t i, size_t some) RIVULET_INLINED {
    Store(floats(Widened(codes + at + i, some)), d, x + at + i, some);
  });
}

void Clamp(const uint8_t* codes, int64_t count, uint8_t low, uint8_t high, uint8_t* to) {
  const DB d;
  Each(d, count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    Store(hn::Min(hn::Max(Load(d, codes + at, lanes), hn::Set(d, low)), hn::Set(d, high)), d, to + at, lanes);
  });
}

void Extremes(const int32_t* codes, int64_t count, int32_t* low, int32_t* high) {
  const DI d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  I least = hn::Set(d, *low), most = hn::Set(d, *high);
  int64_t at = 0;
  for (; at + lanes <= count; at += lanes) {
    const I v = hn::LoadU(d, codes + at);
    least = hn::Min(least, v);
    most = hn::Max(most, v);
  }
  *low = hn::ReduceMin(d, least);
  *high = hn::ReduceMax(d, most);
  for (; at < count; ++at) {
    *low = std::min(*low, codes[at]);
    *high = std::max(*high, codes[at]);
  }
}

void LeastAndMost(const uint8_t* codes, int64_t count, uint8_t* low, uint8_t* high) {
  int64_t at = 0;
#if HWY_TARGET != HWY_SCALAR
  const DB d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto least = hn::Set(d, *low), most = hn::Set(d, *high);
  for (; at + lanes <= count; at += lanes) {
    const auto v = hn::LoadU(d, codes + at);
    least = hn::Min(least, v);
    most = hn::Max(most, v);
  }
  HWY_ALIGN uint8_t lows[static_cast<size_t>(HWY_MAX_LANES_D(DB))], highs[static_cast<size_t>(HWY_MAX_LANES_D(DB))];
  hn::Store(least, d, lows);
  hn::Store(most, d, highs);
  *low = *std::min_element(lows, lows + lanes);
  *high = *std::max_element(highs, highs + lanes);
#endif
  for (; at < count; ++at) {
    *low = std::min(*low, codes[at]);
    *high = std::max(*high, codes[at]);
  }
}

uint8_t Requantized(int32_t code, int64_t scale, uint64_t offset) {
  const auto product = static_cast<int64_t>(static_cast<uint64_t>(int64_t{code}) * static_cast<uint64_t>(scale));
  const auto out = static_cast<int64_t>(static_cast<uint64_t>(product >> 32) + offset) >> 16;
  return static_cast<uint8_t>(std::clamp<int64_t>(out, 0, 255));
}

void Requantize(const int32_t* codes, int64_t count, int64_t scale, uint64_t offset, uint8_t* to) {
  int64_t done = 0;
#if HWY_HAVE_FLOAT64
  // Whole quotients of whole quotients are those of the whole, so that one floor does: in double precision, as long as
  // nothing wraps around.
  const auto start = static_cast<int64_t>(offset);
  const int64_t farthest = scale == 0 ? INT32_MAX : std::min<int64_t>(INT64_MAX / scale, INT32_MAX);
  if (start > -(int64_t{1} << 52) && start < (int64_t{1} << 52)) {
    const hn::Half<DI> d;
    const hn::Rebind<double, hn::Half<DI>> dd;
    const hn::Rebind<uint8_t, hn::Half<DI>> d8;
    const auto factor = hn::Set(dd, std::ldexp(static_cast<double>(scale), -48));
    const auto add = hn::Set(dd, std::ldexp(static_cast<double>(start), -16) + 0x1p-30);
    const auto most = hn::Set(dd, 255.0);
    const auto far = hn::Set(d, static_cast<int32_t>(farthest)), near = hn::Set(d, -static_cast<int32_t>(farthest));
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    for (; done + lanes <= count; done += lanes) {
      const auto v = hn::LoadU(d, codes + done);
      if (HWY_UNLIKELY(!hn::AllFalse(d, hn::Or(hn::Gt(v, far), hn::Lt(v, near))))) {
        for (int64_t i = done; i < done + lanes; ++i) to[i] = Requantized(codes[i], scale, offset);
        continue;
      }
      const auto place = hn::MulAdd(hn::PromoteTo(dd, v), factor, add);
      const auto code = hn::DemoteTo(d, hn::Min(hn::Max(place, hn::Zero(dd)), most));
      hn::StoreU(hn::DemoteTo(d8, code), d8, to + done);
    }
  }
#endif
  for (; done < count; ++done) to[done] = Requantized(codes[done], scale, offset);
}

void AddLines(const uint8_t* a, const uint8_t* b, int64_t count, int32_t start, int32_t step_a, int32_t step_b,
              int32_t* sum) {
  const DI d;
  const I from = hn::Set(d, start), steps_a = hn::Set(d, step_a), steps_b = hn::Set(d, step_b);
  Each(d, count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    I v = from;
    if (a != nullptr) v = hn::Add(v, hn::Mul(Widened(a + at, lanes), steps_a));
    if (b != nullptr) v = hn::Add(v, hn::Mul(Widened(b + at, lanes), steps_b));
    Store(v, d, sum + at, lanes);
  });
}

void AddBias(const uint8_t* codes, const int32_t* bias, int64_t count, const WideEncoding& how, int32_t* sum) {
  const D d;
  const DI di;
  const V step = hn::Set(d, how.step), add = hn::Set(d, how.add), scale = hn::Set(d, how.scale);
  const V offset = hn::Set(d, how.offset), low = hn::Set(d, -2147483648.0f), high = hn::Set(d, 2147483520.0f);
  Each(d, count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    const V number = hn::Add(hn::Mul(hn::ConvertTo(d, Widened(codes + at, lanes)), step), add);
    const V place = hn::Sub(RoundAway(hn::Mul(number, scale)), offset);
    const I code = hn::ConvertTo(di, hn::Min(hn::Max(place, low), high));
    Store(hn::Add(code, Load(di, bias + at, lanes)), di, sum + at, lanes);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(Encode);
HWY_EXPORT(Decode);
HWY_EXPORT(Clamp);
HWY_EXPORT(Extremes);
HWY_EXPORT(LeastAndMost);
HWY_EXPORT(Requantize);
HWY_EXPORT(AddLines);
HWY_EXPORT(AddBias);

void EncodeBytes(const float* x, int64_t count, const ByteEncoding& how, uint8_t* codes) {
  HWY_DYNAMIC_DISPATCH(Encode)(x, count, how, codes);
}

void DecodeBytes(const uint8_t* codes, int64_t count, float step, float add, float* x) {
  HWY_DYNAMIC_DISPATCH(Decode)(codes, count, step, add, x);
}

void ClampBytes(const uint8_t* codes, int64_t count, uint8_t low, uint8_t high, uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(Clamp)(codes, count, low, high, to);
}

void ExtremesOfBytes(const uint8_t* codes, int64_t count, uint8_t* low, uint8_t* high) {
  HWY_DYNAMIC_DISPATCH(LeastAndMost)(codes, count, low, high);
}

void ExtremesOfCodes(const int32_t* codes, int64_t count, int32_t* low, int32_t* high) {
  HWY_DYNAMIC_DISPATCH(Extremes)(codes, count, low, high);
}

void RequantizeCodes(const int32_t* codes, int64_t count, int64_t scale, uint64_t offset, uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(Requantize)(codes, count, scale, offset, to);
}

void AddCodeLines(const uint8_t* a, const uint8_t* b, int64_t count, int32_t start, int32_t step_a, int32_t step_b,
                  int32_t* sum) {
  HWY_DYNAMIC_DISPATCH(AddLines)(a, b, count, start, step_a, step_b, sum);
}

void AddBiasCodes(const uint8_t* codes, const int32_t* bias, int64_t count, const WideEncoding& how, int32_t* sum) {
  HWY_DYNAMIC_DISPATCH(AddBias)(codes, bias, count, how, sum);
}

}  // namespace rivulet
#endif  // HWY_ONCE

// Stages that often follow one another, with values that stay in registers from the first to the last. Per-target:
// included once for each target by code_stages.cc.
#include <algorithm>
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_CODE_STAGES_FUSED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_CODE_STAGES_FUSED_INL_H_
#undef RIVULET_ENGINE_KERNELS_CODE_STAGES_FUSED_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_CODE_STAGES_FUSED_INL_H_
#endif

#include "engine/kernels/code_stages.h"
#include "engine/kernels/code_vectors-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// With a lead. The places of a vector of codes.
HWY_INLINE V LeadingPlaces(const CodeStage& s, I code, int64_t column) {
  const D d;
  return hn::MulAdd(hn::ConvertTo(d, code), hn::LoadU(d, s.multiply + column), hn::LoadU(d, s.add + column));
}
HWY_INLINE V Within(V v, V low, V high) { return hn::Min(hn::Max(v, low), high); }

#if HWY_TARGET != HWY_SCALAR
HWY_INLINE void StoreFour(I a, I b, I c, I d, int64_t lanes, int32_t* to) {
  const DI di;
  hn::StoreU(a, di, to);
  hn::StoreU(b, di, to + lanes);
  hn::StoreU(c, di, to + 2 * lanes);
  hn::StoreU(d, di, to + 3 * lanes);
}
HWY_INLINE hn::Vec<hn::Repartition<uint8_t, DI>> BytesOfFour(I a, I b, I c, I d) {
  const hn::Repartition<int16_t, DI> d16;
  const hn::Repartition<uint8_t, DI> d8;
  return hn::OrderedDemote2To(d8, hn::OrderedDemote2To(d16, a, b), hn::OrderedDemote2To(d16, c, d));
}
HWY_INLINE void StoreFour(I a, I b, I c, I d, int64_t, uint8_t* to) {
  hn::StoreU(BytesOfFour(a, b, c, d), hn::Repartition<uint8_t, DI>(), to);
}
#endif

HWY_INLINE I BiasedCodes(const CodeStage& s, I code, int64_t column) {
  return hn::Add(WideCodes(s, code), hn::LoadU(DI(), s.bias + column));
}

HWY_INLINE V EncodedPlaces(const CodeStage& s, V v) {
  const D d;
  const V code = hn::Sub(RoundAway(hn::Mul(v, hn::Set(d, s.encoding.scale))), hn::Set(d, s.encoding.offset));
  const V inside = hn::Min(hn::Max(code, hn::Zero(d)), hn::Set(d, 255.0f));
  return hn::IfThenElseZero(hn::Eq(v, v), inside);
}

HWY_INLINE I PairCodes(const CodePair& pair, I x, I y) {
  const DI di;
  const I of_a = hn::Set(di, pair.step_a), of_b = hn::Set(di, pair.step_b);
  if (pair.multiplies) return hn::Mul(hn::Sub(x, of_a), hn::Sub(y, of_b));
  return hn::Add(hn::Add(hn::Set(di, pair.start), hn::Mul(x, of_a)), hn::Mul(y, of_b));
}

// Elements that are computed together.
HWY_INLINE int64_t FusedGroup() { return 4 * static_cast<int64_t>(hn::Lanes(DI())); }

// Not where the size of the code counts more, as it does for processors without vectors.
#undef RIVULET_FUSES_STAGES
#ifdef RIVULET_SMALL
#define RIVULET_FUSES_STAGES 0
#else
#define RIVULET_FUSES_STAGES (HWY_TARGET != HWY_SCALAR)
#endif

// What stages are when they are fused: a kNarrow of codes or of a pair, or a kEncode; perhaps a second kNarrow, perhaps
// behind a kBias; ends; perhaps a kDecode. kFloatsWithin: no float needs to be ended; kPairSmall: codes of a sum are
// numbers of single precision.
enum class FusedHead : uint8_t { kCodes, kFloats, kFloatsWithin, kPair, kPairSmall };
enum class FusedMiddle : uint8_t { kNone, kNarrow, kBias, kLine };
struct FusedStages {
  const CodeStage* head = nullptr;
  const CodeStage* bias = nullptr;
  const CodeStage* narrow = nullptr;  // the second one
  const CodeStage* decode = nullptr;
  int32_t low = 0;
  int32_t high = 255;
};
// Groups of `count` elements, from the first one on, up to one where a code is in doubt: returns how many elements.
using FusedFunction = int64_t (*)(const FusedStages&, const StagedSource&, int64_t first, int64_t count, int64_t column,
                                  void* output);

#if RIVULET_FUSES_STAGES
template <FusedHead kHead, FusedMiddle kMiddle, bool kFloats>
int64_t RunFused(const FusedStages& f, const StagedSource& source, int64_t first, int64_t count, int64_t column,
                 void* output) {
  constexpr bool kEncodes = kHead == FusedHead::kFloats || kHead == FusedHead::kFloatsWithin;
  constexpr bool kHasMiddle = kMiddle != FusedMiddle::kNone;
  const D d;
  const DI di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(di));
  const CodeStage& head = *f.head;
  const CodeStage& second = kHasMiddle ? *f.narrow : head;
  const V low0 = hn::Set(d, static_cast<float>(head.low)), high0 = hn::Set(d, static_cast<float>(head.high));
  const V low1 = hn::Set(d, static_cast<float>(f.low)), high1 = hn::Set(d, static_cast<float>(f.high));
  // What lies least above a whole number, of the first narrowing and of the second: floats that are not negative, which
  // integers have in the same order.
  I least0 = hn::BitCast(di, hn::Set(d, 1.0f)), least1 = least0;
  const I doubt0 = hn::BitCast(di, hn::Set(d, kEncodes ? 0.0f : 2 * head.lead));
  const I doubt1 = hn::BitCast(di, hn::Set(d, kHasMiddle ? 2 * second.lead : 0.0f));
  const float* HWY_RESTRICT multiply0 = kEncodes ? nullptr : head.multiply + column;
  const float* HWY_RESTRICT add0 = kEncodes ? nullptr : head.add + column;
  const float* HWY_RESTRICT multiply1 = kHasMiddle ? second.multiply + column : nullptr;
  const float* HWY_RESTRICT add1 = kMiddle == FusedMiddle::kLine ? second.add_behind + column
                                   : kHasMiddle                  ? second.add + column
                                                                 : nullptr;
  const V encode_scale = hn::Set(d, head.encoding.scale), encode_offset = hn::Set(d, head.encoding.offset);
  const V line_step = hn::Set(d, kMiddle == FusedMiddle::kLine ? f.bias->line_step : 0.0f);
  const V line_add = hn::Set(d, kMiddle == FusedMiddle::kLine ? f.bias->line_add : 0.0f);
  const CodePair pair = source.pair;
  const V start = hn::Set(d, static_cast<float>(pair.start));
  const V step_a = hn::Set(d, static_cast<float>(pair.step_a)), step_b = hn::Set(d, static_cast<float>(pair.step_b));
  const auto* HWY_RESTRICT floats = static_cast<const float*>(source.values) + (kEncodes ? first : 0);
  const auto* HWY_RESTRICT codes =
      static_cast<const int32_t*>(source.values) + (kHead == FusedHead::kCodes ? first : 0);
  const auto* HWY_RESTRICT bytes = static_cast<const uint8_t*>(source.values) + (pair.other != nullptr ? first : 0);
  const uint8_t* HWY_RESTRICT others = pair.other != nullptr ? pair.other + first : nullptr;
  const auto narrowed = [&](V number, const float* multiply, const float* add, I& least) RIVULET_INLINED {
    const V place = hn::MulAdd(number, hn::LoadU(d, multiply), hn::LoadU(d, add));
    const V whole = hn::Floor(place);
    least = hn::Min(least, hn::BitCast(di, hn::Sub(place, whole)));
    return whole;
  };
  const auto numbers_at = [&](int64_t at) RIVULET_INLINED {
    if constexpr (kHead == FusedHead::kCodes) return hn::ConvertTo(d, hn::LoadU(di, codes + at));
    const I a = hn::PromoteTo(di, hn::LoadU(D8(), bytes + at)), b = hn::PromoteTo(di, hn::LoadU(D8(), others + at));
    if constexpr (kHead == FusedHead::kPair) return hn::ConvertTo(d, PairCodes(pair, a, b));
    return hn::MulAdd(hn::ConvertTo(d, b), step_b, hn::MulAdd(hn::ConvertTo(d, a), step_a, start));
  };
  const auto codes_at = [&](int64_t at) RIVULET_INLINED {
    V code;
    if constexpr (kHead == FusedHead::kFloatsWithin) {
      code = hn::Sub(RoundAway(hn::Mul(hn::LoadU(d, floats + at), encode_scale)), encode_offset);
    } else if constexpr (kHead == FusedHead::kFloats) {
      code = EncodedPlaces(head, hn::LoadU(d, floats + at));
    } else {
      code = narrowed(numbers_at(at), multiply0 + at, add0 + at, least0);
      if constexpr (kHasMiddle) code = Within(code, low0, high0);
    }
    if constexpr (kHasMiddle) {
      if constexpr (kMiddle == FusedMiddle::kLine) code = hn::Round(hn::MulAdd(code, line_step, line_add));
      if constexpr (kMiddle == FusedMiddle::kBias) {
        code = hn::ConvertTo(d, BiasedCodes(*f.bias, hn::ConvertInRangeTo(di, code), column + at));
      }
      code = narrowed(code, multiply1 + at, add1 + at, least1);
    }
    return code;
  };
  int64_t at = 0;
  for (; at + 4 * lanes <= count; at += 4 * lanes) {
    const V v0 = codes_at(at), v1 = codes_at(at + lanes), v2 = codes_at(at + 2 * lanes), v3 = codes_at(at + 3 * lanes);
    const auto in_doubt = hn::Or(hn::Lt(least0, doubt0), hn::Lt(least1, doubt1));
    if (HWY_UNLIKELY(!hn::AllFalse(di, in_doubt))) return at;
    if constexpr (kFloats) {
      const V factor = hn::Set(d, f.decode->factor), term = hn::Set(d, f.decode->term);
      float* to = static_cast<float*>(output) + first + at;
      hn::StoreU(hn::Add(hn::Mul(Within(v0, low1, high1), factor), term), d, to);
      hn::StoreU(hn::Add(hn::Mul(Within(v1, low1, high1), factor), term), d, to + lanes);
      hn::StoreU(hn::Add(hn::Mul(Within(v2, low1, high1), factor), term), d, to + 2 * lanes);
      hn::StoreU(hn::Add(hn::Mul(Within(v3, low1, high1), factor), term), d, to + 3 * lanes);
    } else {
      const hn::Repartition<uint8_t, DI> d8;
      const auto made = BytesOfFour(hn::ConvertInRangeTo(di, v0), hn::ConvertInRangeTo(di, v1),
                                    hn::ConvertInRangeTo(di, v2), hn::ConvertInRangeTo(di, v3));
      const auto low = hn::Set(d8, static_cast<uint8_t>(f.low)), high = hn::Set(d8, static_cast<uint8_t>(f.high));
      hn::StoreU(hn::Min(hn::Max(made, low), high), d8, static_cast<uint8_t*>(output) + first + at);
    }
  }
  return at;
}

template <FusedHead kHead, bool kFloats>
FusedFunction FunctionOf(FusedMiddle middle) {
  constexpr bool kIsPair = kHead == FusedHead::kPair || kHead == FusedHead::kPairSmall;
  if (middle == FusedMiddle::kNone) return RunFused<kHead, FusedMiddle::kNone, kFloats>;
  if constexpr (!kIsPair) {
    if (middle == FusedMiddle::kNarrow) return RunFused<kHead, FusedMiddle::kNarrow, kFloats>;
    if (middle == FusedMiddle::kLine) return RunFused<kHead, FusedMiddle::kLine, kFloats>;
  }
  if constexpr (kHead == FusedHead::kCodes) return RunFused<kHead, FusedMiddle::kBias, kFloats>;
  return nullptr;
}

template <bool kFloats>
FusedFunction FunctionOf(FusedHead head, FusedMiddle middle) {
  switch (head) {
    case FusedHead::kCodes: return FunctionOf<FusedHead::kCodes, kFloats>(middle);
    case FusedHead::kFloats: return FunctionOf<FusedHead::kFloats, kFloats>(middle);
    case FusedHead::kFloatsWithin: return FunctionOf<FusedHead::kFloatsWithin, kFloats>(middle);
    case FusedHead::kPair: return FunctionOf<FusedHead::kPair, kFloats>(middle);
    case FusedHead::kPairSmall: return FunctionOf<FusedHead::kPairSmall, kFloats>(middle);
  }
  return nullptr;
}

// Whether a pair's codes, and what they are sums of, are numbers of single precision.
bool IsSmall(const CodePair& pair) {
  const auto size = [](int32_t v) { return std::abs(static_cast<double>(v)); };
  return !pair.multiplies && size(pair.start) + 255 * (size(pair.step_a) + size(pair.step_b)) < 0x1p24;
}
#endif

// Null where the stages are others.
FusedFunction FuseStages(const CodeStages& stages, const StagedSource& source, StageType to, FusedStages* f) {
#if !RIVULET_FUSES_STAGES
  (void)stages, (void)source, (void)to, (void)f;
  return nullptr;
#else
  const CodeStage* s = stages.stages;
  const CodeStage* const end = s + stages.count;
  const auto narrows = [&](const CodeStage* stage) {
    return stage < end && stage->kind == StageKind::kNarrow && stage->lead > 0;
  };
  FusedHead head = FusedHead::kCodes;
  FusedMiddle middle = FusedMiddle::kNone;
  if (source.pair.other != nullptr) {
    head = IsSmall(source.pair) ? FusedHead::kPairSmall : FusedHead::kPair;
  } else if (source.type == StageType::kFloats) {
    if (s == end || s->kind != StageKind::kEncode) return nullptr;
    head = s->is_within ? FusedHead::kFloatsWithin : FusedHead::kFloats;
  } else if (source.type == StageType::kBytes) {
    return nullptr;
  }
  if (s->kind != StageKind::kEncode && !narrows(s)) return nullptr;
  f->head = s++;
  if (f->head->kind == StageKind::kNarrow) {
    f->low = f->head->low;
    f->high = f->head->high;
  }
  if (s < end && s->kind == StageKind::kBias && s->code_of_byte == nullptr && narrows(s + 1)) {
    middle = s->has_line && (s + 1)->add_behind != nullptr ? FusedMiddle::kLine : FusedMiddle::kBias;
    f->bias = s++;
  } else if (narrows(s)) {
    middle = FusedMiddle::kNarrow;
  }
  if (middle != FusedMiddle::kNone) {
    f->narrow = s++;
    f->low = f->narrow->low;
    f->high = f->narrow->high;
  }
  for (; s < end && s->kind == StageKind::kClamp && s->low <= s->high; ++s) {
    f->low = std::clamp(f->low, s->low, s->high);
    f->high = std::clamp(f->high, s->low, s->high);
  }
  if (s == end) return to == StageType::kBytes ? FunctionOf<false>(head, middle) : nullptr;
  f->decode = s++;
  if (s != end || f->decode->kind != StageKind::kDecode || to != StageType::kFloats) return nullptr;
  return FunctionOf<true>(head, middle);
#endif
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

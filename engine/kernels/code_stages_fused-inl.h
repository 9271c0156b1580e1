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

int32_t Exact(const CodeStage& s, int32_t code, int64_t column) {
  uint32_t z = static_cast<uint32_t>(code) * (s.step == nullptr ? 1u : static_cast<uint32_t>(s.step[column]));
  z += s.start == nullptr ? 0u : static_cast<uint32_t>(s.start[column]);
  const auto product =
      static_cast<int64_t>(static_cast<uint64_t>(int64_t{static_cast<int32_t>(z)}) * static_cast<uint64_t>(s.scale));
  const auto out = static_cast<int64_t>(static_cast<uint64_t>(product >> 32) + s.offset) >> 16;
  return static_cast<int32_t>(std::clamp<int64_t>(out, s.low, s.high));
}

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
#if HWY_TARGET == HWY_AVX2
  // Narrowing works half by half: one shuffle puts all of them in order.
  HWY_ALIGN static constexpr int32_t kOrder[8] = {0, 4, 1, 5, 2, 6, 3, 7};
  const DI di;
  const auto parts = hn::ReorderDemote2To(d8, hn::ReorderDemote2To(d16, a, b), hn::ReorderDemote2To(d16, c, d));
  return hn::BitCast(d8, hn::TableLookupLanes(hn::BitCast(di, parts), hn::SetTableIndices(di, kOrder)));
#else
  return hn::OrderedDemote2To(d8, hn::OrderedDemote2To(d16, a, b), hn::OrderedDemote2To(d16, c, d));
#endif
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
// behind a kBias; ends; perhaps a kDecode. kCodesWithin, kFloatsWithin: nothing needs to be ended before the second;
// kPairSmall: codes of a sum are numbers of single precision. kScaled: bytes, a kDecode, a kMultiply and a kEncode
// within its ends.
enum class FusedHead : uint8_t { kCodes, kCodesWithin, kFloats, kFloatsWithin, kPair, kPairSmall, kScaled };
enum class FusedMiddle : uint8_t { kNone, kNarrow, kBias, kLine, kEven };
struct FusedStages {
  const CodeStage* head = nullptr;
  const CodeStage* bias = nullptr;
  const CodeStage* narrow = nullptr;  // the second one
  const CodeStage* decode = nullptr;  // the last one, or of kScaled the first
  const CodeStage* multiply = nullptr;
  int32_t low = 0;
  int32_t high = 255;
};
// Whole groups of `count` elements from `first` on, which is the first of a line of `columns`: returns how many
// elements. More than a line only where lines are whole groups.
using FusedFunction = int64_t (*)(const FusedStages&, const StagedSource&, int64_t first, int64_t count,
                                  int64_t columns, void* output);

#if RIVULET_FUSES_STAGES
// What a kNarrow with a lead makes of a vector of codes, those in doubt one by one.
HWY_INLINE V NarrowedExactly(const CodeStage& s, I code, int64_t column) {
  const D d;
  const DI di;
  const V place = LeadingPlaces(s, code, column), whole = hn::Floor(place);
  const V low = hn::Set(d, static_cast<float>(s.low)), high = hn::Set(d, static_cast<float>(s.high));
  const V inside = Within(whole, low, high);
  const auto in_doubt = hn::Lt(hn::Sub(place, whole), hn::Set(d, 2 * s.lead));
  if (hn::AllFalse(d, in_doubt)) return inside;
  HWY_ALIGN int32_t codes[static_cast<size_t>(HWY_MAX_LANES_D(DI))], flags[static_cast<size_t>(HWY_MAX_LANES_D(DI))];
  HWY_ALIGN float made[static_cast<size_t>(HWY_MAX_LANES_D(D))];
  hn::Store(code, di, codes);
  hn::Store(hn::BitCast(di, hn::VecFromMask(d, in_doubt)), di, flags);
  hn::Store(inside, d, made);
  for (size_t i = 0; i < hn::Lanes(d); ++i) {
    if (flags[i] != 0) made[i] = static_cast<float>(Exact(s, codes[i], column + static_cast<int64_t>(i)));
  }
  return hn::Load(d, made);
}

// What a kDecode and a kMultiply make of codes.
HWY_INLINE V ScaledNumbers(const FusedStages& f, V code, int64_t column) {
  const D d;
  const V decoded = hn::Add(hn::Mul(code, hn::Set(d, f.decode->factor)), hn::Set(d, f.decode->term));
  return hn::Mul(decoded, hn::LoadU(d, f.multiply->row + column));
}

// A vector of a group where some code is in doubt, from element `at` on: what the last narrowing makes of it.
template <FusedHead kHead, FusedMiddle kMiddle>
HWY_NOINLINE V ExactVector(const FusedStages& f, const StagedSource& source, int64_t at, int64_t column) {
  const D d;
  const DI di;
  V code;
  if constexpr (kHead == FusedHead::kScaled) {
    const V number =
        hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(D8(), static_cast<const uint8_t*>(source.values) + at)));
    code = EncodedPlaces(*f.head, ScaledNumbers(f, number, column));
  } else if constexpr (kHead == FusedHead::kFloats || kHead == FusedHead::kFloatsWithin) {
    code = EncodedPlaces(*f.head, hn::LoadU(d, static_cast<const float*>(source.values) + at));
  } else if constexpr (kHead == FusedHead::kCodes || kHead == FusedHead::kCodesWithin) {
    code = NarrowedExactly(*f.head, hn::LoadU(di, static_cast<const int32_t*>(source.values) + at), column);
  } else {
    const I a = hn::PromoteTo(di, hn::LoadU(D8(), static_cast<const uint8_t*>(source.values) + at));
    const I b = hn::PromoteTo(di, hn::LoadU(D8(), source.pair.other + at));
    code = NarrowedExactly(*f.head, PairCodes(source.pair, a, b), column);
  }
  if constexpr (kMiddle == FusedMiddle::kNone) return code;
  const I whole = hn::ConvertInRangeTo(di, code);
  if constexpr (kMiddle == FusedMiddle::kNarrow) return NarrowedExactly(*f.narrow, whole, column);
  return NarrowedExactly(*f.narrow, BiasedCodes(*f.bias, whole, column), column);
}

template <FusedHead kHead, FusedMiddle kMiddle, bool kFloats>
int64_t RunFused(const FusedStages& f, const StagedSource& source, int64_t first, int64_t count, int64_t columns,
                 void* output) {
  constexpr bool kScales = kHead == FusedHead::kScaled;
  constexpr bool kEncodes = kHead == FusedHead::kFloats || kHead == FusedHead::kFloatsWithin || kScales;
  constexpr bool kLeads = kHead != FusedHead::kFloats;  // the first codes may be in doubt
  constexpr bool kHasMiddle = kMiddle != FusedMiddle::kNone;
  constexpr bool kOfCodes = kHead == FusedHead::kCodes || kHead == FusedHead::kCodesWithin;
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
  const I doubt0 = hn::BitCast(di, hn::Set(d, kLeads ? 2 * head.lead : 0.0f));
  const I doubt1 = hn::BitCast(di, hn::Set(d, kHasMiddle ? 2 * second.lead : 0.0f));
  // The head's are the same for all columns, and behind a bias the second one's factor is.
  const V multiply0 = hn::Set(d, kEncodes ? 0.0f : head.multiply[0]), add0 = hn::Set(d, kEncodes ? 0.0f : head.add[0]);
  const float* HWY_RESTRICT multiply1 = kHasMiddle ? second.multiply : nullptr;
  constexpr bool kIsBehind = kMiddle == FusedMiddle::kLine || kMiddle == FusedMiddle::kEven;
  const float* HWY_RESTRICT add1 = kIsBehind ? second.add_behind : kHasMiddle ? second.add : nullptr;
  const V one_multiply1 = hn::Set(d, kHasMiddle ? multiply1[0] : 0.0f);
  const V encode_scale = hn::Set(d, head.encoding.scale), encode_add = hn::Set(d, head.term);
  const V line_step = hn::Set(d, kMiddle == FusedMiddle::kLine ? f.bias->line_step : 0.0f);
  const V line_add = hn::Set(d, kMiddle == FusedMiddle::kLine ? f.bias->line_add : 0.0f);
  const CodePair pair = source.pair;
  const V start = hn::Set(d, static_cast<float>(pair.start));
  const V step_a = hn::Set(d, static_cast<float>(pair.step_a)), step_b = hn::Set(d, static_cast<float>(pair.step_b));
  const auto* HWY_RESTRICT floats = static_cast<const float*>(source.values) + (kEncodes && !kScales ? first : 0);
  const auto* HWY_RESTRICT codes = static_cast<const int32_t*>(source.values) + (kOfCodes ? first : 0);
  const auto* HWY_RESTRICT bytes =
      static_cast<const uint8_t*>(source.values) + (kScales || pair.other != nullptr ? first : 0);
  const uint8_t* HWY_RESTRICT others = pair.other != nullptr ? pair.other + first : nullptr;
  const auto narrowed = [&](V number, V multiply, V add, I& least) RIVULET_INLINED {
    const V place = hn::MulAdd(number, multiply, add);
    const V whole = hn::Floor(place);
    least = hn::Min(least, hn::BitCast(di, hn::Sub(place, whole)));
    return whole;
  };
  const auto numbers_at = [&](int64_t at) RIVULET_INLINED {
    if constexpr (kOfCodes) return hn::ConvertTo(d, hn::LoadU(di, codes + at));
    const I a = hn::PromoteTo(di, hn::LoadU(D8(), bytes + at)), b = hn::PromoteTo(di, hn::LoadU(D8(), others + at));
    if constexpr (kHead == FusedHead::kPair) return hn::ConvertTo(d, PairCodes(pair, a, b));
    return hn::MulAdd(hn::ConvertTo(d, b), step_b, hn::MulAdd(hn::ConvertTo(d, a), step_a, start));
  };
  const auto codes_at = [&](int64_t at, int64_t column) RIVULET_INLINED {
    V code;
    if constexpr (kScales) {
      const V number = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(D8(), bytes + at)));
      code = narrowed(ScaledNumbers(f, number, column), encode_scale, encode_add, least0);
    } else if constexpr (kHead == FusedHead::kFloatsWithin) {
      code = narrowed(hn::LoadU(d, floats + at), encode_scale, encode_add, least0);
    } else if constexpr (kHead == FusedHead::kFloats) {
      code = EncodedPlaces(head, hn::LoadU(d, floats + at));
    } else {
      code = narrowed(numbers_at(at), multiply0, add0, least0);
      if constexpr (kHasMiddle && kHead != FusedHead::kCodesWithin) code = Within(code, low0, high0);
    }
    if constexpr (kHasMiddle) {
      if constexpr (kMiddle == FusedMiddle::kLine) code = hn::Round(hn::MulAdd(code, line_step, line_add));
      if constexpr (kMiddle == FusedMiddle::kEven) code = EvenWideCodes(*f.bias, code);
      if constexpr (kMiddle == FusedMiddle::kBias) {
        code = hn::ConvertTo(d, BiasedCodes(*f.bias, hn::ConvertInRangeTo(di, code), column));
      }
      const V multiply = kMiddle == FusedMiddle::kNarrow ? hn::LoadU(d, multiply1 + column) : one_multiply1;
      code = narrowed(code, multiply, hn::LoadU(d, add1 + column), least1);
    }
    return code;
  };
  int64_t at = 0;
  for (int64_t column = 0; at + 4 * lanes <= count; at += 4 * lanes, column += 4 * lanes) {
    if (column == columns) column = 0;
    V v0 = codes_at(at, column), v1 = codes_at(at + lanes, column + lanes);
    V v2 = codes_at(at + 2 * lanes, column + 2 * lanes), v3 = codes_at(at + 3 * lanes, column + 3 * lanes);
    const auto in_doubt = hn::Or(hn::Lt(least0, doubt0), hn::Lt(least1, doubt1));
    if (HWY_UNLIKELY(!hn::AllFalse(di, in_doubt))) {
      v0 = ExactVector<kHead, kMiddle>(f, source, first + at, column);
      v1 = ExactVector<kHead, kMiddle>(f, source, first + at + lanes, column + lanes);
      v2 = ExactVector<kHead, kMiddle>(f, source, first + at + 2 * lanes, column + 2 * lanes);
      v3 = ExactVector<kHead, kMiddle>(f, source, first + at + 3 * lanes, column + 3 * lanes);
      least0 = least1 = hn::BitCast(di, hn::Set(d, 1.0f));
    }
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
  constexpr bool kIsPair = kHead == FusedHead::kPair || kHead == FusedHead::kPairSmall || kHead == FusedHead::kScaled;
  if (middle == FusedMiddle::kNone) return RunFused<kHead, FusedMiddle::kNone, kFloats>;
  if constexpr (!kIsPair) {
    if (middle == FusedMiddle::kNarrow) return RunFused<kHead, FusedMiddle::kNarrow, kFloats>;
    if (middle == FusedMiddle::kLine) return RunFused<kHead, FusedMiddle::kLine, kFloats>;
    if (middle == FusedMiddle::kEven) return RunFused<kHead, FusedMiddle::kEven, kFloats>;
  }
  if constexpr (kHead == FusedHead::kCodes) return RunFused<kHead, FusedMiddle::kBias, kFloats>;
  return nullptr;
}

template <bool kFloats>
FusedFunction FunctionOf(FusedHead head, FusedMiddle middle) {
  switch (head) {
    case FusedHead::kCodes: return FunctionOf<FusedHead::kCodes, kFloats>(middle);
    case FusedHead::kCodesWithin: return FunctionOf<FusedHead::kCodesWithin, kFloats>(middle);
    case FusedHead::kFloats: return FunctionOf<FusedHead::kFloats, kFloats>(middle);
    case FusedHead::kFloatsWithin: return FunctionOf<FusedHead::kFloatsWithin, kFloats>(middle);
    case FusedHead::kPair: return FunctionOf<FusedHead::kPair, kFloats>(middle);
    case FusedHead::kPairSmall: return FunctionOf<FusedHead::kPairSmall, kFloats>(middle);
    case FusedHead::kScaled:
      if constexpr (!kFloats) return FunctionOf<FusedHead::kScaled, kFloats>(middle);
      return nullptr;
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
    head = s->is_within && s->lead > 0 ? FusedHead::kFloatsWithin : FusedHead::kFloats;
  } else if (source.type == StageType::kBytes) {
    if (stages.count < 3 || s->kind != StageKind::kDecode || (s + 1)->kind != StageKind::kMultiply) return nullptr;
    f->decode = s++;
    f->multiply = s++;
    if (s->kind != StageKind::kEncode || !s->is_within || s->lead == 0) return nullptr;
    head = FusedHead::kScaled;
  }
  if (s->kind != StageKind::kEncode && (!narrows(s) || s->step != nullptr || s->start != nullptr)) return nullptr;
  f->head = s++;
  if (f->head->kind == StageKind::kNarrow) {
    f->low = f->head->low;
    f->high = f->head->high;
  }
  if (s < end && s->kind == StageKind::kBias && s->code_of_byte == nullptr && narrows(s + 1)) {
    const bool takes_behind = (s + 1)->add_behind != nullptr;
    middle = takes_behind && s->has_line  ? FusedMiddle::kLine
             : takes_behind && s->is_even ? FusedMiddle::kEven
                                          : FusedMiddle::kBias;
    f->bias = s++;
  } else if (narrows(s)) {
    middle = FusedMiddle::kNarrow;
  }
  const bool all = f->head->kind == StageKind::kNarrow && f->head->low == 0 && f->head->high == 255;
  if (head == FusedHead::kCodes && f->head->is_within && all && middle != FusedMiddle::kNone &&
      middle != FusedMiddle::kBias) {
    head = FusedHead::kCodesWithin;
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

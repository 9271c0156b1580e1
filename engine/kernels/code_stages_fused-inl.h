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

constexpr int kPartBits = 16;

// With doubt_parts, which stand for few enough parts to fit an integer. The places of a vector of codes, in parts.
HWY_INLINE I PartsOf(const CodeStage& s, I code, int64_t column) {
  const D d;
  return hn::ConvertInRangeTo(
      DI(), hn::MulAdd(hn::ConvertTo(d, code), hn::LoadU(d, s.multiply + column), hn::LoadU(d, s.add + column)));
}
HWY_INLINE I Fraction(I parts) {
  const DI di;
  return hn::And(parts, hn::Set(di, (1 << kPartBits) - 1));
}
HWY_INLINE I WholeWithin(I parts, I low, I high) {
  return hn::Min(hn::Max(hn::ShiftRight<kPartBits>(parts), low), high);
}

#if HWY_TARGET != HWY_SCALAR
HWY_INLINE void StoreFour(I a, I b, I c, I d, int64_t lanes, int32_t* to) {
  const DI di;
  hn::StoreU(a, di, to);
  hn::StoreU(b, di, to + lanes);
  hn::StoreU(c, di, to + 2 * lanes);
  hn::StoreU(d, di, to + 3 * lanes);
}
HWY_INLINE void StoreFour(I a, I b, I c, I d, int64_t, uint8_t* to) {
  const hn::Repartition<int16_t, DI> d16;
  const hn::Repartition<uint8_t, DI> d8;
  hn::StoreU(hn::OrderedDemote2To(d8, hn::OrderedDemote2To(d16, a, b), hn::OrderedDemote2To(d16, c, d)), d8, to);
}
#endif

HWY_INLINE I BiasedCodes(const CodeStage& s, I code, int64_t column) {
  const D d;
  const DI di;
  const V number = hn::Add(hn::Mul(hn::ConvertTo(d, code), hn::Set(d, s.wide.step)), hn::Set(d, s.wide.add));
  const V place = hn::Sub(RoundAway(hn::Mul(number, hn::Set(d, s.wide.scale))), hn::Set(d, s.wide.offset));
  const V inside = hn::Min(hn::Max(place, hn::Set(d, -2147483648.0f)), hn::Set(d, 2147483520.0f));
  return hn::Add(hn::ConvertTo(di, inside), hn::LoadU(di, s.bias + column));
}

HWY_INLINE I EncodedCodes(const CodeStage& s, V v) {
  const D d;
  const V code = hn::Sub(RoundAway(hn::Mul(v, hn::Set(d, s.encoding.scale))), hn::Set(d, s.encoding.offset));
  const V inside = hn::Min(hn::Max(code, hn::Zero(d)), hn::Set(d, 255.0f));
  return hn::ConvertInRangeTo(DI(), hn::IfThenElseZero(hn::Eq(v, v), inside));
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
// behind a kBias; ends; perhaps a kDecode.
enum class FusedHead : uint8_t { kCodes, kFloats, kPair };
enum class FusedMiddle : uint8_t { kNone, kNarrow, kBias };
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
  const D d;
  const DI di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(di));
  const CodeStage& head = *f.head;
  const CodeStage& second = kMiddle == FusedMiddle::kNone ? head : *f.narrow;
  const I low0 = hn::Set(di, head.low), high0 = hn::Set(di, head.high), doubt0 = hn::Set(di, 2 * head.doubt_parts);
  const I low1 = hn::Set(di, f.low), high1 = hn::Set(di, f.high), doubt1 = hn::Set(di, 2 * second.doubt_parts);
  auto in_doubt = hn::Lt(hn::Zero(di), hn::Zero(di));
  const auto codes_at = [&](int64_t at) RIVULET_INLINED {
    I code;
    if constexpr (kHead == FusedHead::kFloats) {
      code = EncodedCodes(head, hn::LoadU(d, static_cast<const float*>(source.values) + first + at));
    } else {
      if constexpr (kHead == FusedHead::kCodes) {
        code = hn::LoadU(di, static_cast<const int32_t*>(source.values) + first + at);
      } else {
        code = PairCodes(source.pair,
                         hn::PromoteTo(di, hn::LoadU(D8(), static_cast<const uint8_t*>(source.values) + first + at)),
                         hn::PromoteTo(di, hn::LoadU(D8(), source.pair.other + first + at)));
      }
      const I parts = PartsOf(head, code, column + at);
      in_doubt = hn::Or(in_doubt, hn::Lt(Fraction(parts), doubt0));
      code = hn::ShiftRight<kPartBits>(parts);
      if constexpr (kMiddle != FusedMiddle::kNone) code = hn::Min(hn::Max(code, low0), high0);
    }
    if constexpr (kMiddle != FusedMiddle::kNone) {
      if constexpr (kMiddle == FusedMiddle::kBias) code = BiasedCodes(*f.bias, code, column + at);
      const I parts = PartsOf(second, code, column + at);
      in_doubt = hn::Or(in_doubt, hn::Lt(Fraction(parts), doubt1));
      code = hn::ShiftRight<kPartBits>(parts);
    }
    return hn::Min(hn::Max(code, low1), high1);
  };
  int64_t at = 0;
  for (; at + 4 * lanes <= count; at += 4 * lanes) {
    const I v0 = codes_at(at), v1 = codes_at(at + lanes), v2 = codes_at(at + 2 * lanes), v3 = codes_at(at + 3 * lanes);
    if (HWY_UNLIKELY(!hn::AllFalse(di, in_doubt))) return at;
    if constexpr (kFloats) {
      const V factor = hn::Set(d, f.decode->factor), term = hn::Set(d, f.decode->term);
      float* to = static_cast<float*>(output) + first + at;
      hn::StoreU(hn::Add(hn::Mul(hn::ConvertTo(d, v0), factor), term), d, to);
      hn::StoreU(hn::Add(hn::Mul(hn::ConvertTo(d, v1), factor), term), d, to + lanes);
      hn::StoreU(hn::Add(hn::Mul(hn::ConvertTo(d, v2), factor), term), d, to + 2 * lanes);
      hn::StoreU(hn::Add(hn::Mul(hn::ConvertTo(d, v3), factor), term), d, to + 3 * lanes);
    } else {
      StoreFour(v0, v1, v2, v3, lanes, static_cast<uint8_t*>(output) + first + at);
    }
  }
  return at;
}

template <bool kFloats>
FusedFunction FunctionOf(FusedHead head, FusedMiddle middle) {
  using H = FusedHead;
  using M = FusedMiddle;
  if (head == H::kPair) return middle == M::kNone ? RunFused<H::kPair, M::kNone, kFloats> : nullptr;
  if (head == H::kFloats) {
    return middle == M::kNone     ? RunFused<H::kFloats, M::kNone, kFloats>
           : middle == M::kNarrow ? RunFused<H::kFloats, M::kNarrow, kFloats>
                                  : nullptr;
  }
  return middle == M::kNone     ? RunFused<H::kCodes, M::kNone, kFloats>
         : middle == M::kNarrow ? RunFused<H::kCodes, M::kNarrow, kFloats>
                                : RunFused<H::kCodes, M::kBias, kFloats>;
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
    return stage < end && stage->kind == StageKind::kNarrow && stage->doubt_parts > 0;
  };
  FusedHead head = FusedHead::kCodes;
  FusedMiddle middle = FusedMiddle::kNone;
  if (source.type == StageType::kFloats) head = FusedHead::kFloats;
  if (source.pair.other != nullptr) head = FusedHead::kPair;
  if (source.type == StageType::kBytes && head != FusedHead::kPair) return nullptr;
  if (head == FusedHead::kFloats ? s == end || s->kind != StageKind::kEncode : !narrows(s)) return nullptr;
  f->head = s++;
  if (f->head->kind == StageKind::kNarrow) {
    f->low = f->head->low;
    f->high = f->head->high;
  }
  if (s < end && s->kind == StageKind::kBias && s->code_of_byte == nullptr && narrows(s + 1)) {
    middle = FusedMiddle::kBias;
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

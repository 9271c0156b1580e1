#include "engine/kernels/code_stages.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/code_stages.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/code_stages_fused-inl.h"
#include "engine/kernels/code_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Elements that go through all stages before the next ones do.
constexpr int64_t kTile = 1024;

// The codes that are in doubt: few, but where a channel always gives the same one, some of each vector.
template <typename Out>
HWY_NOINLINE void ExactCodes(const CodeStage& s, const int32_t* in, const int32_t* in_doubt, Out* out, size_t count,
                             int64_t column) {
  for (size_t i = 0; i < count; ++i) {
    if (in_doubt[i] != 0) out[i] = static_cast<Out>(Exact(s, in[i], column + static_cast<int64_t>(i)));
  }
}

HWY_INLINE void StoreCodes(I codes, int32_t* to, size_t lanes) { Store(codes, DI(), to, lanes); }
HWY_INLINE void StoreCodes(I codes, uint8_t* to, size_t lanes) { Store(hn::DemoteTo(D8(), codes), D8(), to, lanes); }

// Within these, whole parts of places are the codes that are wanted; none of the ends is in doubt.
struct NarrowEnds {
  explicit NarrowEnds(const CodeStage& s)
      : least(static_cast<float>(s.low) + 0.25f), most(static_cast<float>(s.high) + 0.75f), doubt(s.doubt) {}
  float least, most, doubt;
};

// The places of a vector of codes from `at` on, and lanes that are in doubt.
template <bool kChecksFar>
HWY_INLINE V PlacesOf(const CodeStage& s, const NarrowEnds& ends, I code, int64_t column, hn::Mask<D>* in_doubt) {
  const D d;
  const V place = hn::MulAdd(hn::ConvertTo(d, code), hn::LoadU(d, s.multiply + column), hn::LoadU(d, s.add + column));
  const V inside = hn::Min(hn::Max(place, hn::Set(d, ends.least)), hn::Set(d, ends.most));
  *in_doubt = hn::Lt(hn::Abs(hn::Sub(inside, hn::Round(inside))), hn::Set(d, ends.doubt));
  if constexpr (kChecksFar) *in_doubt = hn::Or(*in_doubt, hn::Gt(hn::Abs(place), hn::Set(d, 16384.0f)));
  return inside;
}

template <bool kChecksFar, typename Out>
HWY_INLINE void NarrowVector(const CodeStage& s, const NarrowEnds& ends, const int32_t* in, Out* out, size_t lanes,
                             int64_t column) {
  const D d;
  const DI di;
  const I code = Load(di, in, lanes);
  auto in_doubt = hn::Lt(hn::Zero(d), hn::Zero(d));
  const V inside = PlacesOf<kChecksFar>(s, ends, code, column, &in_doubt);
  StoreCodes(hn::ConvertTo(di, inside), out, lanes);
  if (HWY_UNLIKELY(!hn::AllFalse(d, in_doubt))) {
    HWY_ALIGN int32_t codes[static_cast<size_t>(HWY_MAX_LANES_D(DI))], flags[static_cast<size_t>(HWY_MAX_LANES_D(DI))];
    hn::Store(code, di, codes);
    hn::Store(hn::BitCast(di, hn::VecFromMask(d, in_doubt)), di, flags);
    ExactCodes(s, codes, flags, out, lanes, column);
  }
}

// The same with a lead.
template <typename Out>
HWY_INLINE void NarrowLeadingVector(const CodeStage& s, const int32_t* in, Out* out, size_t lanes, int64_t column) {
  const D d;
  const DI di;
  const I code = Load(di, in, lanes);
  const V place = LeadingPlaces(s, code, column), whole = hn::Floor(place);
  const auto in_doubt = hn::Lt(hn::Sub(place, whole), hn::Set(d, 2 * s.lead));
  const V low = hn::Set(d, static_cast<float>(s.low)), high = hn::Set(d, static_cast<float>(s.high));
  StoreCodes(hn::ConvertInRangeTo(di, Within(whole, low, high)), out, lanes);
  if (HWY_UNLIKELY(!hn::AllFalse(d, in_doubt))) {
    HWY_ALIGN int32_t codes[static_cast<size_t>(HWY_MAX_LANES_D(DI))], flags[static_cast<size_t>(HWY_MAX_LANES_D(DI))];
    hn::Store(code, di, codes);
    hn::Store(hn::BitCast(di, hn::VecFromMask(d, in_doubt)), di, flags);
    ExactCodes(s, codes, flags, out, lanes, column);
  }
}

template <typename Out>
void NarrowLeading(const CodeStage& s, const int32_t* in, Out* out, int64_t count, int64_t column) {
  int64_t at = 0;
#if HWY_TARGET != HWY_SCALAR
  const D d;
  const DI di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(di));
  const V low = hn::Set(d, static_cast<float>(s.low)), high = hn::Set(d, static_cast<float>(s.high));
  const V doubt = hn::Set(d, 2 * s.lead);
  for (; at + 4 * lanes <= count; at += 4 * lanes) {
    const int32_t* from = in + at;
    const int64_t first = column + at;
    const V v0 = LeadingPlaces(s, hn::LoadU(di, from), first);
    const V v1 = LeadingPlaces(s, hn::LoadU(di, from + lanes), first + lanes);
    const V v2 = LeadingPlaces(s, hn::LoadU(di, from + 2 * lanes), first + 2 * lanes);
    const V v3 = LeadingPlaces(s, hn::LoadU(di, from + 3 * lanes), first + 3 * lanes);
    const V w0 = hn::Floor(v0), w1 = hn::Floor(v1), w2 = hn::Floor(v2), w3 = hn::Floor(v3);
    const V least = hn::Min(hn::Min(hn::Sub(v0, w0), hn::Sub(v1, w1)), hn::Min(hn::Sub(v2, w2), hn::Sub(v3, w3)));
    if (HWY_UNLIKELY(!hn::AllFalse(d, hn::Lt(least, doubt)))) {
      for (int64_t i = 0; i < 4; ++i) {
        NarrowLeadingVector(s, from + i * lanes, out + at + i * lanes, static_cast<size_t>(lanes), first + i * lanes);
      }
      continue;
    }
    StoreFour(hn::ConvertInRangeTo(di, Within(w0, low, high)), hn::ConvertInRangeTo(di, Within(w1, low, high)),
              hn::ConvertInRangeTo(di, Within(w2, low, high)), hn::ConvertInRangeTo(di, Within(w3, low, high)), lanes,
              out + at);
  }
#endif
  Each(D(), count - at, [&](int64_t i, size_t some) RIVULET_INLINED {
    NarrowLeadingVector(s, in + at + i, out + at + i, some, column + at + i);
  });
}

template <bool kChecksFar, typename Out>
void Narrow(const CodeStage& s, const int32_t* in, Out* out, int64_t count, int64_t column) {
  const NarrowEnds ends(s);
  int64_t at = 0;
#if HWY_TARGET != HWY_SCALAR
  const D d;
  const DI di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  // Four vectors are in doubt together, and stored together.
  for (; at + 4 * lanes <= count; at += 4 * lanes) {
    const int32_t* from = in + at;
    auto doubt0 = hn::Lt(hn::Zero(d), hn::Zero(d)), doubt1 = doubt0, doubt2 = doubt0, doubt3 = doubt0;
    const int64_t first = column + at;
    const V v0 = PlacesOf<kChecksFar>(s, ends, hn::LoadU(di, from), first, &doubt0);
    const V v1 = PlacesOf<kChecksFar>(s, ends, hn::LoadU(di, from + lanes), first + lanes, &doubt1);
    const V v2 = PlacesOf<kChecksFar>(s, ends, hn::LoadU(di, from + 2 * lanes), first + 2 * lanes, &doubt2);
    const V v3 = PlacesOf<kChecksFar>(s, ends, hn::LoadU(di, from + 3 * lanes), first + 3 * lanes, &doubt3);
    if (HWY_UNLIKELY(!hn::AllFalse(d, hn::Or(hn::Or(doubt0, doubt1), hn::Or(doubt2, doubt3))))) {
      for (int64_t i = 0; i < 4; ++i) {
        NarrowVector<kChecksFar>(s, ends, from + i * lanes, out + at + i * lanes, static_cast<size_t>(lanes),
                                 first + i * lanes);
      }
      continue;
    }
    StoreFour(hn::ConvertTo(di, v0), hn::ConvertTo(di, v1), hn::ConvertTo(di, v2), hn::ConvertTo(di, v3), lanes,
              out + at);
  }
#endif
  Each(D(), count - at, [&](int64_t i, size_t some) RIVULET_INLINED {
    NarrowVector<kChecksFar>(s, ends, in + at + i, out + at + i, some, column + at + i);
  });
}

template <typename Out>
auto NarrowOf(const CodeStage& s) {
  return s.lead > 0 ? NarrowLeading<Out> : s.checks_far ? Narrow<true, Out> : Narrow<false, Out>;
}

void AddBias(const CodeStage& s, const int32_t* in, int32_t* out, int64_t count, int64_t column) {
  if (s.code_of_byte != nullptr) {
    for (int64_t i = 0; i < count; ++i) {
      out[i] = static_cast<int32_t>(static_cast<uint32_t>(s.code_of_byte[static_cast<uint8_t>(in[i])]) +
                                    static_cast<uint32_t>(s.bias[column + i]));
    }
    return;
  }
  const DI di;
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    Store(BiasedCodes(s, Load(di, in + at, lanes), column + at), di, out + at, lanes);
  });
}

void Clamp(const CodeStage& s, const int32_t* in, int32_t* out, int64_t count) {
  const DI di;
  const I low = hn::Set(di, s.low), high = hn::Set(di, s.high);
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    Store(hn::Min(hn::Max(Load(di, in + at, lanes), low), high), di, out + at, lanes);
  });
}

void Decode(const CodeStage& s, const int32_t* in, float* out, int64_t count) {
  const D d;
  const V factor = hn::Set(d, s.factor), term = hn::Set(d, s.term);
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    Store(hn::Add(hn::Mul(hn::ConvertTo(d, Load(DI(), in + at, lanes)), factor), term), d, out + at, lanes);
  });
}

template <bool kAdds>
void WithRow(const CodeStage& s, const float* in, float* out, int64_t count, int64_t column) {
  const D d;
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    const V v = Load(d, in + at, lanes), row = hn::LoadU(d, s.row + column + at);
    Store(kAdds ? hn::Add(v, row) : hn::Mul(v, row), d, out + at, lanes);
  });
}

void Encode(const CodeStage& s, const float* in, int32_t* out, int64_t count) {
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    Store(hn::ConvertInRangeTo(DI(), EncodedPlaces(s, Load(D(), in + at, lanes))), DI(), out + at, lanes);
  });
}

// Where values are between two stages.
struct Values {
  const int32_t* codes = nullptr;
  const float* floats = nullptr;
};

void StoreBytes(const int32_t* codes, int64_t count, int32_t low, int32_t high, uint8_t* to) {
  const DI di;
  const I least = hn::Set(di, low), most = hn::Set(di, high);
  int64_t first = 0;
#if HWY_TARGET != HWY_SCALAR
  const auto lanes = static_cast<int64_t>(hn::Lanes(di));
  const auto ended = [&](const int32_t* from) HWY_ATTR { return hn::Min(hn::Max(hn::LoadU(di, from), least), most); };
  for (; first + 4 * lanes <= count; first += 4 * lanes) {
    const int32_t* from = codes + first;
    StoreFour(ended(from), ended(from + lanes), ended(from + 2 * lanes), ended(from + 3 * lanes), lanes, to + first);
  }
#endif
  Each(D(), count - first, [&](int64_t at, size_t some) RIVULET_INLINED {
    const I code = hn::Min(hn::Max(Load(di, codes + first + at, some), least), most);
    Store(hn::DemoteTo(D8(), code), D8(), to + first + at, some);
  });
}

// Up to a tile of neighbouring columns. Writes floats or codes straight to where they are wanted.
void StageTile(const CodeStages& stages, const StagedSource& source, int64_t first, int64_t count, int64_t column,
               StageType to, void* output) {
  HWY_ALIGN int32_t codes[static_cast<size_t>(kTile)];
  HWY_ALIGN float floats[static_cast<size_t>(kTile)];
  Values v;
  if (source.type == StageType::kFloats) {
    v.floats = static_cast<const float*>(source.values) + first;
  } else if (source.type == StageType::kCodes) {
    v.codes = static_cast<const int32_t*>(source.values) + first;
  } else {
    LoadCodes(source, first, count, codes);
    v.codes = codes;
  }
  int32_t low = 0, high = 255;
  for (int i = 0; i < stages.count; ++i) {
    const CodeStage& s = stages.stages[i];
    const bool is_last = i + 1 == stages.count;
    int32_t* codes_to = is_last && to == StageType::kCodes ? static_cast<int32_t*>(output) + first : codes;
    float* floats_to = is_last && to == StageType::kFloats ? static_cast<float*>(output) + first : floats;
    switch (s.kind) {
      case StageKind::kNarrow:
        if (is_last && to == StageType::kBytes) {
          auto* bytes = static_cast<uint8_t*>(output) + first;
          return NarrowOf<uint8_t>(s)(s, v.codes, bytes, count, column);
        }
        NarrowOf<int32_t>(s)(s, v.codes, codes_to, count, column);
        v.codes = codes_to;
        break;
      case StageKind::kBias:
        AddBias(s, v.codes, codes_to, count, column);
        v.codes = codes_to;
        break;
      case StageKind::kClamp:
        if (is_last && to == StageType::kBytes) {
          low = s.low;
          high = s.high;
          break;
        }
        Clamp(s, v.codes, codes_to, count);
        v.codes = codes_to;
        break;
      case StageKind::kDecode:
        Decode(s, v.codes, floats_to, count);
        v.floats = floats_to;
        break;
      case StageKind::kAdd:
        WithRow<true>(s, v.floats, floats_to, count, column);
        v.floats = floats_to;
        break;
      case StageKind::kMultiply:
        WithRow<false>(s, v.floats, floats_to, count, column);
        v.floats = floats_to;
        break;
      case StageKind::kEncode:
        Encode(s, v.floats, codes_to, count);
        v.codes = codes_to;
        break;
    }
  }
  if (to == StageType::kBytes) {
    StoreBytes(v.codes, count, low, high, static_cast<uint8_t*>(output) + first);
  } else if (stages.count == 0 && to == StageType::kCodes) {
    std::copy_n(v.codes, count, static_cast<int32_t*>(output) + first);
  } else if (stages.count == 0) {
    std::copy_n(v.floats, count, static_cast<float*>(output) + first);
  }
}

// Elements [begin, end); begin is the first of a line.
void StageLines(const CodeStages& stages, const StagedSource& source, int64_t begin, int64_t end, StageType to,
                void* output) {
  FusedStages fused;
  const FusedFunction function = FuseStages(stages, source, to, &fused);
  // Where groups do not go beyond a line's end, lines are as one.
  const bool at_once = function != nullptr && stages.columns % FusedGroup() == 0;
  const int64_t length = at_once ? end - begin : stages.columns;
  for (int64_t line = begin; line < end; line += length) {
    const int64_t width = std::min(length, end - line);
    int64_t done = function == nullptr ? 0 : function(fused, source, line, width, stages.columns, output);
    for (; done < width; done += kTile) {
      const int64_t column = done % stages.columns, count = std::min(kTile, width - done);
      StageTile(stages, source, line + done, count, column, to, output);
    }
  }
}

int64_t ElementsOfGroup() { return FusedGroup(); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(StageLines);
HWY_EXPORT(ElementsOfGroup);

int64_t StageGroup() { return HWY_DYNAMIC_DISPATCH(ElementsOfGroup)(); }

void RunStages(const CodeStages& stages, const StagedSource& source, int64_t count, StageType to, void* output,
               ThreadPool& pool, const StopToken& stop) {
  const int64_t lines = (count + stages.columns - 1) / stages.columns;
  pool.ParallelFor(lines, StagedGrain(stages.columns, lines, pool.num_threads()), stop,
                   [&](int64_t begin, int64_t end) {
                     HWY_DYNAMIC_DISPATCH(StageLines)
                     (stages, source, begin * stages.columns, std::min(end * stages.columns, count), to, output);
                   });
}

void RunStagesHere(const CodeStages& stages, const StagedSource& source, int64_t count, StageType to, void* output) {
  HWY_DYNAMIC_DISPATCH(StageLines)(stages, source, 0, count, to, output);
}

}  // namespace rivulet
#endif  // HWY_ONCE

#include "engine/kernels/code_stages.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/code_stage_extremes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/base/small.h"
#include "engine/kernels/code_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Elements of bytes that are widened at a time.
constexpr int64_t kTile = 1024;

// Lines that are taken together, so that extremes are read and written once for them.
constexpr int64_t kLinesTogether = 8;

// Of kLines lines, `stride` values apart.
template <int64_t kLines>
void WidenExtremes(const int32_t* values, int64_t stride, int64_t count, int32_t* lows, int32_t* highs) {
  const DI di;
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    I low = hn::LoadU(di, lows + at), high = hn::LoadU(di, highs + at);
    for (int64_t i = 0; i < kLines; ++i) {
      const I v = Load(di, values + i * stride + at, lanes);
      low = hn::Min(low, v);
      high = hn::Max(high, v);
    }
    Store(low, di, lows + at, lanes);
    Store(high, di, highs + at, lanes);
  });
}

// A column that has NaN gets it.
void EnterNaNs(const float* values, int64_t count, float* lows, float* highs) {
  const D d;
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    const V v = Load(d, values + at, lanes), low = hn::LoadU(d, lows + at), high = hn::LoadU(d, highs + at);
    const auto is_nan = hn::IsNaN(v);
    Store(hn::IfThenElse(hn::Or(hn::Lt(v, low), is_nan), v, low), d, lows + at, lanes);
    Store(hn::IfThenElse(hn::Or(hn::Gt(v, high), is_nan), v, high), d, highs + at, lanes);
  });
}

// Whether some of the values may be NaN, which their columns then need yet: what they have now may be anything.
bool WidenExtremes(const float* values, int64_t lines, int64_t stride, int64_t count, float* lows, float* highs) {
  const D d;
  auto is_nan = hn::Lt(hn::Zero(d), hn::Zero(d));
  Each(D(), count, [&](int64_t at, size_t lanes) RIVULET_INLINED {
    const float* from = values + at;
    V least0 = Load(d, from, lanes), most0 = least0, sum0 = least0;  // NaN where one of them is
    V least1 = least0, most1 = least0, sum1 = least0;
    int64_t i = 1;
    for (; i + 2 <= lines; i += 2) {
      const V v = Load(d, from + i * stride, lanes), w = Load(d, from + (i + 1) * stride, lanes);
      sum0 = hn::Add(sum0, v);
      least0 = hn::Min(least0, v);
      most0 = hn::Max(most0, v);
      sum1 = hn::Add(sum1, w);
      least1 = hn::Min(least1, w);
      most1 = hn::Max(most1, w);
    }
    if (i < lines) {
      const V v = Load(d, from + i * stride, lanes);
      sum0 = hn::Add(sum0, v);
      least0 = hn::Min(least0, v);
      most0 = hn::Max(most0, v);
    }
    is_nan = hn::Or(is_nan, hn::IsNaN(hn::Add(sum0, sum1)));
    const V least = hn::Min(least0, least1), most = hn::Max(most0, most1);
    // A column that is NaN stays that.
    V low = hn::LoadU(d, lows + at), high = hn::LoadU(d, highs + at);
    low = hn::IfThenElse(hn::Lt(least, low), least, low);
    high = hn::IfThenElse(hn::Gt(most, high), most, high);
    Store(low, d, lows + at, lanes);
    Store(high, d, highs + at, lanes);
  });
  return !hn::AllFalse(d, is_nan);
}

// The first `width` columns of `lines` lines.
void FloatLines(const float* values, int64_t lines, int64_t stride, int64_t width, float* lows, float* highs) {
  if (HWY_LIKELY(!WidenExtremes(values, lines, stride, width, lows, highs))) return;
  for (int64_t i = 0; i < lines; ++i) EnterNaNs(values + i * stride, width, lows, highs);
}

// Whole lines, so many at a time that they stay in the nearest cache, and a part of one.
void ExtremesOfFloats(const float* values, int64_t count, int64_t columns, float* lows, float* highs) {
  constexpr int64_t kNear = 4096;
  const int64_t together = std::max(kNear / columns, kLinesTogether), lines = count / columns;
  for (int64_t line = 0; line < lines; line += together) {
    FloatLines(values + line * columns, std::min(together, lines - line), columns, columns, lows, highs);
  }
  if (const int64_t rest = count % columns; rest > 0) {
    FloatLines(values + lines * columns, 1, columns, rest, lows, highs);
  }
}

// Of bytes: their extremes stay bytes over many lines.
[[maybe_unused]] void ExtremesOfLines(const uint8_t* codes, int64_t count, int64_t columns, int32_t* lows,
                                      int32_t* highs) {
  const hn::CappedTag<uint8_t, 32> d8;
  constexpr int64_t kNear = 256;  // lines whose part of a vector stays in the nearest cache
  const DI di;
  for (int64_t first = 0; first < count; first += kNear * columns) {
    const int64_t all = std::min(count - first, kNear * columns);
    Each(d8, std::min(columns, all), [&](int64_t at, size_t lanes) RIVULET_INLINED {
      auto low = hn::Set(d8, uint8_t{255}), high = hn::Zero(d8);
      const uint8_t* const from = codes + first;
      int64_t line = at;
      for (; line + static_cast<int64_t>(lanes) <= all; line += columns) {
        const auto v = Load(d8, from + line, lanes);
        low = hn::Min(low, v);
        high = hn::Max(high, v);
      }
      HWY_ALIGN uint8_t least[static_cast<size_t>(HWY_MAX_LANES_D(decltype(d8)))];
      HWY_ALIGN uint8_t most[static_cast<size_t>(HWY_MAX_LANES_D(decltype(d8)))];
      hn::Store(low, d8, least);
      hn::Store(high, d8, most);
      for (int64_t i = 0; line + i < all; ++i) {  // what the last line has of it
        least[i] = std::min(least[i], from[line + i]);
        most[i] = std::max(most[i], from[line + i]);
      }
      Each(D(), static_cast<int64_t>(lanes), [&](int64_t i, size_t some) RIVULET_INLINED {
        Store(hn::Min(hn::LoadU(di, lows + at + i), Widened(least + i, some)), di, lows + at + i, some);
        Store(hn::Max(hn::LoadU(di, highs + at + i), Widened(most + i, some)), di, highs + at + i, some);
      });
    });
  }
}

void LineExtremes(const StagedSource& source, int64_t begin, int64_t end, int64_t columns, void* lows, void* highs) {
  HWY_ALIGN int32_t codes[static_cast<size_t>(kTile)];
  if (source.type == StageType::kFloats) {
    ExtremesOfFloats(static_cast<const float*>(source.values) + begin, end - begin, columns, static_cast<float*>(lows),
                     static_cast<float*>(highs));
    return;
  }
  if (source.type == StageType::kCodes) {
    const auto* values = static_cast<const int32_t*>(source.values);
    auto *least = static_cast<int32_t*>(lows), *most = static_cast<int32_t*>(highs);
    int64_t line = begin;
    for (; line + kLinesTogether * columns <= end; line += kLinesTogether * columns) {
      WidenExtremes<kLinesTogether>(values + line, columns, columns, least, most);
    }
    for (; line < end; line += columns) {
      WidenExtremes<1>(values + line, columns, std::min(columns, end - line), least, most);
    }
    return;
  }
  if (!kIsSmall && source.pair.other == nullptr) {
    return ExtremesOfLines(static_cast<const uint8_t*>(source.values) + begin, end - begin, columns,
                           static_cast<int32_t*>(lows), static_cast<int32_t*>(highs));
  }
  for (int64_t line = begin; line < end; line += columns) {
    const int64_t width = std::min(columns, end - line);
    for (int64_t j = 0; j < width; j += kTile) {
      const int64_t n = std::min(kTile, width - j);
      LoadCodes(source, line + j, n, codes);
      WidenExtremes<1>(codes, 0, n, static_cast<int32_t*>(lows) + j, static_cast<int32_t*>(highs) + j);
    }
  }
}

void CodeEnds(const int32_t* values, const int32_t* start, const int32_t* step, int64_t count, int32_t* ends) {
  const DI di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(di));
  const auto code_at = [&](int64_t at) RIVULET_INLINED {
    const I value = hn::LoadU(di, values + at);
    return start == nullptr ? value : hn::Add(hn::LoadU(di, start + at), hn::Mul(hn::LoadU(di, step + at), value));
  };
  int64_t at = 0;
  if (count >= lanes) {
    I low = hn::Set(di, ends[0]), high = hn::Set(di, ends[1]);
    for (; at < count; at += lanes) {
      at = std::min(at, count - lanes);  // the last ones overlap those before
      const I code = code_at(at);
      low = hn::Min(low, code);
      high = hn::Max(high, code);
    }
    ends[0] = hn::ReduceMin(di, low);
    ends[1] = hn::ReduceMax(di, high);
  }
  for (; at < count; ++at) {
    uint32_t code = static_cast<uint32_t>(values[at]);
    if (start != nullptr) code = static_cast<uint32_t>(start[at]) + static_cast<uint32_t>(step[at]) * code;
    ends[0] = std::min(ends[0], static_cast<int32_t>(code));
    ends[1] = std::max(ends[1], static_cast<int32_t>(code));
  }
}

void FloatEnds(const float* values, int64_t count, float* ends) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t at = 0;
  bool is_nan = false;
  if (count >= lanes) {
    V low = hn::LoadU(d, values), high = low;
    auto nans = hn::IsNaN(low);
    for (; at < count; at += lanes) {
      at = std::min(at, count - lanes);
      const V v = hn::LoadU(d, values + at);
      nans = hn::Or(nans, hn::IsNaN(v));
      low = hn::Min(low, v);
      high = hn::Max(high, v);
    }
    is_nan = !hn::AllFalse(d, nans);
    if (!is_nan) {
      ends[0] = std::min(ends[0], hn::ReduceMin(d, low));
      ends[1] = std::max(ends[1], hn::ReduceMax(d, high));
    }
  }
  for (; at < count; ++at) {
    is_nan = is_nan || std::isnan(values[at]);
    ends[0] = std::min(ends[0], values[at]);
    ends[1] = std::max(ends[1], values[at]);
  }
  if (is_nan) ends[0] = ends[1] = std::numeric_limits<float>::quiet_NaN();
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(LineExtremes);
HWY_EXPORT(CodeEnds);
HWY_EXPORT(FloatEnds);

namespace {

// NaN stays NaN.
template <typename T>
void Join(int64_t columns, int threads, T* HWY_RESTRICT memory) {
  const int64_t stride = StagedElements(columns);
  for (int64_t t = 1; t < threads; ++t) {
    const T* HWY_RESTRICT lows = memory + 2 * t * stride;
    const T* HWY_RESTRICT highs = lows + stride;
    T* HWY_RESTRICT to = memory;
    for (int64_t j = 0; j < columns; ++j) to[j] = ((lows[j] < to[j]) | (lows[j] != lows[j])) ? lows[j] : to[j];
    to += stride;
    for (int64_t j = 0; j < columns; ++j) to[j] = ((highs[j] > to[j]) | (highs[j] != highs[j])) ? highs[j] : to[j];
  }
}

template <typename T>
void FillExtremes(int64_t columns, int threads, T lowest, T highest, T* memory) {
  const int64_t stride = StagedElements(columns);
  for (int64_t t = 0; t < threads; ++t) {
    std::fill_n(memory + 2 * t * stride, stride, highest);
    std::fill_n(memory + (2 * t + 1) * stride, stride, lowest);
  }
}

}  // namespace

void WidenByCodes(const int32_t* values, const int32_t* start, const int32_t* step, int64_t count, int32_t* ends) {
  HWY_DYNAMIC_DISPATCH(CodeEnds)(values, start, step, count, ends);
}

void WidenByFloats(const float* values, int64_t count, float* ends) {
  float found[2] = {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  HWY_DYNAMIC_DISPATCH(FloatEnds)(values, count, found);
  if (found[0] < ends[0] || std::isnan(found[0])) ends[0] = found[0];
  if (found[1] > ends[1] || std::isnan(found[1])) ends[1] = found[1];
}

int64_t ExtremesElements(int64_t columns, int threads) { return 2 * threads * StagedElements(columns); }

void StartFloatExtremes(int64_t columns, int threads, float* memory) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  FillExtremes(columns, threads, -kInfinity, kInfinity, memory);
}

void WidenFloatExtremes(const float* values, int64_t count, int64_t columns, int thread, float* memory) {
  const int64_t stride = StagedElements(columns);
  float* lows = memory + 2 * thread * stride;
  HWY_DYNAMIC_DISPATCH(LineExtremes)({StageType::kFloats, values, {}}, 0, count, columns, lows, lows + stride);
}

void JoinFloatExtremes(int64_t columns, int threads, float* memory) { Join(columns, threads, memory); }

void ColumnExtremes(const StagedSource& source, int64_t count, int64_t columns, void* memory, ThreadPool& pool,
                    const StopToken& stop) {
  const int threads = pool.num_threads();
  const bool floats = source.type == StageType::kFloats;
  if (floats) {
    StartFloatExtremes(columns, threads, static_cast<float*>(memory));
  } else {
    FillExtremes(columns, threads, std::numeric_limits<int32_t>::lowest(), std::numeric_limits<int32_t>::max(),
                 static_cast<int32_t*>(memory));
  }
  const int64_t stride = StagedElements(columns), lines = (count + columns - 1) / columns;
  pool.ParallelFor(lines, StagedGrain(columns, lines, threads), stop, [&](int64_t begin, int64_t end, int thread) {
    auto* lows = static_cast<int32_t*>(memory) + 2 * thread * stride;  // or floats, which are as large
    HWY_DYNAMIC_DISPATCH(LineExtremes)
    (source, begin * columns, std::min(end * columns, count), columns, lows, lows + stride);
  });
  if (floats) {
    JoinFloatExtremes(columns, threads, static_cast<float*>(memory));
  } else {
    Join(columns, threads, static_cast<int32_t*>(memory));
  }
}

}  // namespace rivulet
#endif  // HWY_ONCE

// The constants of stages: what narrowings and biases are as lines of single precision.
#include <algorithm>
#include <cmath>

#include "engine/kernels/code_stages.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/code_stage_constants.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/code_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// to[j] = numbers[j] * scale + add, in double precision; returns the largest distance from 0.
double LineOfNumbers(const int32_t* numbers, int64_t count, double scale, double add, float* to) {
  double farthest = 0;
  int64_t at = 0;
#if HWY_HAVE_FLOAT64 && HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<double, 8> d64;
  const hn::Rebind<int32_t, decltype(d64)> d32;
  const hn::Rebind<float, decltype(d64)> df;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d64));
  const auto factor = hn::Set(d64, scale), term = hn::Set(d64, add);
  auto most = hn::Zero(d64);
  for (; at + lanes <= count; at += lanes) {
    const auto v = hn::Add(hn::Mul(hn::PromoteTo(d64, hn::LoadU(d32, numbers + at)), factor), term);
    most = hn::Max(most, hn::Abs(v));
    hn::StoreU(hn::DemoteTo(df, v), df, to + at);
  }
  farthest = hn::ReduceMax(d64, most);
#endif
  for (; at < count; ++at) {
    const double v = numbers[at] * scale + add;
    farthest = std::max(farthest, std::fabs(v));
    to[at] = static_cast<float>(v);
  }
  return farthest;
}

constexpr int32_t kBytesThereAre = 256;

// What a kBias makes of a vector of bytes before the bias is added.
HWY_INLINE V WideOf(const CodeStage& s, I bytes) { return hn::ConvertTo(D(), WideCodes(s, bytes)); }

// Sets the line of a kBias; the middle of what it is off. `ends`: the codes of 0 and 255.
bool FitLine(CodeStage* s, float* ends) {
  const D d;
  const DI di;
  const auto lanes = static_cast<int32_t>(hn::Lanes(d));
  const double scale = s->wide.scale;
  const auto step = static_cast<float>(s->wide.step * scale);
  const double add = s->wide.add * scale - static_cast<double>(s->wide.offset);
  V least = hn::Set(d, 1.0f), most = hn::Set(d, -1.0f);
  for (int32_t i = 0; i < kBytesThereAre; i += lanes) {
    const I bytes = hn::Iota(di, i);
    const V off = hn::Sub(WideOf(*s, bytes),
                          hn::MulAdd(hn::ConvertTo(d, bytes), hn::Set(d, step), hn::Set(d, static_cast<float>(add))));
    least = hn::Min(least, off);
    most = hn::Max(most, off);
  }
  s->line_step = step;
  s->line_add = static_cast<float>(
      add + (static_cast<double>(hn::ReduceMin(d, least)) + static_cast<double>(hn::ReduceMax(d, most))) / 2);
  auto differs = hn::Lt(hn::Zero(d), hn::Zero(d)), is_odd = differs;
  V low = WideOf(*s, hn::Zero(di)), high = low;
  for (int32_t i = 0; i < kBytesThereAre; i += lanes) {
    const I bytes = hn::Iota(di, i);
    const V wide = WideOf(*s, bytes);
    low = hn::Min(low, wide);
    high = hn::Max(high, wide);
    const V made = hn::Round(hn::MulAdd(hn::ConvertTo(d, bytes), hn::Set(d, s->line_step), hn::Set(d, s->line_add)));
    differs = hn::Or(differs, hn::Ne(made, wide));
    is_odd = hn::Or(is_odd, hn::Ne(EvenWideCodes(*s, hn::ConvertTo(d, bytes)), wide));
  }
  s->is_even = hn::AllFalse(d, is_odd);
  ends[0] = hn::ReduceMin(d, low);
  ends[1] = hn::ReduceMax(d, high);
  return hn::AllFalse(d, differs);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(FitLine);
HWY_EXPORT(LineOfNumbers);

namespace {

// Whether start + byte * step, or byte * step, has 32 bits for each byte.
bool DoNotWrap(const int32_t* start, const int32_t* step, int64_t count) {
  bool fits = true;
  for (int64_t j = 0; j < count; ++j) {
    const int64_t last = int64_t{255} * step[j] + (start == nullptr ? 0 : start[j]);
    fits = fits && last == static_cast<int32_t>(last);
  }
  return fits;
}

}  // namespace

void FindMultipliers(int64_t columns, int64_t period, const NarrowFacts& facts, float* rows, CodeStage* stage) {
  const int64_t stride = StagedElements(columns);
  float *multiply = rows, *add = rows + stride, *behind = rows + 2 * stride;
  const double scale = std::ldexp(static_cast<double>(stage->scale), -48);
  const double offset = std::ldexp(static_cast<double>(static_cast<int64_t>(stage->offset)), -16);
  const bool has_steps = stage->start != nullptr || stage->step != nullptr;
  // Where each column has the same constants, one says all.
  const int64_t all = std::min(period, columns), own = has_steps ? all : 1;
  double farthest = std::fabs(offset), reached = std::fabs(facts.most * scale) + std::fabs(offset);
  bool fits = true;
  const auto line = [&](const int32_t* numbers, double added, float* to) {
    return HWY_DYNAMIC_DISPATCH(LineOfNumbers)(numbers, all, scale, added, to);
  };
  if (has_steps) {  // of bytes
    const double most_step = stage->step == nullptr ? std::fabs(scale) : line(stage->step, 0, multiply);
    farthest = std::max(farthest, stage->start == nullptr ? 0 : line(stage->start, offset, add));
    reached = farthest + 255 * most_step;
    fits = stage->step == nullptr || DoNotWrap(stage->start, stage->step, all);
  }
  const bool has_line = !has_steps && facts.bias != nullptr && (facts.bias->has_line || facts.bias->is_even);
  const double farthest_behind = has_line ? line(facts.bias->bias, offset, behind) : 0;
  const bool takes_line = has_line && farthest_behind < 8192;
  if (takes_line) farthest = std::max(farthest, farthest_behind);
  // So far 64 bits do not wrap around, nor come back as another integer.
  const bool is_close = facts.reaches || (fits && reached < 16384);
  // Roundings to 24 bits, of a code, its factor and their product, which are no larger than both of these together in
  // places that matter; of the addend, no larger than the first; of the place, no larger than the second.
  const double doubt = std::ldexp(farthest + 260, -22);
  const bool is_near = fits && doubt < 0.25 && farthest < 8192 && scale < 0x1p20 && stage->scale >= 0;
  stage->doubt = is_near ? static_cast<float>(doubt) : 1.0f;
  stage->checks_far = !is_close;
  stage->lead = is_near && is_close ? stage->doubt : 0;
  // A place and what it is off by lie where no end changes the code.
  const double least = facts.least * scale + offset, largest = facts.largest * scale + offset;
  stage->is_within =
      stage->lead > 0 && !has_steps && facts.least <= facts.largest && least >= 0 && largest + 2 * doubt < 256;
  const auto fill = [&](int64_t count, float filler, float* row) {
    for (int64_t done = count; done < columns; done *= 2) {
      std::copy_n(row, std::min(done, columns - done), row + done);
    }
    std::fill_n(row + columns, kStageUnit, filler);
    return row;
  };
  const double first = offset + static_cast<double>(stage->lead);
  if (stage->step == nullptr) std::fill_n(multiply, own, static_cast<float>(scale));
  if (stage->start == nullptr) {
    std::fill_n(add, own, static_cast<float>(first));
  } else {
    line(stage->start, first, add);
  }
  stage->multiply = fill(own, 0.0f, multiply);
  stage->add = fill(own, 0.5f, add);
  if (!takes_line || stage->lead == 0) return;
  line(facts.bias->bias, first, behind);
  stage->add_behind = fill(all, 0.5f, behind);
}

double FindLine(int64_t columns, CodeStage* stage) {
  float ends[2];
  const bool is_line = HWY_DYNAMIC_DISPATCH(FitLine)(stage, ends);
  double most = 0;
  for (int64_t j = 0; j < columns; ++j) most = std::max(most, std::fabs(static_cast<double>(stage->bias[j])));
  most += std::max(std::fabs(static_cast<double>(ends[0])), std::fabs(static_cast<double>(ends[1])));
  stage->has_line = is_line && most < 0x1p24;
  stage->is_even = stage->is_even && most < 0x1p24;
  return std::min(most, 0x1p31);
}

}  // namespace rivulet
#endif  // HWY_ONCE

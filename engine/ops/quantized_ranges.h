// Between ranges: what one step on codes does to the numbers of another range. Shared by the operators and by the steps
// that passes put together of them (code_steps.h), whose codes are the same.
#ifndef RIVULET_ENGINE_OPS_QUANTIZED_RANGES_H_
#define RIVULET_ENGINE_OPS_QUANTIZED_RANGES_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "engine/ops/quantized.h"

namespace rivulet {

// Modulo 2^32.
inline int32_t Wrap(int64_t x) { return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(x))); }

// Of QuantizedAdd (14 bits) and QuantizedBiasAdd (17).
inline Range SumRange(Range x, Range y, int bits) {
  const float most = std::max(std::max(x.high, -x.low), std::max(y.high, -y.low)) * static_cast<float>(1 << bits);
  return {-most, most};
}

// An 8-bit code as a 32-bit one of another range, by whole steps.
struct CodeLine {
  CodeLine(Range from, Range to)
      : start(CodeUnclamped<int32_t>(NumberOf<uint8_t>(0, from), to)),
        step(Wrap(static_cast<int64_t>(static_cast<uint64_t>(CodeUnclamped<int32_t>(NumberOf<uint8_t>(1, from), to)) -
                                       static_cast<uint64_t>(start)))) {
    start = std::clamp<int64_t>(start, std::numeric_limits<int32_t>::lowest(), std::numeric_limits<int32_t>::max());
  }
  int64_t operator()(uint8_t code) const { return start + int64_t{step} * code; }
  int64_t start;
  int32_t step;
};

// The numbers of the lowest and the highest 32-bit code in use. TensorFlow's extremes of nothing are the other way
// round.
inline Range UsedRange(int32_t low, int32_t high, Range range) {
  return {std::min(0.0f, NumberOf<int32_t>(low, range)), NumberOf<int32_t>(high, range)};
}

// Requantize to quint8, as TensorFlow does it with 16 bits: code = ((x * scale >> 32) + offset) >> 16.
struct RequantizeScale {
  RequantizeScale(Range from, Range to) {
    constexpr double kOne = 1 << 16;
    const float in = from.high - from.low, out = to.high - to.low;
    const float inverse = out == 0 ? 0.0f : static_cast<float>(255.0 / static_cast<double>(out));
    const float middle = (from.low + from.high) / 2;
    scale = out == 0 ? 0 : Saturate<int64_t>(255.0 * kOne * static_cast<double>(in) / static_cast<double>(out));
    const int64_t in_offset = Saturate<int64_t>(static_cast<double>(middle * inverse * static_cast<float>(kOne)));
    // The only constant that is rounded; TensorFlow cuts the others.
    const int64_t out_offset =
        out == 0 ? 0
                 : Saturate<int64_t>(std::round(static_cast<double>(to.low) * 255.0 * kOne / static_cast<double>(out)));
    offset = static_cast<uint64_t>(in_offset) - static_cast<uint64_t>(out_offset) + (1 << 15);
  }
  int64_t scale;
  uint64_t offset;
};

// What QuantizeV2 makes of a given range: one that has 0, and some width.
inline Range RangeInUse(float from, float to, float least_part) {
  const float least = std::max(1.0f, std::max(std::fabs(from), std::fabs(to))) * least_part;
  Range range;
  range.low = std::min(0.0f, from);
  range.high = std::max(0.0f, std::max(to, range.low + least));
  return range;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_QUANTIZED_RANGES_H_

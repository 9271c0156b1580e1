// Numbers and codes: what the quantised operators share. A code q of a type stands for a number of a range [low, high];
// the lowest code for low, the highest for high.
//
// Low is moved to the nearest multiple of a step so that 0 has a code of its own. TensorFlow does this arithmetic
// partly in float and partly in double, and codes must come out equal, so each function says which it is.
#ifndef RIVULET_ENGINE_OPS_QUANTIZED_H_
#define RIVULET_ENGINE_OPS_QUANTIZED_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/ops/op.h"

namespace rivulet {

struct Range {
  float low = 0;
  float high = 0;
};

// To an integer type: out of range becomes the nearest, NaN 0.
template <typename T>
T Saturate(double x) {
  constexpr double kLow = static_cast<double>(std::numeric_limits<T>::lowest());
  constexpr double kEnd = 2.0 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);  // exact, past the highest
  if (!(x >= kLow)) return x < kLow ? std::numeric_limits<T>::lowest() : T{0};
  if (x >= kEnd) return std::numeric_limits<T>::max();
  return static_cast<T>(x);
}

template <typename T>
inline constexpr double kSteps = static_cast<double>(std::numeric_limits<T>::max()) -
                                 static_cast<double>(std::numeric_limits<T>::lowest()) + 1;

// The code of x, perhaps beyond the type; in double.
template <typename T>
int64_t CodeUnclamped(float x, Range range) {
  if (range.low == range.high) return std::numeric_limits<T>::lowest();
  const double adjust = kSteps<T> / (kSteps<T> - 1);
  const double scale = kSteps<T> / (static_cast<double>(range.high - range.low) * adjust);
  const double code = std::round(static_cast<double>(x) * scale) - std::round(static_cast<double>(range.low) * scale) +
                      static_cast<double>(std::numeric_limits<T>::lowest());
  return Saturate<int64_t>(code);
}

template <typename T>
T CodeOf(float x, Range range) {
  return static_cast<T>(
      std::clamp<int64_t>(CodeUnclamped<T>(x, range), std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max()));
}

// The number of a code; in double, rounded once.
template <typename T>
float NumberOf(T code, Range range) {
  if (range.low == range.high) return range.low;
  const double adjust = kSteps<T> / (kSteps<T> - 1);
  const double step = static_cast<double>(range.high - range.low) * adjust / kSteps<T>;
  const auto rough = static_cast<float>(step);
  const double low = static_cast<double>(std::round(range.low / rough) * rough);
  const double offset = static_cast<double>(code) - static_cast<double>(std::numeric_limits<T>::lowest());
  return static_cast<float>(low + offset * step);
}

template <typename From, typename To>
To Recode(From code, Range from, Range to) {
  return CodeOf<To>(NumberOf<From>(code, from), to);
}

// Codes to numbers in float.
template <typename T>
struct Decoder {
  explicit Decoder(Range range)
      : step(static_cast<float>(static_cast<double>(range.high - range.low) / (kSteps<T> - 1))),
        low(range.low == range.high ? range.low : std::round(range.low / step) * step) {}
  float operator()(T code) const {
    return static_cast<float>(code) * step + (low - static_cast<float>(std::numeric_limits<T>::lowest()) * step);
  }
  float step;
  float low;
};

// Numbers to codes in float. The highest qint32 is 2^31 - 128.
template <typename T>
struct Encoder {
  explicit Encoder(Range range)
      : scale(range.low == range.high
                  ? 0.0f
                  : static_cast<float>((kSteps<T> - 1) / static_cast<double>(range.high - range.low))),
        low(std::round(range.low * scale)) {}
  T operator()(float x) const {
    constexpr auto kLowest = static_cast<float>(std::numeric_limits<T>::lowest());
    constexpr float kHighest = sizeof(T) == 4 ? 2147483520.0f : static_cast<float>(std::numeric_limits<T>::max());
    const float code = std::round(x * scale) - (low - kLowest);
    if (code != code) return sizeof(T) == 4 ? std::numeric_limits<T>::lowest() : T{0};
    return static_cast<T>(std::min(std::max(code, kLowest), kHighest));
  }
  float scale;
  float low;
};

// Difference of the numbers of neighbouring codes.
template <typename T>
float StepOf(Range range) {
  return (range.high - range.low) / static_cast<float>(kSteps<T> - 1);
}

// The range of 32-bit products of codes of A and B.
template <typename A, typename B>
Range ProductRange(Range a, Range b) {
  const float step = StepOf<A>(a) * StepOf<B>(b);
  return {step * -2147483648.0f, step * 2147483648.0f};
}

// Scalar inputs `low` and `high`: each one element. `strict`: they must differ.
inline Status ReadRange(RunContext& c, int low, int high, bool strict, Range* range) {
  *range = {c.input(low).data<float>()[0], c.input(high).data<float>()[0]};
  if (strict ? range->low < range->high : range->low <= range->high) return Status();
  return InvalidArgument("range: want a minimum ", strict ? "below" : "not above", " the maximum, got ", range->low,
                         " and ", range->high);
}

inline void WriteRange(RunContext& c, int output, Range range) {
  c.output(output).data<float>()[0] = range.low;
  c.output(output + 1).data<float>()[0] = range.high;
}

// Inputs [first, first + count) must have one element each, of any rank.
inline Status WantOneElement(InferContext& c, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    const Shape& shape = c.shape(i);
    if (shape.complete() && shape.num_elements() != 1) {
      return InvalidArgument("input ", i, ": want one element, got shape ", shape);
    }
  }
  return Status();
}

// Inputs [first, first + count) must be scalars. TensorFlow takes any one element for some operators, for others not.
inline Status WantScalars(InferContext& c, int first, int count) {
  for (int i = first; i < first + count; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  return Status();
}

// Output 0 has `shape`, outputs 1 and 2 are scalars.
inline void SetQuantizedOutputs(InferContext& c, Shape shape) {
  c.set_output(0, std::move(shape));
  c.set_output(1, {});
  c.set_output(2, {});
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_QUANTIZED_H_

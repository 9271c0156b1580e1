// The Uniform* operators: a code stands for (code - zero point) * scale, of a whole tensor (axis -1) or of each index
// along an axis.
//
// Codes go from one scale to another by a multiplier of 31 bits and a shift, so results are the same bits everywhere:
// code * multiplier / 2^(31 - shift), half of a code up. All other arithmetic on codes wraps around at 32 bits, and
// what a float has outside of them is the lowest code: so TensorFlow on x86.
#ifndef RIVULET_ENGINE_OPS_UNIFORM_QUANTIZED_H_
#define RIVULET_ENGINE_OPS_UNIFORM_QUANTIZED_H_

#include <cstdint>
#include <string_view>

#include "engine/ops/op.h"

namespace rivulet {

// The attribute `name`, a code of 32 bits.
Result<int32_t> CodeAttr(const AttrReader& attrs, std::string_view name);

// Attribute `name` is an axis of a tensor of shape `data`, or -1, and inputs `scales` and `scales` + 1, its zero
// points, have the shape that goes with it.
Status CheckScales(InferContext& c, const Shape& data, std::string_view name, int scales);

// Inputs `scales` must be above 0.
Status WantPositive(const RunContext& c, int scales);

// A factor above 0 as a multiplier in [2^30, 2^31) and a shift; too small ones as 0, too large ones as almost 2^30.
struct FixedPoint {
  int32_t multiplier = 0;
  int32_t shift = 0;
};
Result<FixedPoint> ToFixedPoint(double factor);

inline int32_t Wrapped(int64_t x) { return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(x))); }

inline int32_t Multiply(int32_t x, FixedPoint factor) {
  const int total = 31 - factor.shift;
  const int64_t product = int64_t{x} * factor.multiplier + (int64_t{1} << (total - 1));
  const int64_t result = product >> total;
  return result < INT32_MIN ? INT32_MIN : result > INT32_MAX ? INT32_MAX : static_cast<int32_t>(result);
}

// What is outside of 32 bits, or no number, is the lowest.
inline int32_t Truncated(float x) {
  return x >= -2147483648.0f && x < 2147483648.0f ? static_cast<int32_t>(x) : INT32_MIN;
}

// A code as operators read it.
inline int32_t ReadCode(int8_t code) { return code; }
inline int32_t ReadCode(uint8_t code) { return code; }
inline int32_t ReadCode(int32_t code) { return Truncated(static_cast<float>(code)); }

// Codes that an operator gives: its attributes, with lowest first where they contradict each other.
struct CodeLimits {
  int32_t lowest = INT32_MIN;
  int32_t highest = INT32_MAX;

  int32_t Clamp(int32_t code) const {
    code = code < highest ? code : highest;
    return code > lowest ? code : lowest;
  }
};

// From attributes `prefix`quantization_min_val and ..max_val.
Result<CodeLimits> ReadCodeLimits(const AttrReader& attrs, std::string_view prefix = "");

// A float as a code: floor(x / scale + 1/2) + zero point, with 1 / scale rounded.
int32_t ToCode(float x, float inverse, int32_t zero_point);

// Of an output feature of a product.
struct UniformFeature {
  float scale = 1;  // of rhs
  int32_t zero_point = 0;
  FixedPoint factor;  // from a sum to codes of the output
  int32_t output_zero = 0;
};

// Reads `count` of them from scales and zero points, one or of each feature, which follow lhs and rhs: those of lhs,
// rhs and output, or of rhs alone in a hybrid product, of floats and codes to floats.
Status FillFeatures(const RunContext& c, bool hybrid, int64_t count, UniformFeature* features);

// The scale and zero point of codes of qint8 for floats in [low, high], made to hold 0. Its inverse is 0, and every
// code then, where there is nothing but 0.
struct DynamicScale {
  float scale = 1;
  float inverse = 0;
  int32_t zero_point = 0;

  int8_t Code(float x) const {
    if (inverse == 0) return 0;
    return static_cast<int8_t>(CodeLimits{-128, 127}.Clamp(ToCode(x, inverse, zero_point)));
  }
};
DynamicScale ChooseScale(float low, float high);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_UNIFORM_QUANTIZED_H_

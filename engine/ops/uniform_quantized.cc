#include "engine/ops/uniform_quantized.h"

#include <cmath>
#include <string>

namespace rivulet {

Result<int32_t> CodeAttr(const AttrReader& attrs, std::string_view name) {
  const int64_t value = attrs.Int(name);
  if (value < INT32_MIN || value > INT32_MAX) {
    return InvalidArgument("attr '", name, "': want 32 bits, got ", value);
  }
  return static_cast<int32_t>(value);
}

Status CheckScales(InferContext& c, const Shape& data, std::string_view name, int scales) {
  const int64_t axis = c.attrs().Int(name);
  if (axis < -1 || (data.has_rank() && axis >= data.rank())) {
    return InvalidArgument("attr '", name, "': want -1 or an axis of ", data, ", got ", axis);
  }
  for (const int i : {scales, scales + 1}) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, axis < 0 ? 0 : 1));
    if (axis < 0 || !c.shape(i).has_rank()) continue;
    const int64_t length = c.shape(i)[0], wanted = data.has_rank() ? data[static_cast<int>(axis)] : Shape::kUnknownDim;
    if (length >= 0 && wanted >= 0 && length != wanted) {
      return InvalidArgument("input ", i, ": want a scale or zero point for each of ", wanted, ", got ", length);
    }
  }
  return Status();
}

Status WantPositive(const RunContext& c, int scales) {
  const Tensor& values = c.input(scales);
  for (int64_t i = 0; i < values.num_elements(); ++i) {
    const float scale = values.data<float>()[i];
    if (!(scale > 0)) return InvalidArgument("scales, input ", scales, ": want all above 0, got ", scale);
  }
  return Status();
}

Result<FixedPoint> ToFixedPoint(double factor) {
  if (!std::isfinite(factor) || !(factor > 0)) {
    return InvalidArgument("scales: want a finite ratio above 0, got ", factor);
  }
  int shift = 0;
  int64_t multiplier = std::llround(std::frexp(factor, &shift) * 2147483648.0);
  if (multiplier == int64_t{1} << 31) {
    multiplier /= 2;
    ++shift;
  }
  if (shift < -31) return FixedPoint{0, 0};
  if (shift > 30) return FixedPoint{INT32_MAX, 30};
  return FixedPoint{static_cast<int32_t>(multiplier), shift};
}

Result<CodeLimits> ReadCodeLimits(const AttrReader& attrs, std::string_view prefix) {
  CodeLimits limits;
  RIVULET_ASSIGN_OR_RETURN(limits.lowest, CodeAttr(attrs, std::string(prefix) + "quantization_min_val"));
  RIVULET_ASSIGN_OR_RETURN(limits.highest, CodeAttr(attrs, std::string(prefix) + "quantization_max_val"));
  return limits;
}

int32_t ToCode(float x, float inverse, int32_t zero_point) {
  return Wrapped(int64_t{Truncated(std::floor(x * inverse + 0.5f))} + zero_point);
}

Status FillFeatures(const RunContext& c, bool hybrid, int64_t count, UniformFeature* features) {
  const int scales = hybrid ? 2 : 4;
  const int64_t own_step = c.input(scales).rank(), output_step = hybrid ? 0 : c.input(6).rank();
  for (int64_t j = 0; j < count; ++j) {
    features[j].scale = c.input(scales).data<float>()[j * own_step];
    features[j].zero_point = c.input(scales + 1).data<int32_t>()[j * own_step];
    if (hybrid) continue;
    const double product = static_cast<double>(c.input(2).data<float>()[0]) * static_cast<double>(features[j].scale);
    features[j].output_zero = c.input(7).data<int32_t>()[j * output_step];
    RIVULET_ASSIGN_OR_RETURN(features[j].factor,
                             ToFixedPoint(product / static_cast<double>(c.input(6).data<float>()[j * output_step])));
  }
  return Status();
}

// The end of the codes that is nearer to its number decides where 0 is.
DynamicScale ChooseScale(float low, float high) {
  constexpr double kLowest = -128, kHighest = 127;
  const double least = std::fmin(0.0, static_cast<double>(low)), most = std::fmax(0.0, static_cast<double>(high));
  DynamicScale chosen;
  const auto scale = static_cast<float>((most - least) / (kHighest - kLowest));
  const auto inverse = static_cast<float>((kHighest - kLowest) / (most - least));
  if (scale == 0 || !std::isfinite(inverse)) return chosen;
  chosen.scale = scale;
  chosen.inverse = inverse;
  const double below = least / static_cast<double>(scale), above = most / static_cast<double>(scale);
  const double zero = -kLowest + std::fabs(below) < kHighest + std::fabs(above) ? kLowest - below : kHighest - above;
  chosen.zero_point = !(zero > kLowest) ? -128 : zero >= kHighest ? 127 : static_cast<int32_t>(std::round(zero));
  return chosen;
}

}  // namespace rivulet

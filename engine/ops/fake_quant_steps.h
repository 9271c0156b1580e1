// The levels of the FakeQuantWithMinMax operators: what a range becomes so that 0 is one of its steps.
#ifndef RIVULET_ENGINE_OPS_FAKE_QUANT_STEPS_H_
#define RIVULET_ENGINE_OPS_FAKE_QUANT_STEPS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace rivulet {

// A code is the floor of a number's place above `low` in steps, less the place of 0, plus 1/2. TensorFlow multiplies by
// the steps of a unit where the range is an attribute or a channel's, and divides by the step where it is a scalar: of
// numbers midway between two steps some go up by the one and down by the other.
struct FakeQuantSteps {
  bool zero;  // the range is nothing but 0
  bool divides;
  float step;
  float steps_of_one;
  float low;
  float high;
  float zero_code;

  // `first` and `last`: the codes in use.
  FakeQuantSteps(float first, float last, float from, float to, bool by_division)
      : zero(from == 0 && to == 0),
        divides(by_division),
        step((to - from) / (last - first)),
        steps_of_one((last - first) / (to - from)) {
    const float place = first - from / step;
    const float zero_at = place < first ? first : place > last ? last : std::round(place);
    low = (first - zero_at) * step;
    high = (last - zero_at) * step;
    zero_code = std::floor(InSteps(-low) + 0.5f);
  }
  float InSteps(float x) const { return divides ? x / step : x * steps_of_one; }
  // Steps from 0.
  float LevelOf(float x) const {
    return std::floor(InSteps(std::max(std::min(x, high), low) - low) - zero_code + 0.5f);
  }
};

// The levels of `count` numbers, the i-th in the range i % steps.size(); their count is a multiple of that. False where
// one is not within [-128, 127], or a number is NaN. All `steps` divide, or none does.
bool RoundToLevels(const float* x, int64_t count, std::span<const FakeQuantSteps> steps, int8_t* levels);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_FAKE_QUANT_STEPS_H_

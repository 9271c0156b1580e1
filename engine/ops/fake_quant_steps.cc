#include "engine/ops/fake_quant_steps.h"

#include <vector>

namespace rivulet {
namespace {

// No level that codes may have, and what NaN becomes.
constexpr float kFar = 1000;

// floor(x), or kFar where that is not within (-kFar, kFar); the last step is no branch, which weights would mislead.
inline int32_t SmallFloor(float x) {
  const float small = x > -kFar && x < kFar ? x : kFar;
  const auto whole = static_cast<int32_t>(small);
  return whole - static_cast<int32_t>(static_cast<float>(whole) > small);
}

}  // namespace

bool RoundToLevels(const float* x, int64_t count, std::span<const FakeQuantSteps> steps, int8_t* levels) {
  const auto ranges = static_cast<int64_t>(steps.size());
  std::vector<float> low, high, step, zero;
  for (const FakeQuantSteps& each : steps) {
    low.push_back(each.low);
    high.push_back(each.high);
    step.push_back(each.divides ? each.step : each.steps_of_one);
    zero.push_back(each.zero_code);
  }
  const bool divides = steps[0].divides;
  int32_t least = 0, most = 0;
  const auto round = [&](int64_t at, size_t j, float place) {
    const int32_t level = SmallFloor(place - zero[j] + 0.5f);
    least = std::min(least, level);
    most = std::max(most, level);
    levels[at] = static_cast<int8_t>(level);
  };
  for (int64_t i = 0; i < count; i += ranges) {
    for (int64_t j = 0; j < ranges; ++j) {
      const auto range = static_cast<size_t>(j);
      const float below = x[i + j] > high[range] ? high[range] : x[i + j];
      const float above = (below < low[range] ? low[range] : below) - low[range];
      round(i + j, range, divides ? above / step[range] : above * step[range]);
    }
  }
  return least >= -128 && most <= 127;
}

}  // namespace rivulet

#include "engine/ops/fake_quant_steps.h"

#include <vector>

namespace rivulet {
namespace {

// No level that codes may have, and what NaN becomes.
constexpr float kFar = 1000;

// floor(x), or kFar where that is not within (-kFar, kFar): without branches, which weights would mostly mislead.
inline float SmallFloor(float x) {
  const float small = x > -kFar && x < kFar ? x : kFar;
  const auto whole = static_cast<float>(static_cast<int32_t>(small));
  return whole - (whole > small ? 1.0f : 0.0f);
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
  float least = 0, most = 0;
  const auto round = [&](int64_t at, size_t j, float place) {
    const float level = SmallFloor(place - zero[j] + 0.5f);
    least = level < least ? level : least;
    most = level > most ? level : most;
    levels[at] = static_cast<int8_t>(static_cast<int32_t>(level));
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

#include "prepare/squeeze/effort.h"

#include <algorithm>
#include <utility>

namespace rivulet::prepare {
namespace {

constexpr size_t kFewestSamples = 2;
// Of a group. Scales, offsets and biases are a hundredth of a network's bytes and most of its constants.
constexpr size_t kTogether = 16;
constexpr int64_t kFewElements = 4096;

}  // namespace

size_t SamplesFor(double work, size_t runs, double most_work, size_t most) {
  const double all = std::max(1.0, work) * static_cast<double>(std::max<size_t>(1, runs));
  const double samples =
      std::clamp(most_work / all, double{kFewestSamples}, static_cast<double>(most) + kFewestSamples);
  return std::min(most, static_cast<size_t>(samples));
}

std::vector<std::vector<size_t>> TriedTogether(const std::vector<const Weight*>& weights, double work, size_t samples,
                                               double most_work) {
  const bool alone = work * static_cast<double>(weights.size()) * static_cast<double>(samples) <= most_work;
  std::vector<std::vector<size_t>> groups;
  std::vector<size_t> small;
  for (size_t w = 0; w < weights.size(); ++w) {
    const Weight& weight = *weights[w];
    if (alone || weight.is_product || static_cast<int64_t>(weight.values.size()) > kFewElements) {
      groups.push_back({w});
      continue;
    }
    small.push_back(w);
    if (small.size() == kTogether) groups.push_back(std::exchange(small, {}));
  }
  if (!small.empty()) groups.push_back(std::move(small));
  return groups;
}

}  // namespace rivulet::prepare

#include "engine/ops/range_sampler.h"

#include <bit>
#include <cmath>
#include <limits>

#include "engine/ops/random_stream.h"

namespace rivulet {

int64_t UniformSampler::Sample(PhiloxWords& words) const {
  return static_cast<int64_t>(UniformBelow64(words, static_cast<uint64_t>(range())));
}

LogUniformSampler::LogUniformSampler(int64_t range)
    : RangeSampler(range), log_range_(std::log1p(static_cast<double>(range))) {}

int64_t LogUniformSampler::Sample(PhiloxWords& words) const {
  const uint32_t high = words.Next();
  const double power = std::exp(UniformDouble(high, words.Next()) * log_range_);
  // Rounding may reach the end of the range, and past the end of the numbers.
  if (!(power < 0x1p63)) return 0;
  return (static_cast<int64_t>(power) - 1) % range();
}

float LogUniformSampler::Probability(int64_t value) const {
  const auto k = static_cast<double>(value);
  return static_cast<float>(std::log((k + 2.0) / (k + 1.0)) / log_range_);
}

LearningSampler::LearningSampler(int64_t range)
    : RangeSampler(range), sums_(static_cast<size_t>(range) + 1), total_(static_cast<int32_t>(range)) {
  for (int64_t i = 1; i <= range; ++i) sums_[static_cast<size_t>(i)] = static_cast<int32_t>(i & -i);
}

int64_t LearningSampler::Sample(PhiloxWords& words) const {
  auto rest = static_cast<int32_t>(UniformBelow(words, static_cast<uint32_t>(total_)));
  size_t at = 0;
  for (size_t step = std::bit_floor(sums_.size() - 1); step > 0; step /= 2) {
    if (at + step < sums_.size() && sums_[at + step] <= rest) {
      at += step;
      rest -= sums_[at];
    }
  }
  return static_cast<int64_t>(at);
}

int32_t LearningSampler::WeightOf(int64_t value) const {
  // What the stretch that ends at the class has without the stretches it is made of.
  auto at = static_cast<size_t>(value) + 1;
  int32_t weight = sums_[at];
  const size_t start = at - (at & (~at + 1));
  for (--at; at > start; at -= at & (~at + 1)) weight -= sums_[at];
  return weight;
}

float LearningSampler::Probability(int64_t value) const {
  if (value < 0 || value >= range()) return 0;
  return static_cast<float>(WeightOf(value)) / static_cast<float>(total_);
}

void LearningSampler::Learn(std::span<const int64_t> values) {
  for (const int64_t value : values) {
    if (total_ == std::numeric_limits<int32_t>::max()) break;
    ++total_;
    for (auto at = static_cast<size_t>(value) + 1; at < sums_.size(); at += at & (~at + 1)) ++sums_[at];
  }
}

AliasTable::AliasTable(std::span<const float> weights) : entries_(weights.size()) {
  const size_t n = weights.size();
  double sum = 0;
  for (const float weight : weights) sum += static_cast<double>(weight);
  std::vector<double> share(n);
  std::vector<int32_t> rich, poor;
  for (size_t i = 0; i < n; ++i) {
    share[i] = static_cast<double>(weights[i]) * static_cast<double>(n) / sum;
    (share[i] >= 1 ? rich : poor).push_back(static_cast<int32_t>(i));
  }
  while (!rich.empty() && !poor.empty()) {
    const auto low = static_cast<size_t>(poor.back()), high = static_cast<size_t>(rich.back());
    poor.pop_back();
    rich.pop_back();
    entries_[low].other = static_cast<int32_t>(high);
    share[high] -= 1 - share[low];
    (share[high] >= 1 ? rich : poor).push_back(static_cast<int32_t>(high));
  }
  for (size_t i = 0; i < n; ++i) entries_[i].keep = static_cast<float>(share[i]);
  // Rounding leaves some of either kind: they are whole.
  for (const auto* left : {&rich, &poor}) {
    for (const int32_t i : *left) entries_[static_cast<size_t>(i)] = {1, i};
  }
}

int64_t AliasTable::Sample(PhiloxWords& words) const {
  const float draw = UniformFloat(words.Next());
  const uint32_t i = UniformBelow(words, static_cast<uint32_t>(entries_.size()));
  return draw < entries_[i].keep ? static_cast<int64_t>(i) : entries_[i].other;
}

WeightsSampler::WeightsSampler(std::vector<float> weights)
    : RangeSampler(static_cast<int64_t>(weights.size())), weights_(std::move(weights)), table_(weights_) {
  for (const float weight : weights_) total_ += weight;
}

float WeightsSampler::Probability(int64_t value) const {
  return value < 0 || value >= range() ? 0 : weights_[static_cast<size_t>(value)] / total_;
}

}  // namespace rivulet

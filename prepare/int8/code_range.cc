#include "prepare/int8/code_range.h"

#include <algorithm>
#include <cmath>

namespace rivulet::prepare {
namespace {

constexpr double kCodes = 255;  // steps from the first to the last
// Ranges below are not told apart from 0.
constexpr double kLeastRange = 1e-30;

// From `largest` down to a twelfth of it. The first is what nothing lies beyond.
std::vector<double> CandidateEnds(double largest) {
  std::vector<double> ends;
  if (largest <= 0) return {0};
  for (double end = largest; end > largest / 12; end *= 0.98) ends.push_back(end);
  return ends;
}

// Sums over bins from 0 outwards: what costs to be rounded to 0, as all within half a step of it are.
struct NearZero {
  std::vector<double> counts, squares;
};

}  // namespace

CodeRange RangeOfCodes(double low, double high) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  if (high - low < kLeastRange) return {0, 1};
  const double step = (high - low) / kCodes;
  const double zero = std::clamp(std::round(-low / step), 0.0, kCodes);
  return {static_cast<float>(0 - zero * step), static_cast<float>((kCodes - zero) * step)};
}

void ActivationHistogram::WidenTo(double largest) {
  if (width_ == 0) {
    width_ = largest / (kBins - 1);
    return;
  }
  while (largest >= width_ * kBins) {
    width_ *= 2;
    for (std::vector<uint64_t>& bins : bins_) {
      for (size_t i = 0; i < kBins / 2; ++i) bins[i] = bins[2 * i] + bins[2 * i + 1];
      std::fill(bins.begin() + kBins / 2, bins.end(), 0);
    }
  }
}

void ActivationHistogram::Add(std::span<const float> values) {
  float low = 0, high = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) {
      is_finite_ = false;
      return;
    }
    low = std::min(low, value);
    high = std::max(high, value);
  }
  min_ = std::min(min_, low);
  max_ = std::max(max_, high);
  const double largest = std::max(-static_cast<double>(low), static_cast<double>(high));
  if (largest < kLeastRange) return;
  WidenTo(largest);
  const double inverse = 1 / width_;
  for (const float value : values) {
    if (value == 0) continue;
    const auto at = static_cast<size_t>(std::abs(static_cast<double>(value)) * inverse);
    ++bins_[value > 0][std::min(at, kBins - 1)];
  }
}

std::vector<double> ActivationHistogram::CostsBeyond(const std::vector<uint64_t>& bins,
                                                     const std::vector<double>& ends) const {
  std::vector<double> costs(ends.size(), 0.0);
  for (size_t e = 1; e < ends.size(); ++e) {
    for (size_t i = static_cast<size_t>(ends[e] / width_); i < kBins; ++i) {
      const double beyond = (static_cast<double>(i) + 0.5) * width_ - ends[e];
      if (beyond > 0) costs[e] += static_cast<double>(bins[i]) * beyond * beyond;
    }
  }
  return costs;
}

CodeRange ActivationHistogram::Best() const {
  if (width_ == 0) return RangeOfCodes(0, 0);
  NearZero near{std::vector<double>(kBins + 1), std::vector<double>(kBins + 1)};
  for (size_t i = 0; i < kBins; ++i) {
    const double value = (static_cast<double>(i) + 0.5) * width_;
    const auto count = static_cast<double>(bins_[0][i] + bins_[1][i]);
    near.counts[i + 1] = near.counts[i] + count;
    near.squares[i + 1] = near.squares[i] + count * value * value;
  }
  const std::vector<double> lows = CandidateEnds(-static_cast<double>(min_));
  const std::vector<double> highs = CandidateEnds(static_cast<double>(max_));
  const std::vector<double> below = CostsBeyond(bins_[0], lows), above = CostsBeyond(bins_[1], highs);
  double least = -1;
  CodeRange best;
  for (size_t l = 0; l < lows.size(); ++l) {
    for (size_t h = 0; h < highs.size(); ++h) {
      const double step = (lows[l] + highs[h]) / kCodes;
      const auto zeros = std::min(static_cast<size_t>(step / 2 / width_), kBins);
      const double cost =
          below[l] + above[h] + near.squares[zeros] + (near.counts[kBins] - near.counts[zeros]) * step * step / 12;
      if (least >= 0 && cost >= least) continue;
      least = cost;
      best = RangeOfCodes(-lows[l], highs[h]);
    }
  }
  return best;
}

}  // namespace rivulet::prepare

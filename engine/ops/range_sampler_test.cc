#include "engine/ops/range_sampler.h"

#include <cmath>

#include <gtest/gtest.h>

namespace rivulet {
namespace {

PhiloxWords Words(uint64_t seed) { return PhiloxWords(Philox::FromSeeds(seed, 7)); }

// How often each class comes in `draws` draws.
std::vector<int> Frequencies(const RangeSampler& sampler, int draws) {
  PhiloxWords words = Words(5);
  std::vector<int> counts(static_cast<size_t>(sampler.range()));
  for (int i = 0; i < draws; ++i) ++counts.at(static_cast<size_t>(sampler.Sample(words)));
  return counts;
}

void ExpectDrawsFollowProbabilities(const RangeSampler& sampler) {
  constexpr int kDraws = 40000;
  const std::vector<int> counts = Frequencies(sampler, kDraws);
  double sum = 0;
  for (int64_t i = 0; i < sampler.range(); ++i) {
    const auto p = static_cast<double>(sampler.Probability(i));
    sum += p;
    EXPECT_NEAR(counts[static_cast<size_t>(i)], p * kDraws, 5 * std::sqrt(kDraws * p) + 1e-9) << "class " << i;
  }
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST(RangeSampler, DrawsFollowProbabilities) {
  for (const int64_t range : {1, 2, 7, 16, 33}) {
    SCOPED_TRACE(range);
    ExpectDrawsFollowProbabilities(UniformSampler(range));
    ExpectDrawsFollowProbabilities(LogUniformSampler(range));
    LearningSampler learning(range);
    ExpectDrawsFollowProbabilities(learning);
    const std::vector<int64_t> seen = {0, range - 1, range / 2, range - 1, range - 1, 0};
    learning.Learn(seen);
    ExpectDrawsFollowProbabilities(learning);
  }
  ExpectDrawsFollowProbabilities(WeightsSampler({3, 0, 0.5f, 7, 1e-6f, 2}));
  ExpectDrawsFollowProbabilities(WeightsSampler({0, 0, 5}));
}

TEST(RangeSampler, LearntClassesWeighMore) {
  LearningSampler sampler(5);
  for (int round = 1; round <= 20; ++round) {
    sampler.Learn(std::vector<int64_t>{3, 1, 3});
    const auto total = static_cast<float>(5 + 3 * round);
    EXPECT_EQ(sampler.Probability(3), static_cast<float>(1 + 2 * round) / total);
    EXPECT_EQ(sampler.Probability(1), static_cast<float>(1 + round) / total);
    for (const int64_t other : {0, 2, 4}) EXPECT_EQ(sampler.Probability(other), 1 / total);
  }
  EXPECT_EQ(sampler.Probability(-1), 0);
  EXPECT_EQ(sampler.Probability(5), 0);
}

}  // namespace
}  // namespace rivulet

#include "prepare/squeeze/effort.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace rivulet::prepare {
namespace {

TEST(Effort, FewerSamplesAreLookedAtWhereRunsCostMore) {
  EXPECT_EQ(SamplesFor(1e6, 100, 1e12, 48), 48u);
  EXPECT_EQ(SamplesFor(1e9, 100, 1e12, 48), 10u);
  EXPECT_EQ(SamplesFor(1e12, 100, 1e12, 48), 2u) << "fewer tell nothing";
  EXPECT_EQ(SamplesFor(1e12, 100, 1e12, 1), 1u);
  EXPECT_EQ(SamplesFor(0, 0, 1e12, 4), 4u) << "where nothing is a product";
}

std::vector<Weight> Network() {
  std::vector<Weight> weights;
  const auto add = [&](size_t elements, bool is_product) {
    weights.emplace_back().values.resize(elements);
    weights.back().is_product = is_product;
  };
  for (int i = 0; i < 20; ++i) {
    add(1000, true);
    add(100, false);
    add(100, false);
  }
  add(5000, false);
  return weights;
}

std::vector<std::vector<size_t>> GroupsOf(const std::vector<Weight>& weights, double most_work) {
  std::vector<const Weight*> all;
  for (const Weight& weight : weights) all.push_back(&weight);
  return TriedTogether(all, 1000, 4, most_work);
}

TEST(Effort, EachWeightIsTriedAloneWhereThatIsCheap) {
  const auto weights = Network();
  const auto groups = GroupsOf(weights, 1e9);
  ASSERT_EQ(groups.size(), weights.size());
  for (size_t w = 0; w < groups.size(); ++w) EXPECT_EQ(groups[w], std::vector<size_t>{w});
}

TEST(Effort, SmallConstantsAreTriedTogetherWhereItIsNot) {
  const auto weights = Network();
  const auto groups = GroupsOf(weights, 1e3);
  EXPECT_EQ(groups.size(), 20u + 1 + 3) << "40 small ones in sixteens, one that is large";
  std::vector<size_t> met;
  for (const auto& group : groups) {
    for (const size_t w : group) {
      met.push_back(w);
      if (group.size() > 1) EXPECT_EQ(weights[w].values.size(), 100u);
    }
  }
  std::sort(met.begin(), met.end());
  ASSERT_EQ(met.size(), weights.size()) << "each once";
  for (size_t w = 0; w < met.size(); ++w) EXPECT_EQ(met[w], w);
}

}  // namespace
}  // namespace rivulet::prepare

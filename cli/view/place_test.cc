#include "cli/view/place.h"

#include <gtest/gtest.h>

#include <random>

namespace rivulet::cli::view {
namespace {

double Cost(const std::vector<double>& x, const std::vector<double>& wanted, const std::vector<double>& weights) {
  double cost = 0;
  for (size_t i = 0; i < x.size(); ++i) cost += weights[i] * (x[i] - wanted[i]) * (x[i] - wanted[i]);
  return cost;
}

TEST(KeepApart, LeavesWhatHasRoom) {
  EXPECT_EQ(KeepApart({0, 10, 30}, {1, 1, 1}, {5, 5}), (std::vector<double>{0, 10, 30}));
  EXPECT_TRUE(KeepApart({}, {}, {}).empty());
}

TEST(KeepApart, SharesByWeight) {
  EXPECT_EQ(KeepApart({0, 0}, {1, 1}, {10}), (std::vector<double>{-5, 5}));
  EXPECT_EQ(KeepApart({0, 0}, {4, 1}, {10}), (std::vector<double>{-2, 8}));
  EXPECT_EQ(KeepApart({10, 0}, {1, 1}, {4}), (std::vector<double>{3, 7}));
}

// No small move that keeps the gaps is better: what a minimum of a convex cost is.
TEST(KeepApart, NothingIsNearer) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> any(0, 1);
  for (int round = 0; round < 50; ++round) {
    const size_t count = 2 + random() % 8;
    std::vector<double> wanted, weights, gaps;
    for (size_t i = 0; i < count; ++i) {
      wanted.push_back(any(random) * 30);
      weights.push_back(0.1 + any(random));
      if (i + 1 < count) gaps.push_back(1 + any(random) * 6);
    }
    const std::vector<double> x = KeepApart(wanted, weights, gaps);
    for (size_t i = 0; i + 1 < count; ++i) EXPECT_GE(x[i + 1] - x[i], gaps[i] - 1e-9);
    const double best = Cost(x, wanted, weights);
    for (int move = 0; move < 200; ++move) {
      std::vector<double> other = x;
      for (double& value : other) value += (any(random) - 0.5) * 0.2;
      bool fits = true;
      for (size_t i = 0; i + 1 < count; ++i) fits &= other[i + 1] - other[i] >= gaps[i];
      if (fits) EXPECT_GE(Cost(other, wanted, weights), best - 1e-9);
    }
  }
}

}  // namespace
}  // namespace rivulet::cli::view

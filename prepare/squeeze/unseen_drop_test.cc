#include "prepare/squeeze/unseen_drop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace rivulet::prepare {
namespace {

using Row = std::vector<float>;

// Scores of three classes; the squeezed network's are off by a normal error of that width.
struct Draw {
  Row was, is;
  bool differs() const {
    return std::max_element(was.begin(), was.end()) - was.begin() !=
           std::max_element(is.begin(), is.end()) - is.begin();
  }
};

Draw DrawOne(std::mt19937& random, float error) {
  std::normal_distribution<float> normal;
  Draw draw;
  for (int i = 0; i < 3; ++i) {
    draw.was.push_back(normal(random));
    draw.is.push_back(draw.was.back() + error * normal(random));
  }
  return draw;
}

AnswerMargins MarginsOf(std::mt19937& random, size_t rows, float error, size_t* differing = nullptr) {
  AnswerMargins margins;
  for (size_t i = 0; i < rows; ++i) {
    const Draw draw = DrawOne(random, error);
    margins.AddRow(draw.was.data(), 3, false);
    if (i % 2 == 1) margins.AddMoved(draw.was.data(), draw.is.data(), 3, false);
    if (differing != nullptr && draw.differs()) ++*differing;
  }
  return margins;
}

TEST(UnseenDrop, IsWhatOthersDo) {
  std::mt19937 random(1);
  for (const float error : {0.01f, 0.03f, 0.1f}) {
    size_t differing = 0;
    constexpr size_t kMany = 40000;
    for (size_t i = 0; i < kMany; ++i) differing += DrawOne(random, error).differs() ? 1 : 0;
    const double share = static_cast<double>(differing) / kMany;
    const auto drop = MarginsOf(random, 8000, error).Estimate();
    ASSERT_TRUE(drop.has_value());
    EXPECT_NEAR(drop->expected, share, 0.25 * share + 0.001) << error;
    EXPECT_GT(drop->at_most, drop->expected);
    EXPECT_LT(drop->at_most, 2 * share + 0.002) << error;
  }
}

TEST(UnseenDrop, BoundHoldsMostlyAndCountsDoNot) {
  std::mt19937 random(2);
  constexpr float kError = 0.03f;
  constexpr size_t kMany = 40000;
  size_t differing = 0;
  for (size_t i = 0; i < kMany; ++i) differing += DrawOne(random, kError).differs() ? 1 : 0;
  const double share = static_cast<double>(differing) / kMany;
  int holds = 0, counts = 0;
  double spread = 0, spread_of_counts = 0;
  constexpr int kTurns = 100;
  constexpr size_t kRows = 200;
  for (int turn = 0; turn < kTurns; ++turn) {
    size_t counted = 0;
    const auto drop = MarginsOf(random, kRows, kError, &counted).Estimate();
    ASSERT_TRUE(drop.has_value());
    holds += drop->at_most >= share ? 1 : 0;
    const double of_all = static_cast<double>(counted) / kRows;
    counts += of_all >= share ? 1 : 0;
    spread += (drop->expected - share) * (drop->expected - share);
    spread_of_counts += (of_all - share) * (of_all - share);
  }
  EXPECT_GE(holds, kTurns * 85 / 100);
  EXPECT_LT(counts, kTurns * 75 / 100);
  EXPECT_LT(spread, 0.6 * spread_of_counts) << "margins tell more than counts";
}

TEST(UnseenDrop, OfProbabilitiesLogarithmsCount) {
  std::mt19937 random(3);
  AnswerMargins scores, probabilities;
  for (int i = 0; i < 400; ++i) {
    Draw draw = DrawOne(random, 0.05f);
    scores.AddRow(draw.was.data(), 3, false);
    scores.AddMoved(draw.was.data(), draw.is.data(), 3, false);
    for (Row* row : {&draw.was, &draw.is}) {
      float sum = 0;
      for (float& value : *row) sum += value = std::exp(value);
      for (float& value : *row) value /= sum;
    }
    probabilities.AddRow(draw.was.data(), 3, true);
    probabilities.AddMoved(draw.was.data(), draw.is.data(), 3, true);
  }
  EXPECT_NEAR(scores.Estimate()->expected, probabilities.Estimate()->expected, 1e-4);
}

TEST(UnseenDrop, FewRowsTellNothing) {
  std::mt19937 random(4);
  EXPECT_FALSE(MarginsOf(random, AnswerMargins::kFewestRows - 2, 0.1f).Estimate().has_value());
  EXPECT_TRUE(MarginsOf(random, AnswerMargins::kFewestRows, 0.1f).Estimate().has_value());
}

TEST(UnseenDrop, WhatIsNotFiniteDiffers) {
  AnswerMargins margins;
  const Row was = {1, 0}, is = {std::nanf(""), 0};
  for (size_t i = 0; i < 100; ++i) {
    margins.AddRow(was.data(), 2, false);
    margins.AddMoved(was.data(), is.data(), 2, false);
  }
  EXPECT_GE(margins.Estimate()->expected, 0.5);
}

// Figures of Clopper and Pearson's interval: 1 - 0.1^(1/n) for none of n.
TEST(UnseenDrop, CountsAreBoundedByTheBinomial) {
  EXPECT_NEAR(AtMostDiffer(0, 230), 1 - std::pow(0.1, 1.0 / 230), 1e-9);
  EXPECT_NEAR(AtMostDiffer(1, 2, 0.9), 0.9486833, 1e-6);  // 1 - s² = 0.1
  EXPECT_EQ(AtMostDiffer(3, 3), 1);
  EXPECT_EQ(AtMostDiffer(0, 0), 1);
}

}  // namespace
}  // namespace rivulet::prepare

#include "prepare/int8/rounded_column.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace rivulet::prepare {
namespace {

constexpr int64_t kRows = 24, kWindows = 400;

// Windows whose values go together, around a large mean, as behind a Relu.
std::vector<float> Windows() {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> windows;
  for (int64_t i = 0; i < kWindows; ++i) {
    const float all = 3 + normal(random);
    for (int64_t k = 0; k < kRows; ++k) windows.push_back(all + 0.3f * normal(random));
  }
  return windows;
}

StudiedFilter Studied(const std::vector<float>& column) {
  Weight weight{.name = "w", .shape = {kRows, 1}, .values = column, .columns = 1};
  weight.is_product = true;
  weight.channels = kRows;
  SecondMoments moments(weight);
  moments.Add(Tensor::Of<float>({kWindows, kRows}, Windows()), kWindows);
  ErrorMeasure measure(weight, &moments);
  return {std::move(weight), std::move(measure)};
}

// The mean square that the product is off by.
double ErrorOf(const std::vector<float>& column, const RoundedColumn& rounded) {
  const std::vector<float> windows = Windows();
  double sum = 0;
  for (size_t i = 0; i < static_cast<size_t>(kWindows); ++i) {
    double off = 0;
    for (size_t k = 0; k < column.size(); ++k) {
      const double value = static_cast<double>(rounded.codes[k]) * static_cast<double>(rounded.max) / 127;
      off += (value - static_cast<double>(column[k])) * static_cast<double>(windows[i * column.size() + k]);
    }
    sum += off * off / static_cast<double>(kWindows);
  }
  return sum;
}

std::vector<float> Column(unsigned seed = 9) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> column;
  for (int64_t k = 0; k < kRows; ++k) column.push_back(normal(random));
  return column;
}

TEST(RoundedColumn, WeightsMakeUpForEachOther) {
  double nearest = 0, made_up = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<float> column = Column(seed);
    const StudiedFilter studied = Studied(column);
    nearest += ErrorOf(column, RoundColumn(column, nullptr, 0));
    made_up += ErrorOf(column, RoundColumn(column, &studied, 0));
  }
  EXPECT_LT(made_up, 0.2 * nearest);
}

TEST(RoundedColumn, CodesAreTheNearestWhereNothingIsKnown) {
  const std::vector<float> column = {1, -0.25f, 0.1f, 0};
  const RoundedColumn rounded = RoundColumn(column, nullptr, 0);
  for (size_t k = 0; k < column.size(); ++k) {
    EXPECT_NEAR(static_cast<float>(rounded.codes[k]) * rounded.max / 127, column[k], rounded.max / 127 * 0.6f) << k;
  }
}

TEST(RoundedColumn, ZerosAndHugeWeightsStayWithinTheCodes) {
  const RoundedColumn zeros = RoundColumn({0, 0, 1e-38f}, nullptr, 0);
  EXPECT_EQ(zeros.codes, (std::vector<int8_t>{0, 0, 0}));
  EXPECT_EQ(zeros.max, 1);
  std::vector<float> column = Column();
  column[3] = 1e30f;
  const StudiedFilter studied = Studied(column);
  const RoundedColumn huge = RoundColumn(column, &studied, 0);
  EXPECT_TRUE(std::isfinite(huge.max));
  for (const int8_t code : huge.codes) EXPECT_GE(code, -127);
}

}  // namespace
}  // namespace rivulet::prepare

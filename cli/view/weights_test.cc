#include "cli/view/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

namespace rivulet::cli::view {
namespace {

template <typename T>
TensorLiteral Literal(const Shape& shape, const std::vector<T>& prefix) {
  return {.dtype = DTypeOf<T>,
          .shape = shape,
          .prefix = Tensor::Of<T>(Shape{static_cast<int64_t>(prefix.size())}, std::span<const T>(prefix))};
}

TEST(Weights, BinsOfEqualWidth) {
  const auto facts = LookAtWeights(Literal<float>({4}, {0, 0.5f, 1, 48}));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->min, 0);
  EXPECT_EQ(facts->max, 48);
  EXPECT_EQ(facts->zeros, 1);
  EXPECT_EQ(facts->bins[0], 2);
  EXPECT_EQ(facts->bins[1], 1);
  EXPECT_EQ(facts->bins[47], 1);
  EXPECT_DOUBLE_EQ(facts->mean, 49.5 / 4);
}

TEST(Weights, WhatIsNotFiniteIsCounted) {
  const auto facts = LookAtWeights(Literal<double>({4}, {NAN, INFINITY, 2, 4}));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->not_finite, 2);
  EXPECT_EQ(facts->count, 2);
  EXPECT_DOUBLE_EQ(facts->mean, 3);
  EXPECT_DOUBLE_EQ(facts->deviation, 1);
  EXPECT_FALSE(LookAtWeights(Literal<float>({1}, {NAN})));
}

TEST(Weights, TheWidestRange) {
  const double most = std::numeric_limits<double>::max();
  const auto facts = LookAtWeights(Literal<double>({3}, {-most, 0, most}));
  ASSERT_TRUE(facts);
  EXPECT_EQ(std::accumulate(facts->bins.begin(), facts->bins.end(), int64_t{0}), 3);
  EXPECT_EQ(facts->bins[24], 1);
}

// As large as no memory is: what a file of a few bytes can say.
TEST(Weights, WhatIsOnlyDescribed) {
  const int64_t many = int64_t{1} << 50;
  const auto facts = LookAtWeights(Literal<float>({many}, {1, 3}));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->count, many);
  EXPECT_EQ(facts->bins[47], many - 1);
  TensorLiteral zeros{.dtype = DType::kFloat, .shape = {many}};
  EXPECT_EQ(LookAtWeights(zeros)->zeros, many);
  EXPECT_EQ(FirstValues(zeros, 3), "0, all of them");
}

TEST(Weights, UnalignedBytes) {
  std::vector<uint8_t> bytes(1 + 3 * sizeof(float));
  const float values[] = {1, 2, 3};
  std::memcpy(bytes.data() + 1, values, sizeof(values));
  const TensorLiteral literal{
      .dtype = DType::kFloat, .shape = {3}, .prefix = Tensor::View(DType::kFloat, {3}, bytes.data() + 1)};
  EXPECT_EQ(LookAtWeights(literal)->mean, 2);
  EXPECT_EQ(FirstValues(literal, 2), "[1, 2, …]");
  EXPECT_EQ(ValueDifference(literal, Literal<float>({3}, {1, 2, 3})), "");
}

TEST(Weights, FirstValues) {
  EXPECT_EQ(FirstValues(Literal<int32_t>({}, {7}), 3), "7");
  EXPECT_EQ(FirstValues(Literal<int32_t>({2}, {7, 8}), 3), "[7, 8]");
  EXPECT_EQ(FirstValues(Literal<int32_t>({5}, {7}), 3), "7, all of them");
  EXPECT_EQ(FirstValues(Literal<std::string>({1}, {"a"}), 3), "[\"a\"]");
  EXPECT_EQ(FirstValues(Literal<float>({0}, {}), 3), "[]");
}

TEST(Weights, Differences) {
  const auto a = Literal<float>({3}, {1, 2, 2});
  EXPECT_EQ(ValueDifference(a, Literal<float>({3}, {1, 2})), "") << "written in another way";
  EXPECT_EQ(ValueDifference(a, Literal<float>({3}, {1, 2, 2.5f})), "values differ: 1 of 3, by at most 0.5");
  EXPECT_EQ(ValueDifference(a, Literal<int32_t>({3}, {1, 2, 2})), "values were float32, are int32");
  EXPECT_EQ(ValueDifference(a, Literal<float>({2}, {1, 2})), "values were [3], are [2]");
  EXPECT_EQ(ValueDifference(Literal<std::string>({1}, {"a"}), Literal<std::string>({1}, {"a"})), "");
  EXPECT_NE(ValueDifference(Literal<std::string>({1}, {"a"}), Literal<std::string>({1}, {"b"})), "");
}

}  // namespace
}  // namespace rivulet::cli::view

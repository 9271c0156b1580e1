#include <algorithm>
#include <limits>
#include <random>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(TopKTest, IsASortForEveryK) {
  std::mt19937 random(3);
  constexpr int64_t kColumns = 37;
  std::vector<int32_t> x(kColumns);
  for (int32_t& value : x) value = static_cast<int32_t>(random() % 12);
  std::vector<int32_t> order(kColumns);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return x[static_cast<size_t>(a)] > x[static_cast<size_t>(b)]; });
  for (int64_t k = 0; k <= kColumns; ++k) {
    for (const bool sorted : {true, false}) {
      auto got =
          OpTester("TopKV2").Attr("sorted", sorted).Input(Tensor::Of<int32_t>({kColumns}, x)).Input(I64({}, {k})).Run();
      ASSERT_TRUE(got.ok()) << got.status().ToString();
      std::vector<int32_t> columns((*got)[1].values<int32_t>().begin(), (*got)[1].values<int32_t>().end());
      std::vector<int32_t> want(order.begin(), order.begin() + k);
      if (!sorted) std::sort(columns.begin(), columns.end());
      if (!sorted) std::sort(want.begin(), want.end());
      EXPECT_EQ(columns, want) << k;
      for (int64_t i = 0; i < k; ++i)
        EXPECT_EQ((*got)[0].data<int32_t>()[i], x[static_cast<size_t>((*got)[1].data<int32_t>()[i])]);
    }
  }
}

// Comparisons with NaN are no order; whatever comes out, every column appears at most once.
TEST(TopKTest, NanEverywhere) {
  std::mt19937 random(4);
  for (int n = 1; n < 60; ++n) {
    std::vector<float> x(static_cast<size_t>(n));
    for (float& value : x)
      value = random() % 3 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(random() % 5);
    for (int32_t k = 0; k <= n; ++k) {
      const auto got =
          OpTester("TopKV2").Attr("sorted", n % 2 == 0).Input(Tensor::Of<float>({n}, x)).Input(I32({}, {k})).Run();
      ASSERT_TRUE(got.ok());
      std::vector<bool> seen(x.size(), false);
      for (const int32_t column : (*got)[1].values<int32_t>()) {
        ASSERT_TRUE(column >= 0 && column < n && !seen[static_cast<size_t>(column)]);
        seen[static_cast<size_t>(column)] = true;
      }
    }
  }
}

TEST(TopKTest, RowsOnThreads) {
  std::vector<float> x(3000 * 20);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 7 % 20);
  const auto got = OpTester("TopKV2").Threads(3).Input(Tensor::Of<float>({3000, 20}, x)).Input(I32({}, {2})).Run();
  ASSERT_TRUE(got.ok());
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ((*got)[0].data<float>()[2 * i], 19);
    ASSERT_EQ((*got)[0].data<float>()[2 * i + 1], 18);
  }
}

TEST(TopKTest, Errors) {
  const Tensor x = F32({2}, {1, 2});
  for (const int64_t k :
       {int64_t{3}, int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(Fails(OpTester("TopKV2").Input(x).Input(I64({}, {k})).Run(), "k: want"));
    EXPECT_TRUE(Fails(OpTester("TopK").Attr("k", k).Input(x).Run(), "want"));
  }
  EXPECT_TRUE(Fails(OpTester("TopKV2").Input(F32({}, {1})).Input(I32({}, {0})).Run()));
  EXPECT_TRUE(Fails(OpTester("TopKV2").Input(x).Input(I32({1}, {0})).Run()));
}

TEST(TopKTest, ApproximateTakesTheGreatestOfTheLastDim) {
  const auto approximate = [](const char* attr, auto value) {
    return OpTester("ApproxTopK").Attr("k", 2).Attr(attr, value).Input(F32({2, 3}, {1, 3, 2, 6, 5, 4})).Run();
  };
  const auto got = approximate("aggregate_to_topk", false);
  EXPECT_TRUE(Same(got, F32({2, 2}, {3, 2, 6, 5}), 0));
  EXPECT_TRUE(Same(got, I32({2, 2}, {1, 2, 0, 1}), 1));
  EXPECT_TRUE(Fails(approximate("is_max_k", false), "'is_max_k': want true"));
  EXPECT_TRUE(Fails(approximate("reduction_dimension", 1), "'reduction_dimension': want -1, the last, got 1"));
}

TEST(TopKTest, UnknownShapes) {
  EXPECT_EQ(OpTester("TopKV2").Unknown(DType::kFloat, {-1, 5}).ConstInput(I32({}, {3})).InferShape(1), "[?,3]");
  EXPECT_EQ(OpTester("TopKV2").Unknown(DType::kFloat, {4, 5}).Unknown(DType::kInt32).InferShape(0), "[4,?]");
  EXPECT_EQ(OpTester("TopK").Attr("k", 2).Unknown(DType::kFloat).InferShape(0), "?");
}

}  // namespace
}  // namespace rivulet

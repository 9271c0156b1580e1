#include <limits>
#include <map>
#include <random>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(UniqueTest, IsTheDefinitionForRandomNumbers) {
  std::mt19937 random(5);
  std::vector<int64_t> x(5000);
  for (int64_t& value : x) value = static_cast<int64_t>(random() % 900) - 450;
  std::vector<int64_t> y, idx, count;
  std::map<int64_t, int64_t> seen;
  for (const int64_t value : x) {
    const auto [at, is_new] = seen.emplace(value, static_cast<int64_t>(y.size()));
    if (is_new) {
      y.push_back(value);
      count.push_back(0);
    }
    idx.push_back(at->second);
    ++count[static_cast<size_t>(at->second)];
  }
  const auto got =
      OpTester("UniqueWithCounts").Attr("out_idx", DType::kInt64).Input(Tensor::Of<int64_t>({5000}, x)).Run();
  EXPECT_TRUE(Same(got, Tensor::Of<int64_t>({static_cast<int64_t>(y.size())}, y), 0));
  EXPECT_TRUE(Same(got, Tensor::Of<int64_t>({5000}, idx), 1));
  EXPECT_TRUE(Same(got, Tensor::Of<int64_t>({static_cast<int64_t>(count.size())}, count), 2));
}

TEST(UniqueTest, SlicesInTheMiddle) {
  const auto got =
      OpTester("UniqueV2").Input(Strings({2, 3, 1}, {"a", "b", "a", "x", "y", "x"})).Input(I32({1}, {1})).Run();
  EXPECT_TRUE(Same(got, Strings({2, 2, 1}, {"a", "b", "x", "y"}), 0));
  EXPECT_TRUE(Same(got, I32({3}, {0, 1, 0}), 1));
}

TEST(UniqueTest, Errors) {
  const Tensor x = Zeros(DType::kInt32, {2, 3});
  for (const int64_t axis : {int64_t{2}, int64_t{-3}, std::numeric_limits<int64_t>::min()}) {
    EXPECT_TRUE(Fails(OpTester("UniqueV2").Input(x).Input(I64({1}, {axis})).Run(), "axis"));
  }
  EXPECT_TRUE(Fails(OpTester("UniqueV2").Input(x).Input(I64({0}, {})).Run(), "vector"));
  EXPECT_TRUE(Fails(OpTester("UniqueV2").Input(x).Input(I64({2}, {0, 1})).Run(), "axis"));
  EXPECT_TRUE(Fails(OpTester("Unique").Input(x).Run()));
  // As many slices as no memory could number, none of which takes any.
  EXPECT_TRUE(Fails(OpTester("UniqueV2")
                        .Budget(1 << 20)
                        .Input(Zeros(DType::kInt8, {int64_t{1} << 40, 0}))
                        .Input(I64({1}, {0}))
                        .Run()));
}

TEST(UniqueTest, UnknownShapes) {
  EXPECT_EQ(OpTester("Unique").Unknown(DType::kInt32, {7}).InferShape(0), "[?]");
  EXPECT_EQ(OpTester("Unique").Unknown(DType::kInt32, {7}).InferShape(1), "[7]");
  EXPECT_EQ(OpTester("UniqueV2").Unknown(DType::kInt32, {7, 2}).ConstInput(I32({1}, {0})).InferShape(0), "[?,2]");
  EXPECT_EQ(OpTester("UniqueV2").Unknown(DType::kInt32, {7, 2}).Unknown(DType::kInt32).InferShape(0), "[?,?]");
}

}  // namespace
}  // namespace rivulet

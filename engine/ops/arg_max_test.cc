#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ArgMaxTest, TiesAndNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Same(OpTester("ArgMax").Input(F32({2, 3}, {nan, 5, 5, nan, nan, nan})).Input(I32({}, {1})).Run(),
                   I64({2}, {1, 0})));
  EXPECT_TRUE(Same(OpTester("ArgMin").Input(F32({3}, {5, nan, 5})).Input(I32({}, {0})).Run(), I64({}, {0})));
}

TEST(ArgMaxTest, ManyColumns) {
  std::vector<int32_t> x(3 * 130);
  std::vector<int64_t> want(130);
  for (int j = 0; j < 130; ++j) {
    want[static_cast<size_t>(j)] = j % 3;
    x[static_cast<size_t>(j % 3 * 130 + j)] = 1;
  }
  EXPECT_TRUE(Same(OpTester("ArgMax").Threads(2).Input(Tensor::Of<int32_t>({3, 130}, x)).Input(I32({}, {0})).Run(),
                   Tensor::Of<int64_t>({130}, want)));
}

TEST(ArgMaxTest, Errors) {
  const Tensor x = Zeros(DType::kFloat, {2, 3});
  for (const int64_t axis : {int64_t{2}, int64_t{-3}, std::numeric_limits<int64_t>::min()}) {
    EXPECT_TRUE(Fails(OpTester("ArgMax").Input(x).Input(I64({}, {axis})).Run(), "dimension"));
    EXPECT_TRUE(Fails(OpTester("ArgMax").Input(Zeros(DType::kFloat, {})).ConstInput(I64({}, {axis})).Run()));
  }
  EXPECT_TRUE(Fails(OpTester("ArgMax").Input(x).Input(I32({1}, {0})).Run()));
  EXPECT_TRUE(Fails(OpTester("ArgMin").Input(Zeros(DType::kFloat, {0})).Input(I32({}, {0})).Run(), "empty"));
  EXPECT_TRUE(Fails(OpTester("ArgMin").Input(Zeros(DType::kFloat, {2, 0})).ConstInput(I32({}, {1})).Run(), "empty"));
}

TEST(ArgMaxTest, UnknownShapes) {
  EXPECT_EQ(OpTester("ArgMax").Unknown(DType::kFloat, {-1, 4}).Unknown(DType::kInt32).InferShape(), "[?]");
  EXPECT_EQ(OpTester("ArgMax").Unknown(DType::kFloat, {-1, 4}).ConstInput(I32({}, {-1})).InferShape(), "[?]");
  EXPECT_EQ(OpTester("ArgMax").Unknown(DType::kFloat).ConstInput(I32({}, {-1})).InferShape(), "?");
}

}  // namespace
}  // namespace rivulet

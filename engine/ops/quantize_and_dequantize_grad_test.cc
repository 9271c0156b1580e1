#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Slope(const Tensor& gradients, const Tensor& input, const Tensor& low, const Tensor& high, int64_t axis) {
  return OpTester("QuantizeAndDequantizeV4Grad")
      .Attr("axis", axis)
      .Input(gradients)
      .Input(input)
      .Input(low)
      .Input(high);
}

TEST(QuantizeAndDequantizeGradTest, BoundsAreInside) {
  const auto got = Slope(F32({4}, {1, 2, 3, 4}), F32({4}, {-1, 1, 1.25f, -2}), F32({}, {-1}), F32({}, {1}), -1).Run();
  EXPECT_TRUE(Same(got, F32({4}, {1, 2, 0, 0}), 0));
  EXPECT_TRUE(Same(got, F32({}, {0}), 1));
  EXPECT_TRUE(Same(got, F32({}, {0}), 2));
}

TEST(QuantizeAndDequantizeGradTest, ShapesThatAreNotKnown) {
  const auto shape = [](size_t output, int64_t axis) {
    return OpTester("QuantizeAndDequantizeV4Grad")
        .Attr("axis", axis)
        .Unknown(DType::kFloat, {-1, 3})
        .Unknown(DType::kFloat)
        .Unknown(DType::kFloat, {-1})
        .Unknown(DType::kFloat, {7})
        .InferShape(output);
  };
  EXPECT_EQ(shape(0, 0), "[?,3]");
  EXPECT_EQ(shape(1, 0), "[?]");
  EXPECT_EQ(shape(2, 0), "[7]");
}

TEST(QuantizeAndDequantizeGradTest, WhatIsWrong) {
  const Tensor x = F32({2}, {1, 2}), one = F32({}, {1});
  EXPECT_TRUE(Fails(Slope(F32({3}, {1, 2, 3}), x, one, one, -1).Run(), "want the input's shape [2], got [3]"));
  EXPECT_TRUE(Fails(Slope(x, x, one, one, 1).Run(), "axis: want below the rank 1, got 1"));
  EXPECT_TRUE(Fails(Slope(x, x, one, one, -2).Run(), "axis: want >= -1, got -2"));
  EXPECT_TRUE(Fails(Slope(x, x, one, one, 0).Run(), "rank 1"));
  EXPECT_TRUE(Fails(Slope(x, x, x, F32({1}, {1}), 0).Run(), "range: want 2 elements as the axis, got 1"));
}

}  // namespace
}  // namespace rivulet

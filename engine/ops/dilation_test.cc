#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Dilation(const char* op = "Dilation2D", const char* padding = "SAME") {
  OpTester tester(op);
  tester.Attr("strides", {1, 1, 1, 1}).Attr("rates", {1, 1, 1, 1}).Attr("padding", padding);
  return tester;
}

TEST(Dilation, MaximumOfSums) {
  EXPECT_TRUE(Same(Dilation().Input(F32({1, 1, 3, 1}, {1, 5, 2})).Input(F32({1, 2, 1}, {0, 10})).Run(),
                   F32({1, 1, 3, 1}, {15, 12, 2})));
}

TEST(Dilation, IntegersWrapAround) {
  EXPECT_TRUE(Same(Dilation().Input(U8({1, 1, 1, 1}, {250})).Input(U8({1, 1, 1}, {10})).Run(), U8({1, 1, 1, 1}, {4})));
  const int64_t most = std::numeric_limits<int64_t>::max(), least = std::numeric_limits<int64_t>::min();
  EXPECT_TRUE(
      Same(Dilation().Input(I64({1, 1, 1, 1}, {most})).Input(I64({1, 1, 1}, {1})).Run(), I64({1, 1, 1, 1}, {least})));
}

TEST(Dilation, GradientGoesToTheFirstMaximum) {
  const Tensor x = F32({1, 1, 2, 1}, {3, 3}), f = F32({1, 2, 1}, {0, 0}), g = F32({1, 1, 1, 1}, {7});
  EXPECT_TRUE(
      Same(Dilation("Dilation2DBackpropInput", "VALID").Input(x).Input(f).Input(g).Run(), F32({1, 1, 2, 1}, {7, 0})));
  EXPECT_TRUE(
      Same(Dilation("Dilation2DBackpropFilter", "VALID").Input(x).Input(f).Input(g).Run(), F32({1, 2, 1}, {7, 0})));
}

TEST(Dilation, WindowsWithoutTapsOrNumbersStayInside) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Same(Dilation("Dilation2DBackpropInput")
                       .Input(F32({1, 1, 2, 1}, {nan, nan}))
                       .Input(F32({1, 1, 1}, {0}))
                       .Input(F32({1, 1, 2, 1}, {1, 2}))
                       .Run(),
                   F32({1, 1, 2, 1}, {1, 2})));
  // VALID with an empty filter gives one output more than there are pixels.
  EXPECT_TRUE(Dilation("Dilation2DBackpropInput", "VALID")
                  .Input(F32({1, 1, 2, 1}, {1, 2}))
                  .Input(Zeros(DType::kFloat, {0, 1, 1}))
                  .Input(F32({1, 2, 2, 1}, {1, 2, 3, 4}))
                  .Run()
                  .ok());
  EXPECT_TRUE(Same(Dilation().Input(F16({1, 1, 1, 1}, {1})).Input(Zeros(DType::kHalf, {0, 1, 1})).Run(),
                   F16({1, 1, 1, 1}, {-65504})));
}

TEST(Dilation, HostileRatesAndShapes) {
  const Tensor x = F32({1, 1, 2, 1}, {1, 2}), f = F32({1, 2, 1}, {0, 0});
  for (const int64_t bad :
       {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(
        Fails(Dilation().Attr("rates", {int64_t{1}, int64_t{1}, bad, int64_t{1}}).Input(x).Input(f).Run(), "rates"));
    EXPECT_TRUE(Fails(Dilation().Attr("strides", {int64_t{1}, bad, int64_t{1}, int64_t{1}}).Input(x).Input(f).Run(),
                      "strides"));
  }
  EXPECT_TRUE(Dilation().Attr("rates", {1, 0x7fffffff, 0x7fffffff, 1}).Input(x).Input(f).Run().ok());
  EXPECT_TRUE(Fails(Dilation().Input(x).Input(F32({1, 1, 2}, {0, 0})).Run(), "channels"));
  EXPECT_TRUE(
      Fails(Dilation("Dilation2DBackpropInput").Input(x).Input(f).Input(F32({1, 1, 1, 1}, {7})).Run(), "out_backprop"));
  EXPECT_EQ(Dilation().Unknown(DType::kFloat).Unknown(DType::kFloat, {-1, 2, 5}).InferShape(), "[?,?,?,5]");
}

}  // namespace
}  // namespace rivulet

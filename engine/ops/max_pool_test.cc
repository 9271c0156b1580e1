#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kLowest = std::numeric_limits<float>::lowest();

OpTester MaxPool(const Tensor& x, const char* op = "MaxPool") {
  OpTester tester(op);
  tester.Attr("ksize", {1, 1, 2, 1}).Attr("strides", {1, 1, 2, 1}).Attr("padding", "VALID").Input(x);
  return tester;
}

TEST(MaxPool, LeavesNanOutAndStartsFromTheLowestNumber) {
  EXPECT_TRUE(
      Same(MaxPool(F32({1, 1, 6, 1}, {kNan, 1, 2, kNan, kNan, -kInf})).Run(), F32({1, 1, 3, 1}, {1, 2, kLowest})));
  EXPECT_TRUE(Same(MaxPool(F16({1, 1, 4, 1}, {kNan, 1, -kInf, -kInf})).Run(), F16({1, 1, 2, 1}, {1, -65504})));
}

TEST(MaxPool, ThreeDimensionsKeepInfinities) {
  OpTester op("MaxPool3D");
  op.Attr("ksize", {1, 1, 1, 2, 1}).Attr("strides", {1, 1, 1, 2, 1}).Attr("padding", "VALID");
  EXPECT_TRUE(Same(op.Input(F32({1, 1, 1, 6, 1}, {-kInf, -kInf, kNan, 1, kNan, kNan})).Run(),
                   F32({1, 1, 1, 3, 1}, {-kInf, 1, kNan})));
}

TEST(MaxPool, WindowsFromInputs) {
  const Tensor x = I8({1, 1, 4, 1}, {-128, -127, 3, 4}), k = I32({4}, {1, 1, 2, 1}), s = I32({4}, {1, 1, 2, 1});
  OpTester op("MaxPoolV2");
  op.Attr("padding", "VALID");
  EXPECT_TRUE(Same(OpTester(op).Input(x).Input(k).Input(s).Run(), I8({1, 1, 2, 1}, {-127, 4})));
  EXPECT_TRUE(Fails(OpTester(op).Input(x).Input(I32({4}, {1, 1, 0, 1})).Input(s).Run(), "ksize"));
  EXPECT_TRUE(Fails(OpTester(op).Input(x).Input(k).Input(I32({4}, {1, 1, -1, 1})).Run(), "strides"));
  EXPECT_TRUE(Fails(OpTester(op).Input(x).Input(I32({3}, {1, 2, 1})).Input(s).Run(), "[4]"));
  EXPECT_EQ(
      OpTester(op).Unknown(DType::kFloat, {3, -1, -1, 5}).Unknown(DType::kInt32).Unknown(DType::kInt32).InferShape(),
      "[3,?,?,?]");
}

TEST(MaxPool, HugeWindowsAreCheap) {
  EXPECT_TRUE(Same(OpTester("MaxPool")
                       .Attr("ksize", {1, 0x7fffffff, 0x7fffffff, 1})
                       .Attr("strides", {1, 0x7fffffff, 1, 1})
                       .Attr("padding", "SAME")
                       .Input(F32({1, 2, 2, 1}, {1, 2, 4, 3}))
                       .Run(),
                   F32({1, 1, 2, 1}, {4, 4})));
}

TEST(MaxPool, ChannelsFirstAndUnknownShapes) {
  EXPECT_TRUE(Same(OpTester("MaxPool")
                       .Attr("ksize", {1, 1, 1, 2})
                       .Attr("strides", {1, 1, 1, 2})
                       .Attr("padding", "VALID")
                       .Attr("data_format", "NCHW")
                       .Input(I32({1, 2, 1, 2}, {1, 2, 4, 3}))
                       .Run(),
                   I32({1, 2, 1, 1}, {2, 4})));
  EXPECT_EQ(OpTester("MaxPool")
                .Attr("ksize", {1, 2, 2, 1})
                .Attr("strides", {1, 2, 2, 1})
                .Attr("padding", "SAME")
                .Unknown(DType::kFloat, {-1, 5, -1, 3})
                .InferShape(),
            "[?,3,?,3]");
}

}  // namespace
}  // namespace rivulet

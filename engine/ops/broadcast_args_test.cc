#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(BroadcastArgs, LengthIsKnownEarly) {
  EXPECT_EQ(OpTester("BroadcastArgs").Unknown(DType::kInt32, {2}).Unknown(DType::kInt32, {3}).InferShape(), "[3]");
  EXPECT_EQ(OpTester("BroadcastArgs").Unknown(DType::kInt32, {2}).Unknown(DType::kInt32).InferShape(), "[?]");
  EXPECT_TRUE(Same(OpTester("BroadcastArgs").Input(I32({1}, {1})).Input(I32({2}, {0, 7})).Run(), I32({2}, {0, 7})));
  EXPECT_TRUE(Fails(OpTester("BroadcastArgs").Input(I32({1}, {2})).Input(I32({1}, {0})).Run(), "2 against 0"));
}

TEST(BroadcastGradientArgs, AxesOfEach) {
  const auto got = OpTester("BroadcastGradientArgs").Input(I64({3}, {4, 1, 1})).Input(I64({2}, {5, 1})).Run();
  EXPECT_TRUE(Same(got, I64({2}, {1, 2}), 0));
  EXPECT_TRUE(Same(got, I64({2}, {0, 2}), 1));
  EXPECT_EQ(OpTester("BroadcastGradientArgs").Unknown(DType::kInt32).Unknown(DType::kInt32).InferShape(1), "[?]");
  EXPECT_TRUE(Fails(OpTester("BroadcastGradientArgs").Input(I32({1}, {2})).Input(I32({1}, {3})).Run(), "2 against 3"));
}

}  // namespace
}  // namespace rivulet

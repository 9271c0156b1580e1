#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(AdjustColor, TurnsAndFades) {
  const Tensor red = F32({1, 1, 3}, {1, 0, 0});
  // A third of the circle from red is green.
  EXPECT_TRUE(
      Near(OpTester("AdjustHue").Input(red).Input(F32({}, {1.0f / 3})).Run(), F32({1, 1, 3}, {0, 1, 0}), 0, 0, 1e-6f));
  EXPECT_TRUE(Same(OpTester("AdjustHue").Input(red).Input(F32({}, {-2})).Run(), red));
  EXPECT_TRUE(Same(OpTester("AdjustSaturation").Input(red).Input(F32({}, {0})).Run(), F32({1, 1, 3}, {1, 1, 1})));
  EXPECT_TRUE(
      Same(OpTester("AdjustSaturation").Input(red).Input(F32({}, {0.5f})).Run(), F32({1, 1, 3}, {1, .5f, .5f})));
}

TEST(AdjustColor, StrangeNumbersAreNoReasonToStop) {
  const Tensor strange = F32({1, 3, 3}, {0.0f / 0.0f, 1, 2, 1.0f / 0.0f, 0, 1, -1, -2, -3});
  for (const char* op : {"AdjustHue", "AdjustSaturation"}) {
    for (const float amount : {0.0f / 0.0f, 1.0f / 0.0f, -1.0f / 0.0f, 3e38f, -1e-30f}) {
      EXPECT_TRUE(OpTester(op).Input(strange).Input(F32({}, {amount})).Run().ok());
    }
  }
}

TEST(AdjustColor, RefusesOtherShapes) {
  for (const char* op : {"AdjustHue", "AdjustSaturation"}) {
    EXPECT_TRUE(Fails(OpTester(op).Input(Zeros(DType::kFloat, {4, 3})).Input(F32({}, {1})).Run(), "rank"));
    EXPECT_TRUE(Fails(OpTester(op).Input(Zeros(DType::kFloat, {2, 2, 4})).Input(F32({}, {1})).Run(), "3 components"));
    EXPECT_TRUE(Fails(OpTester(op).Input(Zeros(DType::kFloat, {2, 2, 0})).Input(F32({}, {1})).Run(), "3 components"));
    EXPECT_TRUE(Fails(OpTester(op).Input(Zeros(DType::kFloat, {2, 2, 3})).Input(F32({1}, {1})).Run(), "rank"));
    EXPECT_TRUE(OpTester(op).Input(Zeros(DType::kFloat, {0, 2, 3})).Input(F32({}, {1})).Run().ok());
    EXPECT_EQ(OpTester(op).Unknown(DType::kFloat).Unknown(DType::kFloat).InferShape(), "?");
  }
}

}  // namespace
}  // namespace rivulet

#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ActivationGradTest, MaskedInfinityIsNan) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Same(OpTester("ReluGrad").Input(F32({3}, {inf, 2, 3})).Input(F32({3}, {-1, 1, nan})).Run(),
                   F32({3}, {nan, 2, 0})));
  EXPECT_TRUE(
      Same(OpTester("Relu6Grad").Input(F32({3}, {1, 2, 3})).Input(F32({3}, {0, 6, 5})).Run(), F32({3}, {0, 0, 3})));
}

TEST(ActivationGradTest, NoGradientNoResult) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const char* op : {"SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad"}) {
    EXPECT_TRUE(Same(OpTester(op).Input(F64({2}, {0, inf})).Input(F64({2}, {0, 0})).Run(), F64({2}, {0, 0}))) << op;
  }
}

TEST(ActivationGradTest, ConjugatesComplexRoots) {
  EXPECT_TRUE(
      Near(OpTester("SqrtGrad").Input(C64({1}, {{0.5f, 0.25f}})).Input(C64({1}, {{2, -1}})).Run(), C64({1}, {{2, 0}})));
}

TEST(ActivationGradTest, Shapes) {
  const Tensor four = F32({4}, {1, 2, 3, 4}), square = F32({2, 2}, {1, 1, 1, 1});
  EXPECT_TRUE(Fails(OpTester("ReluGrad").Input(four).Input(square).Run(), "ranks"));
  EXPECT_TRUE(Near(OpTester("TanhGrad").Input(four).Input(square).Run(), F32({4}, {0, -3, -8, -15})));
  EXPECT_TRUE(Fails(OpTester("TanhGrad").Input(four).Input(F32({}, {1})).Run(), "as many elements"));
  EXPECT_EQ(OpTester("TanhGrad").Unknown(DType::kFloat, {-1, 2}).Unknown(DType::kFloat, {4}).InferShape(), "[?,2]");
}

}  // namespace
}  // namespace rivulet

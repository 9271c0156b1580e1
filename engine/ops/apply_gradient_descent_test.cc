#include "engine/ops/apply_test_kit.h"

namespace rivulet {
namespace {

TEST(ApplyGradientDescent, OneStep) {
  EXPECT_TRUE(Same(Applied(OpTester("ApplyGradientDescent"), {F32({2}, {10, -1})}, {Scalar(0.5f), F32({2}, {4, 2})}),
                   F32({2}, {8, -2})));
  EXPECT_TRUE(Fails(Applied(OpTester("ApplyGradientDescent"), {One(1)}, {Scalar(0.5f), F32({2}, {4, 2})}),
                    "the gradient has shape [2]"));
}

TEST(ApplyGradientDescent, ProximalShrinksTowardsZero) {
  const auto run = [](float l1, float l2) {
    return Applied(OpTester("ApplyProximalGradientDescent"), {F32({3}, {10, -6, 2.5f})},
                   {Scalar(0.5f), Scalar(l1), Scalar(l2), F32({3}, {4, 4, 4})});
  };
  EXPECT_TRUE(Same(run(2, 2), F32({3}, {3.5f, -3.5f, 0})));
  EXPECT_TRUE(Same(run(0, 2), F32({3}, {4, -4, 0.25f})));
  EXPECT_TRUE(Same(run(0, 0), F32({3}, {8, -8, 0.5f})));
}

}  // namespace
}  // namespace rivulet

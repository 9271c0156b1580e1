#include "engine/ops/apply_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Step(float l1, int64_t steps) {
  return Applied(OpTester("ApplyAdagradDA"), {One(7), One(1), One(9)},
                 {One(4), Scalar(0.5f), Scalar(l1), Scalar(3), I64({}, {steps})});
}

TEST(ApplyAdagradDA, OneStep) {
  const auto after = Step(1, 2);
  EXPECT_TRUE(Same(after, One(5), 1));
  EXPECT_TRUE(Same(after, One(25), 2));
  EXPECT_TRUE(Same(after, One(-0.1875f)));
  EXPECT_TRUE(Same(Step(0, 2), One(-0.3125f)));
  EXPECT_TRUE(Near(Step(3, 2), One(0)));
}

// Numerator and denominator divided by steps and rate, which gives the same here.
TEST(ApplyAdagradDA, Sparse) {
  const auto after = Applied(OpTester("SparseApplyAdagradDA"),
                             {F32({2, 2}, {7, 7, 7, 7}), F32({2, 2}, {0, 0, 1, 1}), F32({2, 2}, {0, 0, 9, 9})},
                             {F32({1, 2}, {4, -6}), I32({1}, {1}), Scalar(0.5f), Scalar(1), Scalar(3), I64({}, {2})});
  EXPECT_TRUE(Same(after, F32({2, 2}, {0, 0, 5, -5}), 1));
  EXPECT_TRUE(Same(after, F32({2, 2}, {0, 0, 25, 45}), 2));
  EXPECT_TRUE(Near(after, F32({2, 2}, {7, 7, -0.1875f, 0.154508497f})));
}

}  // namespace
}  // namespace rivulet

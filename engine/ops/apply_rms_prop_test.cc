#include "engine/ops/apply_test_kit.h"

namespace rivulet {
namespace {

// lr, rho, momentum, epsilon, grad
std::vector<Tensor> Inputs(float epsilon) {
  return {Scalar(0.5f), Scalar(0.75f), Scalar(0.5f), Scalar(epsilon), One(4)};
}

TEST(ApplyRmsProp, OneStep) {
  const auto after = Applied(OpTester("ApplyRMSProp"), {One(10), One(0), One(2)}, Inputs(0));
  EXPECT_TRUE(Same(after, One(4), 1));
  EXPECT_TRUE(Same(after, One(2), 2));
  EXPECT_TRUE(Same(after, One(8)));
}

TEST(ApplyRmsProp, CenteredTakesTheMeanOff) {
  const auto after = Applied(OpTester("ApplyCenteredRMSProp"), {One(10), One(0), One(0), One(2)}, Inputs(1));
  EXPECT_TRUE(Same(after, One(1), 1));
  EXPECT_TRUE(Same(after, One(4), 2));
  EXPECT_TRUE(Same(after, One(2), 3));
  EXPECT_TRUE(Same(after, One(8)));
}

TEST(ApplyRmsProp, SparseIsTheSameForOneRow) {
  std::vector<Tensor> inputs = Inputs(0);
  inputs.push_back(I32({1}, {1}));
  const auto after =
      Applied(OpTester("SparseApplyRMSProp"), {F32({2}, {1, 10}), F32({2}, {1, 0}), F32({2}, {1, 2})}, inputs);
  EXPECT_TRUE(Near(after, F32({2}, {1, 8})));
  EXPECT_TRUE(Near(after, F32({2}, {1, 4}), 1));
}

}  // namespace
}  // namespace rivulet

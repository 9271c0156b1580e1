#include "engine/ops/apply_test_kit.h"

#include <limits>

namespace rivulet {
namespace {

const std::vector<Tensor> kSlots = {One(2), One(9), One(1)};

std::vector<Tensor> Inputs(float l1) { return {One(4), Scalar(0.5f), Scalar(l1), Scalar(3), Scalar(-0.5f)}; }

TEST(ApplyFtrl, OneStep) {
  const auto after = Applied(OpTester("ApplyFtrl"), kSlots, Inputs(1));
  EXPECT_TRUE(Same(after, One(25), 1));
  EXPECT_TRUE(Same(after, One(-3), 2));
  EXPECT_TRUE(Same(after, One(0.125f)));
  EXPECT_TRUE(Same(Applied(OpTester("ApplyFtrl"), kSlots, Inputs(4)), One(0)));
}

TEST(ApplyFtrl, LinearTimesTheLearningRate) {
  const auto after = Applied(OpTester("ApplyFtrl").Attr("multiply_linear_by_lr", true), kSlots, Inputs(1));
  EXPECT_TRUE(Same(after, One(-1), 2));
  EXPECT_TRUE(Same(after, One(0.0625f)));
}

TEST(ApplyFtrl, V2ShrinksTheGradient) {
  const auto after = Applied(OpTester("ApplyFtrlV2"), kSlots,
                             {One(4), Scalar(0.5f), Scalar(1), Scalar(3), Scalar(0.25f), Scalar(-0.5f)});
  EXPECT_TRUE(Same(after, One(-2), 2));
  EXPECT_TRUE(Same(after, One(0.0625f)));
}

TEST(ApplyFtrl, OtherPowers) {
  std::vector<Tensor> inputs = Inputs(1);
  inputs[4] = Scalar(0);  // x^0: the accumulator does not matter
  EXPECT_TRUE(Same(Applied(OpTester("ApplyFtrl"), kSlots, inputs), One(5), 2));
}

TEST(ApplyFtrl, OnlyTheDenseFormAvoidsZeroByZero) {
  const std::vector<Tensor> scalars = {Scalar(0.5f), Scalar(0), Scalar(0), Scalar(-0.5f)};
  std::vector<Tensor> dense = {One(0)}, sparse = {One(0), I32({1}, {0})};
  dense.insert(dense.end(), scalars.begin(), scalars.end());
  sparse.insert(sparse.end(), scalars.begin(), scalars.end());
  const std::vector<Tensor> zeros = {One(0), One(0), One(0)};
  EXPECT_TRUE(Same(Applied(OpTester("ApplyFtrl"), zeros, dense), One(0)));
  EXPECT_TRUE(Same(Applied(OpTester("SparseApplyFtrl"), zeros, sparse), One(std::numeric_limits<float>::quiet_NaN())));
}

TEST(ApplyFtrl, SparseWantsSensibleRates) {
  const auto run = [](float lr, float l1, float power) {
    return Applied(OpTester("SparseApplyFtrl"), kSlots,
                   {One(4), I32({1}, {0}), Scalar(lr), Scalar(l1), Scalar(3), Scalar(power)});
  };
  EXPECT_TRUE(run(0.5f, 1, -0.5f).ok());
  EXPECT_TRUE(Fails(run(0, 1, -0.5f), "lr"));
  EXPECT_TRUE(Fails(run(0.5f, -1, -0.5f), "l1"));
  EXPECT_TRUE(Fails(run(0.5f, 1, 0.5f), "lr_power"));
}

}  // namespace
}  // namespace rivulet

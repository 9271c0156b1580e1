#include "engine/ops/apply_test_kit.h"

namespace rivulet {
namespace {

// Powers of beta for which alpha is the learning rate, 2.
const std::vector<Tensor> kInputs = {Scalar(0.5f),  Scalar(0.75f), Scalar(2), Scalar(0.5f),
                                     Scalar(0.75f), Scalar(0),     One(4)};

TEST(ApplyAdam, OneStep) {
  const auto after = Applied(OpTester("ApplyAdam"), {One(1), One(0), One(0)}, kInputs);
  EXPECT_TRUE(Same(after, One(2), 1));
  EXPECT_TRUE(Same(after, One(4), 2));
  EXPECT_TRUE(Same(after, One(-1)));
}

TEST(ApplyAdam, NesterovLooksAhead) {
  const auto after = Applied(OpTester("ApplyAdam").Attr("use_nesterov", true), {One(1), One(0), One(0)}, kInputs);
  EXPECT_TRUE(Same(after, One(2), 1));
  EXPECT_TRUE(Same(after, One(-2)));
}

TEST(ApplyAdam, AmsgradKeepsTheGreatestSquare) {
  const OpTester op("ResourceApplyAdamWithAmsgrad");
  const auto great = Applied(op, {One(1), One(0), One(0), One(16)}, kInputs);
  EXPECT_TRUE(Same(great, One(0)));
  EXPECT_TRUE(Same(great, One(4), 2));
  EXPECT_TRUE(Same(great, One(16), 3));
  EXPECT_TRUE(Same(Applied(op, {One(1), One(0), One(0), One(1)}, kInputs), One(4), 3));
}

TEST(ApplyAdam, AdaMaxTakesTheGreaterOfOldAndNew) {
  const std::vector<Tensor> inputs = {Scalar(0.5f), Scalar(2), Scalar(0.5f), Scalar(0.5f), Scalar(0), One(-4)};
  const auto fresh = Applied(OpTester("ApplyAdaMax"), {One(1), One(0), One(2)}, inputs);
  EXPECT_TRUE(Same(fresh, One(4), 2));
  EXPECT_TRUE(Same(fresh, One(3)));
  const auto old = Applied(OpTester("ApplyAdaMax"), {One(1), One(0), One(16)}, inputs);
  EXPECT_TRUE(Same(old, One(8), 2));
  EXPECT_TRUE(Same(old, One(2)));
}

TEST(ApplyAdam, SaysWhatIsWrong) {
  EXPECT_TRUE(Fails(Applied(OpTester("ApplyAdam"), {One(1), F32({2}, {0, 0}), One(0)}, kInputs), "m has shape [2]"));
  std::vector<Tensor> inputs = kInputs;
  inputs[2] = One(2);
  EXPECT_TRUE(Fails(Applied(OpTester("ApplyAdam"), {One(1), One(0), One(0)}, inputs), "lr: want a scalar"));
}

}  // namespace
}  // namespace rivulet

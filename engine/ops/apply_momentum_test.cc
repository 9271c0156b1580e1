#include "engine/ops/apply_test_kit.h"

namespace rivulet {
namespace {

const std::vector<Tensor> kInputs = {Scalar(0.5f), One(4), Scalar(0.5f)};

TEST(ApplyMomentum, OneStep) {
  const auto after = Applied(OpTester("ApplyMomentum"), {One(10), One(2)}, kInputs);
  EXPECT_TRUE(Same(after, One(5), 1));
  EXPECT_TRUE(Same(after, One(7.5f)));
  EXPECT_TRUE(
      Same(Applied(OpTester("ApplyMomentum").Attr("use_nesterov", true), {One(10), One(2)}, kInputs), One(6.75f)));
}

// Its accumulator has the learning rate in it already, and the other sign.
TEST(ApplyMomentum, OfKeras) {
  const OpTester op("ResourceApplyKerasMomentum");
  const auto after = Applied(op, {One(10), One(2)}, kInputs);
  EXPECT_TRUE(Same(after, One(-1), 1));
  EXPECT_TRUE(Same(after, One(9)));
  EXPECT_TRUE(Same(Applied(OpTester(op).Attr("use_nesterov", true), {One(10), One(2)}, kInputs), One(7.5f)));
}

TEST(ApplyMomentum, SparseLeavesOtherRows) {
  const auto after = Applied(OpTester("SparseApplyMomentum"), {F32({2, 1}, {1, 10}), F32({2, 1}, {3, 2})},
                             {Scalar(0.5f), F32({1, 1}, {4}), I64({1}, {1}), Scalar(0.5f)});
  EXPECT_TRUE(Same(after, F32({2, 1}, {1, 7.5f})));
  EXPECT_TRUE(Same(after, F32({2, 1}, {3, 5}), 1));
}

}  // namespace
}  // namespace rivulet

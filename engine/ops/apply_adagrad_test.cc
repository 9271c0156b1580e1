#include "engine/ops/apply_test_kit.h"

namespace rivulet {
namespace {

const std::vector<Tensor> kSlots = {One(10), One(9)};

TEST(ApplyAdagrad, OneStep) {
  const auto after = Applied(OpTester("ApplyAdagrad"), kSlots, {Scalar(2.5f), One(4)});
  EXPECT_TRUE(Same(after, One(25), 1));
  EXPECT_TRUE(Near(after, One(8)));
  EXPECT_TRUE(Same(Applied(OpTester("ApplyAdagradV2"), kSlots, {Scalar(2.5f), Scalar(3), One(4)}), One(8.75f)));
}

TEST(ApplyAdagrad, MayLeaveTheSlots) {
  const auto after = Applied(OpTester("ApplyAdagrad").Attr("update_slots", false), kSlots, {Scalar(1.5f), One(4)});
  EXPECT_TRUE(Same(after, One(9), 1));
  EXPECT_TRUE(Near(after, One(8)));
}

TEST(ApplyAdagrad, ProximalShrinksTowardsZero) {
  const auto run = [](float var, float l1) {
    return Applied(OpTester("ApplyProximalAdagrad"), {One(var), One(9)}, {Scalar(2.5f), Scalar(l1), Scalar(2), One(4)});
  };
  EXPECT_TRUE(Near(run(10, 2), One(3.5f)));
  EXPECT_TRUE(Near(run(-6, 2), One(-3.5f)));
  EXPECT_TRUE(Near(run(2.5f, 2), One(0)));
  EXPECT_TRUE(Near(run(10, 0), One(4)));
  EXPECT_TRUE(Fails(run(10, -1), "l1"));
}

}  // namespace
}  // namespace rivulet

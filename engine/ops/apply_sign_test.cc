#include "engine/ops/apply_test_kit.h"

#include <cmath>

namespace rivulet {
namespace {

// var 10; grad agrees with the mean that comes about, or does not.
Result<std::vector<Tensor>> Step(const char* op, float base, float mean, float grad) {
  return Applied(OpTester(op), {One(10), One(mean)},
                 {Scalar(0.5f), Scalar(base), Scalar(0.5f), Scalar(0.5f), One(grad)});
}

TEST(ApplySign, AddSign) {
  EXPECT_TRUE(Same(Step("ApplyAddSign", 1, 2, 4), One(3), 1));
  EXPECT_TRUE(Same(Step("ApplyAddSign", 1, 2, 4), One(7)));
  EXPECT_TRUE(Same(Step("ApplyAddSign", 1, 6, -4), One(11)));
  EXPECT_TRUE(Same(Step("ApplyAddSign", 1, 4, -4), One(12)));  // a mean of 0
}

TEST(ApplySign, PowerSign) {
  const float base = std::log(4.0f);
  EXPECT_TRUE(Near(Step("ApplyPowerSign", base, 2, 4), One(6)));
  EXPECT_TRUE(Near(Step("ApplyPowerSign", base, 6, -4), One(11)));
  EXPECT_TRUE(Near(Step("ApplyPowerSign", base, 4, -4), One(12)));
}

}  // namespace
}  // namespace rivulet

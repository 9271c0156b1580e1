#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ExponentialTest, SmallComplexArguments) {
  EXPECT_TRUE(
      Near(OpTester("Expm1").Input(C128({1}, {{1e-12, 1e-12}})).Run(), C128({1}, {{1e-12, 1e-12}}), 0, 1e-9f, 1e-20f));
  EXPECT_TRUE(
      Near(OpTester("Log1p").Input(C128({1}, {{1e-12, 1e-12}})).Run(), C128({1}, {{1e-12, 1e-12}}), 0, 1e-9f, 1e-20f));
}

TEST(ExponentialTest, Limits) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(Near(OpTester("Sigmoid").Input(F64({4}, {inf, -inf, nan, 0})).Run(), F64({4}, {1, 0, nan, 0.5})));
  EXPECT_TRUE(Near(OpTester("Log").Input(F64({3}, {0, -1, inf})).Run(), F64({3}, {-inf, nan, inf})));
  EXPECT_TRUE(Near(OpTester("Expm1").Input(F64({2}, {-inf, 1e-18})).Run(), F64({2}, {-1, 1e-18})));
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/apply_test_kit.h"

namespace rivulet {
namespace {

TEST(ApplyAdadelta, OneStep) {
  const auto after =
      Applied(OpTester("ApplyAdadelta"), {One(10), One(0), One(4)}, {Scalar(0.5f), Scalar(0.75f), Scalar(0), One(4)});
  EXPECT_TRUE(Same(after, One(4), 1));
  EXPECT_TRUE(Near(after, One(7), 2));
  EXPECT_TRUE(Near(after, One(8)));
}

TEST(ApplyAdadelta, EpsilonIsUnderBothRoots) {
  EXPECT_TRUE(Near(
      Applied(OpTester("ApplyAdadelta"), {One(10), One(0), One(4)}, {Scalar(0.5f), Scalar(0.75f), Scalar(12), One(4)}),
      One(8)));
}

}  // namespace
}  // namespace rivulet

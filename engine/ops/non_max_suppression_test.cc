#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Suppress(int32_t most, float iou) {
  OpTester tester("NonMaxSuppressionV3");
  tester.Input(F32({3, 4}, {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3}))
      .Input(F32({3}, {1, 2, 1}))
      .Input(I32({}, {most}))
      .Input(F32({}, {iou}))
      .Input(F32({}, {0}));
  return tester;
}

TEST(NonMaxSuppression, DropsOverlappingBoxes) {
  EXPECT_TRUE(Same(Suppress(5, 0.5f).Run(), I32({2}, {1, 2})));
  EXPECT_TRUE(Same(Suppress(5, 1).Run(), I32({3}, {1, 0, 2})));
  EXPECT_TRUE(Same(Suppress(2147483647, 1).Run(), I32({3}, {1, 0, 2})));
  EXPECT_TRUE(Same(Suppress(1, 1).Run(), I32({1}, {1})));
}

TEST(NonMaxSuppression, RefusesBadInputs) {
  EXPECT_TRUE(Fails(Suppress(-1, 0.5f).Run(), "max_output_size"));
  EXPECT_TRUE(Fails(Suppress(1, 0.0f / 0.0f).Run(), "iou_threshold"));
  EXPECT_TRUE(Fails(Suppress(1, 1.5f).Run(), "iou_threshold"));
}

}  // namespace
}  // namespace rivulet

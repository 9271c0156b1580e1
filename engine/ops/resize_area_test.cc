#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ResizeArea, RepeatsPixels) {
  EXPECT_TRUE(Same(OpTester("ResizeArea").Input(F32({1, 1, 2, 1}, {0, 4})).Input(I32({2}, {1, 4})).Run(),
                   F32({1, 1, 4, 1}, {0, 0, 4, 4})));
}

TEST(ResizeArea, RefusesBadSizes) {
  EXPECT_TRUE(Fails(
      OpTester("ResizeArea").Input(Zeros(DType::kFloat, {1, 2, 2, 1})).ConstInput(I32({2}, {-1, 4})).Run(), "size"));
}

}  // namespace
}  // namespace rivulet

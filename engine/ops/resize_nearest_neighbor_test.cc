#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ResizeNearestNeighbor, RepeatsPixels) {
  EXPECT_TRUE(Same(OpTester("ResizeNearestNeighbor").Input(F32({1, 1, 2, 1}, {0, 4})).Input(I32({2}, {1, 4})).Run(),
                   F32({1, 1, 4, 1}, {0, 0, 4, 4})));
}

TEST(ResizeNearestNeighbor, RefusesBadSizes) {
  EXPECT_TRUE(Fails(
      OpTester("ResizeNearestNeighbor").Input(Zeros(DType::kFloat, {1, 2, 2, 1})).ConstInput(I32({2}, {-1, 4})).Run(),
      "size"));
}

}  // namespace
}  // namespace rivulet

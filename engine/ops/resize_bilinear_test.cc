#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ResizeBilinear, MixesNeighbours) {
  EXPECT_TRUE(Same(OpTester("ResizeBilinear").Input(F32({1, 1, 2, 1}, {0, 4})).Input(I32({2}, {1, 4})).Run(),
                   F32({1, 1, 4, 1}, {0, 2, 4, 4})));
}

TEST(ResizeBilinear, RefusesBadSizes) {
  const Tensor image = Zeros(DType::kFloat, {1, 2, 2, 1});
  EXPECT_TRUE(Fails(OpTester("ResizeBilinear").Input(image).ConstInput(I32({2}, {0, 4})).Run(), "size"));
  EXPECT_TRUE(Fails(OpTester("ResizeBilinear").Input(image).ConstInput(I32({3}, {1, 4, 1})).Run(), "size"));
  EXPECT_TRUE(
      Fails(OpTester("ResizeBilinear").Budget(1 << 20).Input(image).Input(I32({2}, {2147483647, 2147483647})).Run()));
}

TEST(ResizeBilinear, InfersUnknownShapes) {
  EXPECT_EQ(OpTester("ResizeBilinear").Unknown(DType::kFloat).Unknown(DType::kInt32).InferShape(), "[?,?,?,?]");
  EXPECT_EQ(
      OpTester("ResizeBilinear").Unknown(DType::kFloat, {-1, -1, -1, 3}).ConstInput(I32({2}, {4, 5})).InferShape(),
      "[?,4,5,3]");
}

}  // namespace
}  // namespace rivulet

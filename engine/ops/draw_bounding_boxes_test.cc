#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Draw(const Shape& images, const Tensor& boxes, const Tensor& colors) {
  OpTester tester("DrawBoundingBoxesV2");
  tester.Input(Zeros(DType::kFloat, images)).Input(boxes).Input(colors);
  return tester;
}

TEST(DrawBoundingBoxes, DrawsWhatLiesInside) {
  const Tensor color = F32({1, 1}, {7});
  EXPECT_TRUE(Same(Draw({1, 3, 3, 1}, F32({1, 1, 4}, {0, 0, 1, 1}), color).Run(),
                   F32({1, 3, 3, 1}, {7, 7, 7, 7, 0, 7, 7, 7, 7})));
  // Only the left border lies in the image.
  EXPECT_TRUE(Same(Draw({1, 3, 3, 1}, F32({1, 1, 4}, {-1, .5f, 2, 5}), color).Run(),
                   F32({1, 3, 3, 1}, {0, 7, 0, 0, 7, 0, 0, 7, 0})));
  // Nothing to draw: upside down, outside.
  for (const float y : {5.0f, 3e38f, 1.0f / 0.0f}) {
    EXPECT_TRUE(
        Same(Draw({1, 3, 3, 1}, F32({1, 1, 4}, {y, 0, 0, 1}), color).Run(), Zeros(DType::kFloat, {1, 3, 3, 1})));
  }
  EXPECT_TRUE(Draw({1, 3, 3, 1}, F32({1, 1, 4}, {-3e38f, -1.0f / 0.0f, 3e38f, 1.0f / 0.0f}), color).Run().ok());
  EXPECT_TRUE(Draw({1, 3, 3, 1}, F32({1, 1, 4}, {0.0f / 0.0f, 0, 0.0f / 0.0f, 1}), color).Run().ok());
  EXPECT_TRUE(Draw({1, 3, 3, 4}, Zeros(DType::kFloat, {1, 0, 4}), Zeros(DType::kFloat, {0, 4})).Run().ok());
}

TEST(DrawBoundingBoxes, RefusesOtherShapes) {
  const Tensor box = F32({1, 1, 4}, {0, 0, 1, 1}), color = Zeros(DType::kFloat, {1, 4});
  EXPECT_TRUE(Fails(Draw({3, 3, 1}, box, color).Run(), "rank"));
  EXPECT_TRUE(Fails(Draw({1, 3, 3, 2}, box, color).Run(), "depth"));
  EXPECT_TRUE(Fails(Draw({1, 3, 3, 0}, box, color).Run(), "depth"));
  EXPECT_TRUE(Fails(Draw({2, 3, 3, 1}, box, color).Run(), "rows"));
  EXPECT_TRUE(Fails(Draw({1, 3, 3, 1}, Zeros(DType::kFloat, {1, 1, 3}), color).Run(), "boxes"));
  EXPECT_TRUE(Fails(Draw({1, 3, 3, 1}, Zeros(DType::kFloat, {1, 4}), color).Run(), "rank"));
  EXPECT_TRUE(Fails(Draw({1, 3, 3, 3}, box, Zeros(DType::kFloat, {1, 2})).Run(), "columns"));
  EXPECT_TRUE(Fails(Draw({1, 3, 3, 3}, box, Zeros(DType::kFloat, {3})).Run(), "rank"));
}

}  // namespace
}  // namespace rivulet

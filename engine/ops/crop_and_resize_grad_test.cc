#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester GradImage(const Tensor& boxes, const Tensor& which, const Tensor& size) {
  OpTester tester("CropAndResizeGradImage");
  tester.Attr("T", DType::kFloat).Budget(1 << 20);
  tester.Input(F32({1, 1, 2, 1}, {3, 5})).Input(boxes).Input(which).Input(size);
  return tester;
}

OpTester GradBoxes(const Tensor& image, const Tensor& boxes, const Tensor& which) {
  OpTester tester("CropAndResizeGradBoxes");
  tester.Input(F32({1, 1, 2, 1}, {3, 5})).Input(image).Input(boxes).Input(which);
  return tester;
}

TEST(CropAndResizeGrad, GoesBackWhereTheCropCameFrom) {
  // One row in the middle of two, and both columns turned round.
  const Tensor box = F32({1, 4}, {0, 1, 1, 0}), which = I32({1}, {1});
  EXPECT_TRUE(Same(GradImage(box, which, I32({4}, {2, 2, 2, 1})).Run(),
                   F32({2, 2, 2, 1}, {0, 0, 0, 0, 2.5f, 1.5f, 2.5f, 1.5f})));
  EXPECT_TRUE(Same(GradImage(box, which, I32({4}, {2, 2, 2, 1})).Attr("method", "nearest").Run(),
                   F32({2, 2, 2, 1}, {0, 0, 0, 0, 0, 0, 5, 3})));
  // Moving the left border moves the first place only, the right one the second.
  EXPECT_TRUE(Same(GradBoxes(F32({1, 1, 3, 1}, {0, 1, 2}), F32({1, 4}, {0, 0.25f, 0, 0.75f}), I32({1}, {0})).Run(),
                   F32({1, 4}, {0, 6, 0, 10})));
}

TEST(CropAndResizeGrad, RefusesHostileInputs) {
  const Tensor box = F32({1, 4}, {0, 0, 1, 1}), which = I32({1}, {0}), size = I32({4}, {1, 2, 2, 1});
  const Tensor image = Zeros(DType::kFloat, {1, 2, 2, 1});
  for (const int32_t index : {1, -1, 2147483647, -2147483647 - 1}) {
    EXPECT_TRUE(Fails(GradImage(box, I32({1}, {index}), size).Run(), "box_ind"));
    EXPECT_TRUE(Fails(GradBoxes(image, box, I32({1}, {index})).Run(), "box_ind"));
  }
  for (const float border : {0.0f / 0.0f, 1.0f / 0.0f}) {
    const Tensor strange = F32({1, 4}, {0, border, 1, 1});
    EXPECT_TRUE(Fails(GradImage(strange, which, size).Run(), "finite"));
    EXPECT_TRUE(Fails(GradBoxes(image, strange, which).Run(), "finite"));
  }
  const Tensor far = F32({1, 4}, {-3e38f, 0, 3e38f, 1e38f});
  EXPECT_TRUE(GradImage(far, which, size).Run().ok());
  EXPECT_TRUE(GradBoxes(image, far, which).Run().ok());
  EXPECT_TRUE(Fails(GradImage(F32({1, 3}, {0, 0, 1}), which, size).Run(), "boxes"));
  EXPECT_TRUE(Fails(GradBoxes(image, Zeros(DType::kFloat, {2, 4}), which).Run(), "one of each"));
  EXPECT_TRUE(Fails(GradImage(box, I32({2}, {0, 0}), size).Run(), "one of each"));
  EXPECT_TRUE(Fails(GradBoxes(Zeros(DType::kFloat, {1, 2, 2, 2}), box, which).Run(), "depth"));
  EXPECT_TRUE(Fails(GradBoxes(Zeros(DType::kFloat, {1, 0, 2, 1}), box, which).Run(), "above 0"));
  EXPECT_TRUE(Fails(GradBoxes(Zeros(DType::kFloat, {2, 2, 1}), box, which).Run(), "rank"));
}

TEST(CropAndResizeGradImage, RefusesImageSizes) {
  const Tensor box = F32({1, 4}, {0, 0, 1, 1}), which = I32({1}, {0});
  EXPECT_TRUE(Fails(GradImage(box, which, I32({3}, {1, 2, 2})).Run(), "4 elements"));
  EXPECT_TRUE(Fails(GradImage(box, which, I32({4}, {1, 0, 2, 1})).Run(), "element 1"));
  EXPECT_TRUE(Fails(GradImage(box, which, I32({4}, {-1, 2, 2, 1})).Run(), "element 0"));
  EXPECT_TRUE(Fails(GradImage(box, which, I32({4}, {1, 2, 2, 3})).Run(), "depth"));
  EXPECT_TRUE(Fails(GradImage(box, which, I32({4}, {2147483647, 2147483647, 2147483647, 1})).Run()));
}

}  // namespace
}  // namespace rivulet

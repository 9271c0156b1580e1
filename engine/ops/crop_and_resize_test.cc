#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Crop(const Tensor& boxes, const Tensor& which, const Tensor& size) {
  OpTester tester("CropAndResize");
  tester.Input(F32({1, 2, 2, 1}, {0, 1, 2, 3})).Input(boxes).Input(which).Input(size);
  return tester;
}

TEST(CropAndResize, TurnsBoxesUpsideDown) {
  EXPECT_TRUE(
      Same(Crop(F32({1, 4}, {1, 0, 0, 1}), I32({1}, {0}), I32({2}, {2, 2})).Run(), F32({1, 2, 2, 1}, {2, 3, 0, 1})));
}

TEST(CropAndResize, RefusesHostileInputs) {
  const Tensor box = F32({1, 4}, {0, 0, 1, 1}), size = I32({2}, {2, 2});
  EXPECT_TRUE(Fails(Crop(box, I32({1}, {1}), size).Run(), "box_ind"));
  EXPECT_TRUE(Fails(Crop(box, I32({1}, {-2147483647 - 1}), size).Run(), "box_ind"));
  EXPECT_TRUE(Fails(Crop(box, I32({2}, {0, 0}), size).Run(), "box_ind"));
  EXPECT_TRUE(Fails(Crop(F32({1, 4}, {0, 0, 0.0f / 0.0f, 1}), I32({1}, {0}), size).Run(), "finite"));
  EXPECT_TRUE(Crop(F32({1, 4}, {-3e38f, 0, 3e38f, 1e38f}), I32({1}, {0}), size).Run().ok());
  EXPECT_TRUE(Fails(Crop(F32({1, 3}, {0, 0, 1}), I32({1}, {0}), size).Run(), "boxes"));
  EXPECT_TRUE(Fails(Crop(box, I32({1}, {0}), I32({2}, {0, 1})).Run(), "crop_size"));
}

}  // namespace
}  // namespace rivulet

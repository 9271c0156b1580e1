#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Transform(const Tensor& images, const Tensor& transforms, const Tensor& size, const char* fill) {
  return OpTester("ImageProjectiveTransformV3")
      .Attr("interpolation", "NEAREST")
      .Attr("fill_mode", fill)
      .Input(images)
      .Input(transforms)
      .Input(size)
      .Input(F32({}, {9}));
}

TEST(ImageProjectiveTransformTest, WhatIsWrong) {
  const Tensor images = Zeros(DType::kFloat, {2, 3, 3, 1}), map = F32({1, 8}, {1, 0, 0, 0, 1, 0, 0, 0});
  const Tensor size = I32({2}, {2, 2});
  EXPECT_TRUE(Fails(Transform(Zeros(DType::kFloat, {3, 3, 1}), map, size, "WRAP").Run(), "rank 4"));
  EXPECT_TRUE(Fails(Transform(images, F32({8}, {1, 0, 0, 0, 1, 0, 0, 0}), size, "WRAP").Run(), "rank 2"));
  EXPECT_TRUE(Fails(Transform(images, Zeros(DType::kFloat, {3, 8}), size, "WRAP").Run(), "got [3,8]"));
  EXPECT_TRUE(Fails(Transform(images, Zeros(DType::kFloat, {2, 9}), size, "WRAP").Run(), "got [2,9]"));
  EXPECT_TRUE(Fails(Transform(images, map, I32({3}, {1, 1, 1}), "WRAP").Run(), "want 2 elements, got 3"));
  EXPECT_TRUE(Fails(Transform(images, map, I32({2}, {1, 0}), "WRAP").Run(), "extents above 0, got 0"));
  EXPECT_TRUE(Fails(Transform(images, map, size, "MIRROR").Run(), "MIRROR"));
}

// Places without number and far ones, which TensorFlow leaves open.
TEST(ImageProjectiveTransformTest, PlacesThatAreNone) {
  const Tensor image = F32({1, 1, 2, 1}, {1, 2}), size = I32({2}, {1, 2});
  const float nan = std::numeric_limits<float>::quiet_NaN(), far = 1e30f;
  for (const char* fill : {"CONSTANT", "WRAP", "REFLECT"}) {
    for (const float place : {nan, far, -far}) {
      const Tensor map = F32({1, 8}, {1, 0, place, 0, 1, 0, 0, 0});
      EXPECT_TRUE(Same(Transform(image, map, size, fill).Run(), F32({1, 1, 2, 1}, {9, 9}))) << fill << place;
    }
  }
  EXPECT_TRUE(Same(Transform(image, F32({1, 8}, {1, 0, far, 0, 1, 0, 0, 0}), size, "NEAREST").Run(),
                   F32({1, 1, 2, 1}, {2, 2})));
}

TEST(ImageProjectiveTransformTest, ShapesBeforeTheRun) {
  EXPECT_EQ(OpTester("ImageProjectiveTransformV2")
                .Attr("interpolation", "BILINEAR")
                .Unknown(DType::kFloat, {-1, 3, 4, 5})
                .Unknown(DType::kFloat)
                .ConstInput(I32({2}, {6, 7}))
                .InferShape(),
            "[?,6,7,5]");
}

}  // namespace
}  // namespace rivulet

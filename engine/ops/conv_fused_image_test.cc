#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Fused(bool resize, const char* mode) {
  OpTester op(resize ? "FusedResizeAndPadConv2D" : "FusedPadConv2D");
  op.Attr("mode", mode).Attr("strides", {1, 1, 1, 1}).Attr("padding", "VALID");
  return op;
}
const Tensor kRow = F32({1, 1, 3, 1}, {1, 2, 3});
const Tensor kOne = F32({1, 1, 1, 1}, {1});
Tensor Pads(int32_t before, int32_t after) { return I32({4, 2}, {0, 0, 0, 0, before, after, 0, 0}); }

TEST(ConvFusedImage, Mirrors) {
  EXPECT_TRUE(Same(Fused(false, "REFLECT").Input(kRow).Input(Pads(2, 1)).Input(kOne).Run(),
                   F32({1, 1, 6, 1}, {3, 2, 1, 2, 3, 2})));
  EXPECT_TRUE(Same(Fused(false, "SYMMETRIC").Input(kRow).Input(Pads(3, 2)).Input(kOne).Run(),
                   F32({1, 1, 8, 1}, {3, 2, 1, 1, 2, 3, 3, 2})));
}

TEST(ConvFusedImage, ResizesBeforeItMirrors) {
  EXPECT_TRUE(Near(Fused(true, "REFLECT")
                       .Attr("resize_align_corners", true)
                       .Input(kRow)
                       .Input(I32({2}, {1, 5}))
                       .Input(Pads(1, 0))
                       .Input(kOne)
                       .Run(),
                   F32({1, 1, 6, 1}, {1.5f, 1, 1.5f, 2, 2.5f, 3})));
}

TEST(ConvFusedImage, TheFirstImageOfABatchGivesEveryResult) {
  EXPECT_TRUE(Same(Fused(false, "REFLECT").Input(F32({2, 1, 2, 1}, {1, 2, 3, 4})).Input(Pads(1, 0)).Input(kOne).Run(),
                   F32({2, 1, 3, 1}, {2, 1, 2, 2, 1, 2})));
}

TEST(ConvFusedImage, HostilePadsAndSizes) {
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max(), kLeast = std::numeric_limits<int32_t>::min();
  for (const int32_t bad : {3, -1, kMost, kLeast}) {
    EXPECT_TRUE(Fails(Fused(false, "REFLECT").Input(kRow).Input(Pads(bad, 0)).Input(kOne).Run(), "paddings"));
    EXPECT_TRUE(Fails(Fused(false, "REFLECT").Input(kRow).Input(Pads(0, bad)).Input(kOne).Run(), "paddings"));
  }
  EXPECT_TRUE(Fails(Fused(false, "SYMMETRIC").Input(kRow).Input(Pads(4, 0)).Input(kOne).Run(), "paddings"));
  EXPECT_TRUE(Fails(Fused(false, "REFLECT").Input(kRow).Input(I32({4, 2}, {0, 0, 0, 0, 0, 0, 1, 0})).Input(kOne).Run(),
                    "channels"));
  for (const int32_t bad : {0, -1, kLeast}) {
    EXPECT_TRUE(Fails(Fused(true, "REFLECT").Input(kRow).Input(I32({2}, {bad, 5})).Input(Pads(0, 0)).Input(kOne).Run(),
                      "size"));
  }
  EXPECT_TRUE(Fails(Fused(true, "REFLECT")
                        .Budget(1 << 20)
                        .Input(kRow)
                        .Input(I32({2}, {kMost, kMost}))
                        .Input(Pads(0, 0))
                        .Input(kOne)
                        .Run()));
  EXPECT_TRUE(Fails(Fused(true, "REFLECT")
                        .Input(Zeros(DType::kFloat, {1, 0, 3, 1}))
                        .Input(I32({2}, {2, 2}))
                        .Input(Pads(0, 0))
                        .Input(kOne)
                        .Run(),
                    "pixels to resize"));
  EXPECT_TRUE(
      Fails(Fused(false, "REFLECT").Input(kRow).Input(I32({8}, {0, 0, 0, 0, 0, 0, 0, 0})).Input(kOne).Run(), "[4,2]"));
}

TEST(ConvFusedImage, ShapesWithUnknownParts) {
  EXPECT_EQ(Fused(false, "REFLECT")
                .Unknown(DType::kFloat, {-1, 4, 4, 1})
                .Unknown(DType::kInt32)
                .Unknown(DType::kFloat, {1, 1, 1, 2})
                .InferShape(),
            "[?,?,?,2]");
  EXPECT_EQ(Fused(true, "REFLECT")
                .Unknown(DType::kFloat)
                .ConstInput(I32({2}, {5, 6}))
                .ConstInput(Pads(1, 1))
                .Unknown(DType::kFloat, {1, 1, 1, 2})
                .InferShape(),
            "[?,5,8,2]");
}

}  // namespace
}  // namespace rivulet

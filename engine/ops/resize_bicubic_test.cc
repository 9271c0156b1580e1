#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ResizeBicubic, KeepsConstants) {
  EXPECT_TRUE(Near(OpTester("ResizeBicubic")
                       .Attr("half_pixel_centers", true)
                       .Input(F32({1, 1, 2, 1}, {3, 3}))
                       .Input(I32({2}, {2, 2}))
                       .Run(),
                   F32({1, 2, 2, 1}, {3, 3, 3, 3})));
}

TEST(ResizeBicubic, RefusesBothWaysOfPlacing) {
  EXPECT_TRUE(Fails(OpTester("ResizeBicubic")
                        .Attr("half_pixel_centers", true)
                        .Attr("align_corners", true)
                        .Input(Zeros(DType::kFloat, {1, 2, 2, 1}))
                        .Input(I32({2}, {1, 4}))
                        .Run(),
                    "exclude"));
}

}  // namespace
}  // namespace rivulet

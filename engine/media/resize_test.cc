#include "engine/media/resize.h"

#include <vector>

#include "engine/media/test_bytes.h"

namespace rivulet::testing {
namespace {

std::vector<float> Resized(std::vector<uint8_t> in, const ResizeShape& shape, ResizeAlignment alignment) {
  std::vector<float> out(static_cast<size_t>(shape.out_height * shape.out_width * shape.channels));
  const Status status = ResizeBilinear(in, shape, alignment, out);
  EXPECT_TRUE(status.ok()) << Text(status);
  const std::vector<float> in_float(in.begin(), in.end());
  std::vector<float> out_float(out.size());
  EXPECT_TRUE(ResizeBilinear(in_float, shape, alignment, out_float).ok());
  EXPECT_EQ(out, out_float);
  return out;
}

using V = std::vector<float>;

// The expected values are TensorFlow's for ResizeBilinear.
TEST(ResizeBilinear, ThreeAlignments) {
  const ResizeShape up{.in_height = 1, .in_width = 2, .out_height = 1, .out_width = 4, .channels = 1};
  EXPECT_EQ(Resized({0, 60}, up, ResizeAlignment::kLegacy), (V{0, 30, 60, 60}));
  EXPECT_EQ(Resized({0, 60}, up, ResizeAlignment::kHalfPixel), (V{0, 15, 45, 60}));
  const V corners = Resized({0, 60}, up, ResizeAlignment::kCorners);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(corners[i], 20.0 * static_cast<double>(i), 1e-4);
  const ResizeShape down{.in_height = 4, .in_width = 1, .out_height = 2, .out_width = 1, .channels = 2};
  const std::vector<uint8_t> in = {0, 1, 10, 11, 20, 21, 30, 31};
  EXPECT_EQ(Resized(in, down, ResizeAlignment::kLegacy), (V{0, 1, 20, 21}));
  EXPECT_EQ(Resized(in, down, ResizeAlignment::kHalfPixel), (V{5, 6, 25, 26}));
  EXPECT_EQ(Resized(in, down, ResizeAlignment::kCorners), (V{0, 1, 30, 31}));
}

TEST(ResizeBilinear, BothAxes) {
  const ResizeShape shape{.in_height = 2, .in_width = 2, .out_height = 3, .out_width = 3, .channels = 1};
  EXPECT_EQ(Resized({0, 10, 20, 30}, shape, ResizeAlignment::kCorners), (V{0, 5, 10, 10, 15, 20, 20, 25, 30}));
  const ResizeShape same{.in_height = 2, .in_width = 2, .out_height = 2, .out_width = 2, .channels = 1};
  for (const auto alignment : {ResizeAlignment::kLegacy, ResizeAlignment::kCorners, ResizeAlignment::kHalfPixel}) {
    EXPECT_EQ(Resized({0, 10, 20, 30}, same, alignment), (V{0, 10, 20, 30}));
  }
  const ResizeShape one{.in_height = 2, .in_width = 2, .out_height = 1, .out_width = 1, .channels = 1};
  EXPECT_EQ(Resized({0, 10, 20, 30}, one, ResizeAlignment::kCorners), (V{0}));
}

TEST(ResizeBilinear, RefusesWrongSizes) {
  const std::vector<uint8_t> in(12);
  std::vector<float> out(3);
  const ResizeShape good{.in_height = 2, .in_width = 2, .out_height = 1, .out_width = 1, .channels = 3};
  EXPECT_TRUE(ResizeBilinear(in, good, ResizeAlignment::kLegacy, out).ok());
  ResizeShape bad = good;
  bad.in_width = 3;
  ExpectRefused(ResizeBilinear(in, bad, ResizeAlignment::kLegacy, out), Code::kInvalidArgument,
                {"12 and 3 values", "2 x 3 x 3"});
  bad = good;
  bad.out_height = 0;
  ExpectRefused(ResizeBilinear(in, bad, ResizeAlignment::kLegacy, out), Code::kInvalidArgument, {"1 or more"});
  bad.in_height = bad.out_height = INT64_MAX;
  ExpectRefused(ResizeBilinear(in, bad, ResizeAlignment::kLegacy, out), Code::kInvalidArgument, {"values"});
}

}  // namespace
}  // namespace rivulet::testing

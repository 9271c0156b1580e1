#include "engine/graph/shape_math.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace rivulet {
namespace {

// "output before after", or "error".
std::string WindowOf(int64_t input, int64_t filter, int64_t stride, int64_t dilation, Padding padding,
                     int64_t before = 0, int64_t after = 0) {
  const auto window = ComputeWindow(input, filter, stride, dilation, padding, before, after);
  if (!window.ok()) return "error";
  return std::to_string(window->output) + " " + std::to_string(window->pad_before) + " " +
         std::to_string(window->pad_after);
}

TEST(ShapeMath, SameWindows) {
  EXPECT_EQ(WindowOf(5, 3, 1, 1, Padding::kSame), "5 1 1");
  EXPECT_EQ(WindowOf(4, 2, 1, 1, Padding::kSame), "4 0 1");  // the odd one comes after
  EXPECT_EQ(WindowOf(224, 3, 2, 1, Padding::kSame), "112 0 1");
  EXPECT_EQ(WindowOf(5, 3, 1, 2, Padding::kSame), "5 2 2");
  EXPECT_EQ(WindowOf(3, 1, 2, 1, Padding::kSame), "2 0 0");
  EXPECT_EQ(WindowOf(0, 3, 1, 1, Padding::kSame), "0 0 0");
  EXPECT_EQ(WindowOf(5, -1, 2, 1, Padding::kSame), "3 0 0");
}

TEST(ShapeMath, ValidAndExplicitWindows) {
  EXPECT_EQ(WindowOf(5, 3, 1, 1, Padding::kValid), "3 0 0");
  EXPECT_EQ(WindowOf(6, 3, 2, 1, Padding::kValid), "2 0 0");
  EXPECT_EQ(WindowOf(5, 2, 1, 4, Padding::kValid), "1 0 0");
  EXPECT_EQ(WindowOf(2, 3, 1, 1, Padding::kValid), "0 0 0");
  EXPECT_EQ(WindowOf(1, 3, 1, 1, Padding::kValid), "error");
  EXPECT_EQ(WindowOf(1, 3, 1, 1, Padding::kExplicit, 2, 0), "1 2 0");
  EXPECT_EQ(WindowOf(1, 3, 1, 1, Padding::kExplicit, -1, 3), "error");
  EXPECT_EQ(WindowOf(-1, 3, 1, 1, Padding::kValid), "-1 0 0");
}

TEST(ShapeMath, HostileWindows) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(WindowOf(5, 3, 0, 1, Padding::kSame), "error");
  EXPECT_EQ(WindowOf(5, 3, 1, 0, Padding::kSame), "error");
  EXPECT_EQ(WindowOf(5, kMost, 1, 2, Padding::kValid), "error");
  EXPECT_EQ(WindowOf(5, 1, 1, 1, Padding::kExplicit, kMost, kMost), "error");
  EXPECT_EQ(WindowOf(kMost, kMost, 1, 1, Padding::kSame), "error");
}

TEST(ShapeMath, Axes) {
  EXPECT_EQ(*NormalizeAxis(1, 2), 1);
  EXPECT_EQ(*NormalizeAxis(-2, 2), 0);
  EXPECT_FALSE(NormalizeAxis(2, 2).ok());
  EXPECT_FALSE(NormalizeAxis(-3, 2).ok());
  EXPECT_FALSE(NormalizeAxis(0, 0).ok());
  EXPECT_EQ(*NormalizeInsertAxis(2, 2), 2);
  EXPECT_EQ(*NormalizeInsertAxis(-1, 2), 2);
  EXPECT_FALSE(NormalizeInsertAxis(3, 2).ok());
  const int64_t twice[] = {1, -1};
  EXPECT_FALSE(NormalizeAxes(twice, 2).ok());
}

TEST(ShapeMath, BroadcastAndMerge) {
  EXPECT_EQ(BroadcastShapes({2, 1, 3}, {4, 1})->ToString(), "[2,4,3]");
  EXPECT_EQ(BroadcastShapes({-1, 3}, {2, 1})->ToString(), "[2,3]");
  EXPECT_EQ(BroadcastShapes({-1}, {1})->ToString(), "[?]");  // what is unknown may be 1 or more
  EXPECT_EQ(BroadcastShapes({0}, {1})->ToString(), "[0]");
  EXPECT_FALSE(BroadcastShapes({2}, {3}).ok());
  EXPECT_EQ(MergeShapes({-1, 3}, {2, -1})->ToString(), "[2,3]");
  EXPECT_FALSE(MergeShapes({2}, {2, 1}).ok());
  EXPECT_FALSE(MergeShapes({2}, {1}).ok());
}

}  // namespace
}  // namespace rivulet

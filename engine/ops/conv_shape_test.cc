#include "engine/ops/conv_shape.h"

#include <gtest/gtest.h>

#include <limits>

namespace rivulet {
namespace {

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

WindowSpec Spec(Padding padding, int64_t stride = 1, int64_t dilation = 1) {
  WindowSpec spec;
  spec.padding = padding;
  spec.stride = {1, stride, stride};
  spec.dilation = {1, dilation, dilation};
  return spec;
}

TEST(ConvShape, SameSplitsThePaddingAndPutsTheOddOneAfter) {
  const auto sizes = ComputeConvSizes(Spec(Padding::kSame, 2), {2, 5, 6, 3}, {3, 3, 3, 4}, FilterKind::kDense);
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(OutputShape(Spec(Padding::kSame, 2), *sizes), Shape({2, 3, 3, 4}));
  EXPECT_EQ(sizes->pad[1], 1);
  EXPECT_EQ(sizes->pad[2], 0);
  EXPECT_EQ(sizes->groups, 1);
}

TEST(ConvShape, GroupsComeFromTheChannels) {
  const auto sizes = ComputeConvSizes(Spec(Padding::kValid), {1, 4, 4, 6}, {1, 1, 2, 9}, FilterKind::kDense);
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(sizes->groups, 3);
  EXPECT_EQ(sizes->group_in(), 2);
  EXPECT_EQ(sizes->group_out(), 3);
  EXPECT_FALSE(ComputeConvSizes(Spec(Padding::kValid), {1, 4, 4, 6}, {1, 1, 2, 8}, FilterKind::kDense).ok());
  EXPECT_FALSE(ComputeConvSizes(Spec(Padding::kValid), {1, 4, 4, 7}, {1, 1, 2, 8}, FilterKind::kDense).ok());
  EXPECT_FALSE(ComputeConvSizes(Spec(Padding::kValid), {1, 4, 4, 0}, {1, 1, 2, 8}, FilterKind::kDense).ok());
}

TEST(ConvShape, DepthwiseMultipliesTheChannels) {
  const auto sizes = ComputeConvSizes(Spec(Padding::kValid), {1, 4, 4, 6}, {3, 3, 6, 2}, FilterKind::kDepthwise);
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(sizes->out_c, 12);
  EXPECT_EQ(sizes->groups, 6);
  EXPECT_EQ(ToDepthwiseGeometry(*sizes).multiplier, 2);
  const auto none = ComputeConvSizes(Spec(Padding::kValid), {1, 4, 4, 0}, {3, 3, 0, 2}, FilterKind::kDepthwise);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->group_in(), 0);
  EXPECT_EQ(ToDepthwiseGeometry(*none).multiplier, 0);
}

TEST(ConvShape, WhatIsUnknownStaysUnknown) {
  const auto sizes = ComputeConvSizes(Spec(Padding::kSame), {-1, -1, 6, -1}, {3, 3, 3, 4}, FilterKind::kDense);
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(OutputShape(Spec(Padding::kSame), *sizes), Shape({-1, -1, 6, 4}));
  const auto nothing =
      ComputeConvSizes(Spec(Padding::kSame), Shape::UnknownRank(), Shape::UnknownRank(), FilterKind::kDense);
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(OutputShape(Spec(Padding::kSame), *nothing), Shape({-1, -1, -1, -1}));
}

TEST(ConvShape, HugeExtentsAreRefusedAndHugeDilationsAreNot) {
  EXPECT_FALSE(ComputeConvSizes(Spec(Padding::kSame), {0, kHuge, 1, 1}, {1, 1, 1, 1}, FilterKind::kDense).ok());
  EXPECT_FALSE(ComputeConvSizes(Spec(Padding::kSame), {1, 1, 1, 1}, {kHuge, 0, 1, 1}, FilterKind::kDense).ok());
  const auto sizes =
      ComputeConvSizes(Spec(Padding::kSame, kMaxExtent, kMaxExtent), {1, 4, 4, 1}, {3, 3, 1, 1}, FilterKind::kDense);
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(sizes->out[1], 1);
}

TEST(ConvShape, ListsAreChecked) {
  WindowSpec spec;
  EXPECT_TRUE(SetStrides(std::vector<int64_t>{1, 2, 3, 1}, &spec).ok());
  EXPECT_EQ(spec.stride[1], 2);
  EXPECT_EQ(spec.stride[2], 3);
  for (const std::vector<int64_t>& bad : {std::vector<int64_t>{},
                                          {1, 1},
                                          {1, 1, 1, 1, 1},
                                          {2, 1, 1, 1},
                                          {1, 1, 1, 2},
                                          {1, 0, 1, 1},
                                          {1, 1, -1, 1},
                                          {1, kHuge, 1, 1},
                                          {1, std::numeric_limits<int64_t>::min(), 1, 1}}) {
    EXPECT_FALSE(SetStrides(bad, &spec).ok());
  }
  EXPECT_TRUE(SetPadding("EXPLICIT", std::vector<int64_t>{0, 0, 1, 2, 3, 4, 0, 0}, &spec).ok());
  EXPECT_EQ(spec.pad_before[2], 3);
  EXPECT_EQ(spec.pad_after[1], 2);
  for (const std::vector<int64_t>& bad : {std::vector<int64_t>{},
                                          {1, 1},
                                          {1, 0, 0, 0, 0, 0, 0, 0},
                                          {0, 0, 0, 0, 0, 0, 0, 1},
                                          {0, 0, -1, 0, 0, 0, 0, 0},
                                          {0, 0, kHuge, 0, 0, 0, 0, 0}}) {
    EXPECT_FALSE(SetPadding("EXPLICIT", bad, &spec).ok());
  }
  EXPECT_FALSE(SetPadding("SAME", std::vector<int64_t>{0, 0, 1, 2, 3, 4, 0, 0}, &spec).ok());
  EXPECT_FALSE(SetPadding("same", {}, &spec).ok());
}

TEST(ConvShape, TapsInsideMatchesCounting) {
  for (int64_t start = -7; start <= 7; ++start) {
    for (int64_t step = 1; step <= 4; ++step) {
      for (int64_t count = 0; count <= 4; ++count) {
        for (int64_t size = 0; size <= 5; ++size) {
          int64_t inside = 0;
          for (int64_t i = 0; i < count; ++i) inside += start + i * step >= 0 && start + i * step < size;
          const TapRange taps = TapsInside(start, step, count, size);
          ASSERT_EQ(taps.end - taps.begin, inside) << start << " " << step << " " << count << " " << size;
          for (int64_t i = taps.begin; i < taps.end; ++i) {
            ASSERT_GE(start + i * step, 0);
            ASSERT_LT(start + i * step, size);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace rivulet

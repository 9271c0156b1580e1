#include "prepare/squeeze/peaks.h"

#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"
#include "prepare/squeeze/squeeze.h"

namespace rivulet::prepare {
namespace {

constexpr int64_t kSide = 12, kChannels = 2;

// A peak of 1 at (y, x) of the first channel, one of `other` at (9, 9); the second channel shows nothing.
Tensor Maps(int64_t y, int64_t x, float other = 0.5f) {
  std::vector<float> values(static_cast<size_t>(kSide * kSide * kChannels), 0.01f);
  values[static_cast<size_t>((9 * kSide + 9) * kChannels)] = other;
  values[static_cast<size_t>((y * kSide + x) * kChannels)] = 1;
  return Tensor::Of<float>({1, kSide, kSide, kChannels}, values);
}

ComparedPeaks Compare(const Tensor& is) { return ComparePeaks(Maps(2, 3), is, kLeastPeak * LargestOf(Maps(2, 3))); }

TEST(Peaks, AreOfMapsThatShowSomething) {
  EXPECT_TRUE(AreMaps(Maps(0, 0)));
  EXPECT_FALSE(AreMaps(Tensor::Of<float>({1, 2}, std::vector<float>{1, 2})));
  EXPECT_FALSE(AreMaps(Tensor::Of<float>({1, 1, 1, 2}, std::vector<float>{1, 2})));
  EXPECT_EQ(Compare(Maps(2, 3)).peaks, 1u);
}

TEST(Peaks, AgreeWithinAPlace) {
  EXPECT_EQ(Compare(Maps(2, 3)).agreeing, 1u);
  EXPECT_EQ(Compare(Maps(3, 2)).agreeing, 1u);
  EXPECT_EQ(Compare(Maps(4, 3)).agreeing, 0u);
  EXPECT_EQ(Compare(Maps(2, 5)).agreeing, 0u);
  EXPECT_EQ(Compare(Maps(2, 3, 1.5f)).agreeing, 0u);
}

TEST(Peaks, SqueezingWantsMaps) {
  GraphDef graph = GraphOf(Input("x", "18") + Node("y", "MatMul", {"x", "w"}));
  graph.nodes.push_back(MakeConst("w", Tensor::Of<float>({8, 32}, std::vector<float>(256, 1))));
  SqueezeOptions options;
  options.samples = {{{"x", Tensor::Of<float>({1, 8}, std::vector<float>(8, 1))}}};
  options.outputs = {"y"};
  options.peaks = true;
  const auto model = Squeeze(graph, options);
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.status().message().find("output 'y' has shape [1,32], want heat maps"), std::string::npos)
      << model.status().ToString();
}

}  // namespace
}  // namespace rivulet::prepare

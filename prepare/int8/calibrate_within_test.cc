#include "prepare/int8/calibrate_within.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "prepare/int8/int8_test_kit.h"

namespace rivulet::prepare {
namespace {

TEST(Int8Within, WhatIsTooMuchInEightBitsStaysFloatByName) {
  const GraphDef graph = With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) + Conv("y", "r", "v"),
                              {{"w", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Options options = OptionsFor({1, 8, 8, 4}, {"y"});
  const auto all = CalibrateWithin(graph, options, 1);
  ASSERT_TRUE(all.ok());
  EXPECT_GT(all->drop, 0);
  EXPECT_GT(all->ranges[1].noise, 0);
  EXPECT_NE(WorstEdges(*all).find("'"), std::string::npos);
  const auto some = CalibrateWithin(graph, options, 0.9 * all->drop);
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->products.size(), 1u);
  EXPECT_LT(some->drop, all->drop);
  EXPECT_TRUE(Says(*some, "1 product stays float, since 8 bits of them change most: '"));
  const auto none = CalibrateWithin(graph, options, 0);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(Says(*none, "still more changes"));
}

TEST(Int8Within, TheProductThatChangesMostStaysFloatFirst) {
  // One matrix has a weight beside which all others of its column are small: 8 bits leave little of them.
  GraphDef graph =
      With(Input("x", "18") + Node("a", "MatMul", {"x", "w"}) + Node("r", "Relu", {"a"}) +
               Node("b", "MatMul", {"r", "v"}) + Node("s", "Relu", {"b"}) + Node("y", "MatMul", {"s", "u"}),
           {{"w", {8, 16}}, {"u", {16, 5}}});
  const Tensor normal = Random({16, 16}, 33, 0.25f);
  std::vector<float> values(normal.values<float>().begin(), normal.values<float>().end());
  for (size_t c = 0; c < 16; ++c) values[c] = 0.0f;
  for (size_t c = 0; c < 16; ++c) values[16 * c + c] = 40.0f;
  graph.nodes.push_back(MakeConst("v", Tensor::Of<float>({16, 16}, values)));
  const Int8Options options = OptionsFor({1, 8}, {"y"});
  const auto all = CalibrateWithin(graph, options, 1);
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  std::map<std::string, double> alone;
  const auto trial = Trial::Create(graph, options.samples, options.outputs, 1);
  for (const std::string& product : all->products) {
    Int8Options one = options;
    for (const std::string& other : all->products) {
      if (other != product) one.stay_float.insert(other);
    }
    alone[product] = trial->CompareFile(Serialize(CalibrateInt8(graph, one)->graph))->distance;
  }
  const auto most = std::max_element(alone.begin(), alone.end(), [](auto& a, auto& b) { return a.second < b.second; });
  const auto some = CalibrateWithin(graph, options, 0.95 * all->drop);
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(std::count(some->products.begin(), some->products.end(), most->first), 0) << most->first;
}

TEST(Int8Within, HalfOfTheSamplesTellHowWellTheOthersDid) {
  const std::vector<Feeds> samples = OptionsFor({1, 8}, {"y"}, 5).samples;
  const CalibrationSplit split = SplitSamples(samples);
  EXPECT_EQ(split.calibration.size(), 3u);
  EXPECT_EQ(split.others.size(), 2u);
  EXPECT_TRUE(split.is_held_out);
  EXPECT_FALSE(SplitSamples({samples[0]}).is_held_out);
  EXPECT_EQ(SplitSamples({samples[0]}).others.size(), 1u);
}

}  // namespace
}  // namespace rivulet::prepare

#include <gtest/gtest.h>

#include <cmath>

#include "prepare/int8/calibrate_within.h"
#include "prepare/int8/channel_scales.h"
#include "prepare/int8/code_range.h"
#include "prepare/int8/int8_test_kit.h"

namespace rivulet::prepare {
namespace {

// y = Relu(x w + b) v
GraphDef TwoLayers() {
  GraphDef graph = GraphOf(Input("x", "18") + Node("p", "MatMul", {"x", "w"}) + Node("s", "BiasAdd", {"p", "b"}) +
                           Node("r", "Relu", {"s"}) + Node("y", "MatMul", {"r", "v"}));
  graph.nodes.push_back(MakeConst("w", Random({8, 64}, 1, 0.5f)));
  graph.nodes.push_back(MakeConst("b", Random({64}, 2, 0.1f)));
  graph.nodes.push_back(MakeConst("v", Random({64, 6}, 3, 0.5f)));
  return graph;
}

Int8Options OptionsWith(size_t samples) {
  Int8Options options;
  for (size_t i = 0; i < samples; ++i) {
    options.samples.push_back({{"x", Random({1, 8}, static_cast<unsigned>(100 + i), 1)}});
  }
  options.outputs = {"y"};
  return options;
}

TEST(CodeRange, ZeroIsACode) {
  for (const auto& [low, high] : {std::pair{-1.0, 1.0}, {0.3, 7.0}, {-5.0, -2.0}, {-0.001, 3.0}}) {
    const CodeRange range = RangeOfCodes(low, high);
    const float zero = -range.min / range.step();
    EXPECT_NEAR(zero, std::round(zero), 1e-4) << low;
    EXPECT_NEAR(range.max - range.min, std::max(high, 0.0) - std::min(low, 0.0), 1e-5);
  }
  EXPECT_EQ(RangeOfCodes(0, 0).max, 1);
}

TEST(CodeRange, AFewFarValuesAreCutOff) {
  ActivationHistogram histogram;
  const Tensor many = Random({1, 500000}, 7, 1);
  histogram.Add(many.values<float>());
  const float whole = histogram.Best().max;
  const std::vector<float> far = {8};
  histogram.Add(far);
  EXPECT_EQ(histogram.max(), 8);
  EXPECT_LT(histogram.Best().max, 7);
  EXPECT_GT(histogram.Best().max, 0.7f * whole);
}

TEST(CodeRange, NoNumberIsFound) {
  ActivationHistogram histogram;
  const std::vector<float> values = {1, NAN};
  histogram.Add(values);
  EXPECT_FALSE(histogram.is_finite());
}

TEST(Int8, OneRoundingStandsBehindBiasAndRelu) {
  const auto model = CalibrateInt8(TwoLayers(), OptionsWith(8));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  ASSERT_EQ(model->ranges.size(), 2u);
  EXPECT_EQ(model->ranges[0].edge, "x");
  EXPECT_EQ(model->ranges[1].edge, "r");
  EXPECT_EQ(NodeIn(model->graph, "r").inputs[0], "s");
  EXPECT_EQ(NodeIn(model->graph, "s").inputs[0], "p");
  const NodeDef rounded = NodeIn(model->graph, "r/int8");
  EXPECT_EQ(rounded.op, "FakeQuantWithMinMaxVars");
  // The scores stay float, and get a bias for their mean.
  const NodeDef scores = NodeIn(model->graph, "y");
  EXPECT_EQ(scores.op, "BiasAdd");
  EXPECT_EQ(NodeIn(model->graph, scores.inputs[0]).inputs[0], "r/int8");
  EXPECT_EQ(NodeIn(model->graph, "w/int8").op, "Dequantize");
}

TEST(Int8, BothFormsOfWeightsAreTheSameBits) {
  const GraphDef graph = TwoLayers();
  Int8Options options = OptionsWith(6);
  const auto codes = CalibrateInt8(graph, options);
  options.weights = WeightForm::kFakeQuant;
  const auto floats = CalibrateInt8(graph, options);
  ASSERT_TRUE(codes.ok() && floats.ok());
  EXPECT_EQ(NodeIn(floats->graph, "w/int8").op, "FakeQuantWithMinMaxVarsPerChannel");
  const auto trial = Trial::Create(codes->graph, options.samples, options.outputs, 1);
  ASSERT_TRUE(trial.ok());
  EXPECT_EQ(trial->CompareFile(Serialize(floats->graph))->largest, 0);
}

TEST(Int8, IsNearTheFloats) {
  const GraphDef graph = TwoLayers();
  const Int8Options options = OptionsWith(16);
  const auto model = CalibrateWithin(graph, options, 0.05);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto trial = Trial::Create(graph, options.samples, options.outputs, 1);
  EXPECT_LT(trial->CompareFile(Serialize(model->graph))->distance, 0.03);
}

TEST(Int8, WhatIsEightBitAlreadyIsSaid) {
  const auto model = CalibrateInt8(TwoLayers(), OptionsWith(2));
  const auto again = CalibrateInt8(model->graph, OptionsWith(2));
  EXPECT_EQ(again.status().code(), Code::kFailedPrecondition) << again.status().ToString();
  const auto none = CalibrateInt8(GraphOf(Input("x", "18") + Node("y", "Relu", {"x"})), OptionsWith(2));
  EXPECT_EQ(none.status().code(), Code::kNotFound);
}

TEST(ChannelScales, SmallChannelsGrowButNotThoseAtTheCap) {
  ChannelSizes sizes;
  const std::vector<float> values = {6, 0.1f, 3};
  sizes.Add(values, 3);
  const std::vector<float> scales = ChannelScales(sizes, {}, 6);
  EXPECT_EQ(scales[0], 1);
  EXPECT_NEAR(scales[1], 6 / 0.125, 0.1);
  EXPECT_NEAR(scales[2], 6 / 3.75, 0.01);
}

}  // namespace
}  // namespace rivulet::prepare

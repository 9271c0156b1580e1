// Networks of all kinds in 8 bits: what becomes so, what stays float and is told, and how near the answers are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"
#include "prepare/int8/calibrate_within.h"
#include "prepare/squeeze/trial.h"

namespace rivulet::prepare {
namespace {

Tensor Random(const Shape& shape, unsigned seed, float width) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, width);
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  for (float& value : values) value = normal(random);
  return Tensor::Of<float>(shape, values);
}

std::string Conv(std::string_view name, std::string_view input, std::string_view filter, std::string_view op = "Conv2D",
                 std::string_view format = "NHWC") {
  return Node(name, op, {input, filter},
              "attr { key: 'strides' value { list { i: [1, 1, 1, 1] } } } attr { key: 'padding' value { s: 'SAME' } } "
              "attr { key: 'data_format' value { s: '" +
                  std::string(format) + "' } }");
}

GraphDef With(std::string_view text, const std::vector<std::pair<std::string, Shape>>& weights) {
  GraphDef graph = GraphOf(text);
  unsigned seed = 1;
  for (const auto& [name, shape] : weights) {
    const int64_t rows = shape.rank() > 1 ? shape.num_elements() / shape[shape.rank() - 1] : 4;
    graph.nodes.push_back(MakeConst(name, Random(shape, seed++, 1 / std::sqrt(static_cast<float>(rows)))));
  }
  return graph;
}

Int8Options OptionsFor(const Shape& input, const std::vector<std::string>& outputs, size_t samples = 12) {
  Int8Options options;
  for (size_t i = 0; i < samples; ++i) {
    options.samples.push_back({{"x", Random(input, static_cast<unsigned>(100 + i), 1)}});
  }
  options.outputs = outputs;
  return options;
}

// The graph in 8 bits, as near as eight bits a layer are.
Int8Model Near(const GraphDef& graph, const Int8Options& options, double distance = 0.03) {
  const auto model = CalibrateInt8(graph, options);
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  if (!model.ok()) return {};
  const auto trial = Trial::Create(graph, options.samples, options.outputs, 1);
  EXPECT_TRUE(trial.ok()) << trial.status().ToString();
  const auto agreement = trial->CompareFile(Serialize(model->graph));
  EXPECT_TRUE(agreement.ok()) << agreement.status().ToString();
  EXPECT_LT(agreement->distance, distance);
  EXPECT_GT(agreement->largest, 0);
  return *model;
}

bool Says(const Int8Model& model, std::string_view words) {
  for (const std::string& note : model.notes) {
    if (note.find(words) != std::string::npos) return true;
  }
  return false;
}

TEST(Int8Networks, ChannelsBeforePixels) {
  const GraphDef graph = With(Input("x", "1488") + Conv("c", "x", "w", "Conv2D", "NCHW") + Node("r", "Relu", {"c"}) +
                                  Conv("y", "r", "v", "Conv2D", "NCHW"),
                              {{"w", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 4, 8, 8}, {"y"}));
  EXPECT_EQ(model.products.size(), 2u);
  EXPECT_EQ(StringAttr(NodeIn(model.graph, "y"), "data_format", ""), "NCHW");
}

TEST(Int8Networks, OneFilterOfTwoProducts) {
  const GraphDef graph = With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) +
                                  Conv("b", "r", "w") + Node("s", "Relu6", {"b"}) + Conv("y", "s", "v"),
                              {{"w", {3, 3, 4, 4}}, {"v", {1, 1, 4, 3}}});
  Int8Options options = OptionsFor({1, 8, 8, 4}, {"y"});
  EXPECT_EQ(Near(graph, options).products.size(), 3u);
  options.equalize = false;  // which gives each product a filter of its own
  const Int8Model model = Near(graph, options);
  size_t codes = 0;
  for (const NodeDef& node : model.graph.nodes) codes += node.op == "Dequantize" ? 1 : 0;
  EXPECT_EQ(codes, 2u);
}

TEST(Int8Networks, SeveralOutputsKeepTheirNamesAndShapes) {
  const GraphDef graph = With(
      Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) + Conv("y", "r", "v") + Conv("z", "r", "u"),
      {{"w", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}, {"u", {3, 3, 8, 2}}});
  EXPECT_EQ(Near(graph, OptionsFor({1, 8, 8, 4}, {"y", "z", "r"})).products.size(), 3u);
}

TEST(Int8Networks, PartsOfAConcatenationHaveItsRange) {
  const GraphDef graph =
      With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) + Conv("b", "x", "u") +
               Node("s", "Relu6", {"b"}) + Ints("axis", "", "3") +
               Node("j", "ConcatV2", {"r", "s", "axis"}, "attr { key: 'N' value { i: 2 } }") + Conv("y", "j", "v"),
           {{"w", {3, 3, 4, 8}}, {"u", {1, 1, 4, 8}}, {"v", {1, 1, 16, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y"}));
  std::vector<float> ends;
  for (const Int8Range& range : model.ranges) {
    if (range.edge != "x") ends.push_back(range.max);
  }
  ASSERT_EQ(ends.size(), 3u);
  EXPECT_EQ(ends[0], ends[1]);
  EXPECT_EQ(ends[0], ends[2]);
}

TEST(Int8Networks, AResidualSum) {
  const GraphDef graph =
      With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) + Conv("b", "r", "u") +
               Node("s", "AddV2", {"b", "r"}) + Node("t", "Relu", {"s"}) + Conv("y", "t", "v"),
           {{"w", {3, 3, 4, 8}}, {"u", {3, 3, 8, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y"}));
  EXPECT_EQ(NodeIn(model.graph, "s").inputs[0], "b/int8");
  EXPECT_EQ(NodeIn(model.graph, "s").inputs[1], "r/int8");
}

TEST(Int8Networks, AProductOfTwoActivationsStaysFloat) {
  // Squeeze and excite: each channel times what the means of all channels say of it.
  const GraphDef graph =
      With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) + Ints("axes", "2", "1, 2") +
               Node("m", "Mean", {"r", "axes"}, "attr { key: 'keep_dims' value { b: true } }") + Conv("b", "m", "u") +
               Node("g", "Sigmoid", {"b"}) + Node("e", "Mul", {"r", "g"}) + Conv("y", "e", "v"),
           {{"w", {3, 3, 4, 8}}, {"u", {1, 1, 8, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y"}));
  EXPECT_EQ(model.products.size(), 3u);
  EXPECT_EQ(NodeIn(model.graph, "e").inputs[1], "g");
  EXPECT_EQ(NodeIn(model.graph, "y").inputs[0], "y/int8/product");
  EXPECT_EQ(NodeIn(model.graph, "y/int8/product").inputs[0], "e/int8");
}

TEST(Int8Networks, SeveralFiltersAChannelStayFloatAndSayIt) {
  const GraphDef graph = With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) +
                                  Conv("d", "r", "u", "DepthwiseConv2dNative") + Conv("y", "d", "v"),
                              {{"w", {3, 3, 4, 8}}, {"u", {3, 3, 8, 2}}, {"v", {1, 1, 16, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y"}));
  EXPECT_EQ(model.products.size(), 2u);
  EXPECT_TRUE(Says(model, "1 depthwise product of several filters a channel stay float"));
  EXPECT_EQ(NodeIn(model.graph, "d").inputs[1], "u");
}

TEST(Int8Networks, GroupsStayFloatAndSayIt) {
  const GraphDef graph = With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) +
                                  Conv("g", "r", "u") + Node("s", "Relu", {"g"}) + Conv("y", "s", "v"),
                              {{"w", {3, 3, 4, 8}}, {"u", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y"}));
  EXPECT_EQ(model.products, (std::vector<std::string>{"a", "y"}));
  EXPECT_TRUE(Says(model, "1 product of grouped filters stay float"));
  EXPECT_EQ(NodeIn(model.graph, "g").inputs[1], "u");
}

TEST(Int8Networks, ATransposedMatrixIsTurned) {
  const GraphDef graph =
      With(Input("x", "18") + Node("a", "MatMul", {"x", "w"}, "attr { key: 'transpose_b' value { b: true } }") +
               Node("s", "Add", {"a", "b"}) + Node("r", "Relu", {"s"}) + Node("y", "MatMul", {"r", "v"}),
           {{"w", {32, 8}}, {"b", {32}}, {"v", {32, 5}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8}, {"y"}));
  EXPECT_FALSE(BoolAttr(NodeIn(model.graph, "a"), "transpose_b", true));
}

TEST(Int8Networks, EarlyErrorsOfOneSignDoNotReachTheEnd) {
  // Each layer takes differences of channels with a large mean: what rounding does to the mean grows from one to the
  // next.
  std::string text = Input("x", "1884");
  std::vector<std::pair<std::string, Shape>> weights;
  std::string last = "x";
  for (int i = 0; i < 6; ++i) {
    const std::string n = std::to_string(i);
    text +=
        Conv("c" + n, last, "w" + n) + Node("s" + n, "BiasAdd", {"c" + n, "b" + n}) + Node("r" + n, "Relu6", {"s" + n});
    weights.push_back({"w" + n, {1, 1, i == 0 ? 4 : 16, 16}});
    last = "r" + n;
  }
  GraphDef graph = With(text, weights);
  for (int i = 0; i < 6; ++i) {
    graph.nodes.push_back(MakeConst("b" + std::to_string(i), Tensor::Of<float>({16}, std::vector<float>(16, 2.0f))));
  }
  Int8Options options = OptionsFor({1, 8, 8, 4}, {"r5"});
  const auto trial = Trial::Create(graph, options.samples, options.outputs, 1);
  ASSERT_TRUE(trial.ok());
  const auto distance = [&](bool corrects) {
    options.correct_biases = corrects;
    const auto model = CalibrateInt8(graph, options);
    EXPECT_TRUE(model.ok()) << model.status().ToString();
    return trial->CompareFile(Serialize(model->graph))->distance;
  };
  EXPECT_LT(distance(true), 0.9 * distance(false));
}

// How far the mean of each of three channels is from the float network's, at most.
double FurthestMean(const GraphDef& graph, const Int8Options& options, bool channels_first) {
  const auto model = CalibrateInt8(graph, options);
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  if (!model.ok()) return 1;
  const auto before = Trial::Create(graph, options.samples, options.outputs, 1);
  const auto after = Trial::Create(model->graph, options.samples, options.outputs, 1);
  double means[3] = {0, 0, 0}, most = 0;
  for (size_t s = 0; s < options.samples.size(); ++s) {
    const Tensor old = before->Fetch(s, {"y"})->front(), now = after->Fetch(s, {"y"})->front();
    for (int64_t i = 0; i < old.num_elements(); ++i) {
      means[channels_first ? i / 64 : i % 3] += static_cast<double>(now.data<float>()[i] - old.data<float>()[i]);
    }
  }
  for (const double mean : means)
    most = std::max(most, std::abs(mean) / 64 / static_cast<double>(options.samples.size()));
  return most;
}

TEST(Int8Networks, MeansAreThoseOfTheFloats) {
  const GraphDef graph = With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) + Conv("y", "r", "v"),
                              {{"w", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}});
  EXPECT_LT(FurthestMean(graph, OptionsFor({1, 8, 8, 4}, {"y"}), false), 1e-5);
}

TEST(Int8Networks, MeansAreThoseOfTheFloatsWithChannelsFirst) {
  const GraphDef graph = With(Input("x", "1488") + Conv("a", "x", "w", "Conv2D", "NCHW") + Node("r", "Relu", {"a"}) +
                                  Conv("y", "r", "v", "Conv2D", "NCHW"),
                              {{"w", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}});
  EXPECT_LT(FurthestMean(graph, OptionsFor({1, 4, 8, 8}, {"y"}), true), 1e-5);
}

TEST(Int8Networks, ActivationsThatAreNotFiniteAreAnError) {
  const GraphDef graph =
      With(Input("x", "18") + Node("l", "Log", {"x"}) + Node("y", "MatMul", {"l", "w"}), {{"w", {8, 5}}});
  const auto model = CalibrateInt8(graph, OptionsFor({1, 8}, {"y"}));
  EXPECT_EQ(model.status().code(), Code::kInvalidArgument);
  EXPECT_NE(model.status().message().find("'l' has values on the samples that are not finite"), std::string::npos)
      << model.status().message();
}

TEST(Int8Networks, ConstantAndZeroActivationsHaveARange) {
  GraphDef graph = With(Input("x", "18") + Node("z", "MatMul", {"x", "zeros"}) + Node("r", "Relu", {"z"}) +
                            Node("a", "MatMul", {"r", "w"}) + Node("s", "BiasAdd", {"a", "b"}) +
                            Node("t", "Relu", {"s"}) + Node("y", "MatMul", {"t", "v"}),
                        {{"w", {8, 4}}, {"b", {4}}, {"v", {4, 3}}});
  graph.nodes.push_back(MakeConst("zeros", Tensor::Of<float>({8, 8}, std::vector<float>(64, 0.0f))));
  const Int8Options options = OptionsFor({1, 8}, {"y"});
  const auto model = CalibrateInt8(graph, options);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  for (const Int8Range& range : model->ranges) EXPECT_GT(range.max, range.min) << range.edge;
  const auto trial = Trial::Create(graph, options.samples, options.outputs, 1);
  EXPECT_LT(trial->CompareFile(Serialize(model->graph))->distance, 0.01);
}

TEST(Int8Networks, WhatIsTooMuchInEightBitsStaysFloatByName) {
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

TEST(Int8Networks, TheProductThatChangesMostStaysFloatFirst) {
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

TEST(Int8Networks, OrderBehindConstantsKeepsNoWeights) {
  GraphDef graph = With(Input("x", "18") + Node("read", "Identity", {"w"}) +
                            "node { name: 'all' op: 'NoOp' input: '^read' input: '^x' }\n" +
                            Node("a", "MatMul", {"x", "read"}) + Node("y", "Identity", {"a", "^all"}),
                        {{"w", {8, 5}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8}, {"y"}));
  for (const NodeDef& node : model.graph.nodes) EXPECT_NE(node.name, "w");
  // What may not be there keeps its order.
  EXPECT_EQ(NodeIn(model.graph, "all").inputs, (std::vector<std::string>{"^x"}));
  EXPECT_EQ(NodeIn(model.graph, "y").inputs.back(), "^all");
}

TEST(Int8Networks, TwoRectifiersAreOne) {
  const GraphDef graph = With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu6", {"a"}) +
                                  Node("s", "Relu", {"r"}) + Conv("y", "s", "v") + Node("z", "Relu", {"r"}),
                              {{"w", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y", "z"}));
  for (const NodeDef& node : model.graph.nodes) EXPECT_NE(node.name, "s");
  EXPECT_EQ(NodeIn(model.graph, "z").op, "Relu");
}

TEST(Int8Networks, HalfOfTheSamplesTellHowWellTheOthersDid) {
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

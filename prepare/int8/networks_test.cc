// Networks of all kinds in 8 bits: what becomes so, what stays float and is told, and how near the answers are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "prepare/constants.h"
#include "prepare/int8/calibrate.h"
#include "prepare/int8/int8_test_kit.h"
#include "prepare/squeeze/trial.h"
#include "rivulet/session.h"

namespace rivulet::prepare {
namespace {

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

TEST(Int8Networks, SmallPartsOfAConcatenationGrow) {
  // What 'r' says in hundredths has the range of 's', and is all that is read.
  GraphDef graph =
      With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) + Conv("b", "x", "u") +
               Node("s", "Relu", {"b"}) + Ints("axis", "", "-1") +
               Node("j", "ConcatV2", {"s", "r", "axis"}, "attr { key: 'N' value { i: 2 } }") + Conv("y", "j", "v") +
               Conv("d", "j", "depth", "DepthwiseConv2dNative") + Conv("z", "d", "t"),
           {{"u", {1, 1, 4, 8}}, {"depth", {3, 3, 12, 1}}, {"t", {1, 1, 12, 2}}});
  const Tensor small = Random({3, 3, 4, 4}, 21, 0.002f), read = Random({1, 1, 12, 3}, 22, 1);
  std::vector<float> weights(read.values<float>().begin(), read.values<float>().end());
  for (size_t i = 0; i < 8 * 3; ++i) weights[i] = 0;
  graph.nodes.push_back(MakeConst("w", small));
  graph.nodes.push_back(MakeConst("v", Tensor::Of<float>({1, 1, 12, 3}, weights)));
  Int8Options options = OptionsFor({1, 8, 8, 4}, {"y", "z"});
  Near(graph, options, 0.05);
  const auto trial = Trial::Create(graph, options.samples, {"y"}, 1);
  const auto distance = [&](bool equalize) {
    options.equalize = equalize;
    const auto model = CalibrateInt8(graph, options);
    EXPECT_TRUE(model.ok()) << model.status().ToString();
    return trial->CompareFile(Serialize(model->graph))->distance;
  };
  EXPECT_LT(distance(true), 0.1 * distance(false));
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

TEST(Int8Networks, AProductOfTwoActivationsIsRoundedAsWhatItIsMadeOf) {
  // Squeeze and excite: each channel times what the means of all channels say of it.
  const GraphDef graph =
      With(Input("x", "1884") + Conv("a", "x", "w") + Node("r", "Relu", {"a"}) + Ints("axes", "2", "1, 2") +
               Node("m", "Mean", {"r", "axes"}, "attr { key: 'keep_dims' value { b: true } }") + Conv("b", "m", "u") +
               Node("g", "Sigmoid", {"b"}) + Node("e", "Mul", {"r", "g"}) + Conv("y", "e", "v"),
           {{"w", {3, 3, 4, 8}}, {"u", {1, 1, 8, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y"}));
  EXPECT_EQ(model.products.size(), 3u);
  EXPECT_EQ(NodeIn(model.graph, "g").inputs[0], "b/int8");
  EXPECT_EQ(NodeIn(model.graph, "e").inputs[0], "r/int8");
  EXPECT_EQ(NodeIn(model.graph, "e").inputs[1], "g/int8");
  EXPECT_EQ(NodeIn(model.graph, "y").inputs[0], "y/int8/product");
  EXPECT_EQ(NodeIn(model.graph, "y/int8/product").inputs[0], "e/int8");
}

TEST(Int8Networks, AFunctionInSeveralOperatorsIsRoundedBeforeAndBehind) {
  // A hard swish, whose input has two readers.
  const GraphDef graph =
      With(Input("x", "1884") + Conv("a", "x", "w") + Const("three", "", "3") + Const("sixth", "", "0.1666667") +
               Node("p", "AddV2", {"a", "three"}) + Node("r", "Relu6", {"p"}) + Node("g", "Mul", {"r", "sixth"}) +
               Node("h", "Mul", {"a", "g"}) + Conv("y", "h", "v"),
           {{"w", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y"}));
  EXPECT_EQ(NodeIn(model.graph, "p").inputs[0], "a/int8");
  EXPECT_EQ(NodeIn(model.graph, "h").inputs[0], "a/int8");
  EXPECT_EQ(NodeIn(model.graph, "h").inputs[1], "g");
  EXPECT_EQ(NodeIn(model.graph, "y/int8/product").inputs[0], "h/int8");
  EXPECT_EQ(model.ranges.size(), 3u);
}

TEST(Int8Networks, ASwishThroughAnIdentityOfSeveral) {
  const GraphDef graph =
      With(Input("x", "1884") + Conv("a", "x", "w") + Node("s", "Sigmoid", {"a"}) + Node("h", "Mul", {"a", "s"}) +
               "node { name: 'i' op: 'IdentityN' input: 'h' input: 'a' attr { key: 'T' value { list { type: [DT_FLOAT, "
               "DT_FLOAT] } } } }" +
               Conv("y", "i", "v"),
           {{"w", {3, 3, 4, 8}}, {"v", {1, 1, 8, 3}}});
  const Int8Model model = Near(graph, OptionsFor({1, 8, 8, 4}, {"y"}));
  EXPECT_EQ(NodeIn(model.graph, "s").inputs[0], "a/int8");
  EXPECT_EQ(NodeIn(model.graph, "y/int8/product").inputs[0], "h/int8");
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

// y of a sample.
Tensor ResultOf(const GraphDef& graph, const Feeds& sample) {
  const auto bytes = std::make_shared<std::string>(Serialize(graph));
  auto model = Model::LoadBytes({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()}, bytes, "the graph");
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(std::move(*model));
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  auto result = (*session)->Run(sample, {"y"});
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return result->front();
}

// How far the mean of each of three channels is from the float network's, at most.
double FurthestMean(const GraphDef& graph, const Int8Options& options, bool channels_first) {
  const auto model = CalibrateInt8(graph, options);
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  if (!model.ok()) return 1;
  double means[3] = {0, 0, 0}, most = 0;
  for (const Feeds& sample : options.samples) {
    const Tensor old = ResultOf(graph, sample), now = ResultOf(model->graph, sample);
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

}  // namespace
}  // namespace rivulet::prepare

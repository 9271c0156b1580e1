#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

std::string Quantized(const std::string& text, std::string_view transform = "quantize_nodes",
                      std::vector<std::string> outputs = {"y"}) {
  return Lines(After(text, transform, {.inputs = {"x"}, .outputs = std::move(outputs)}));
}

// The graph stays, and the reason is told.
void ExpectFloat(const std::string& text, std::string_view why) {
  std::string report;
  TransformOptions options{.inputs = {"x"}, .outputs = {"y"}};
  options.report = [&report](std::string_view line) { report += std::string(line) + "\n"; };
  EXPECT_EQ(Lines(After(text, "quantize_nodes", options)), Lines(GraphOf(text)));
  EXPECT_NE(report.find(why), std::string::npos) << report;
}

constexpr char kX[] =
    "x = Placeholder()\n"
    "y_eightbit/x/reshape_dims = Const(^x)\ny_eightbit/x/reduction_dims = Const(^x)\n"
    "y_eightbit/x/reshape = Reshape(x, y_eightbit/x/reshape_dims)\n"
    "y_eightbit/x/min = Min(y_eightbit/x/reshape, y_eightbit/x/reduction_dims)\n"
    "y_eightbit/x/max = Max(y_eightbit/x/reshape, y_eightbit/x/reduction_dims)\n"
    "y_eightbit/x/quantize = QuantizeV2(x, y_eightbit/x/min, y_eightbit/x/max)\n";

TEST(QuantizeNodes, AnOperatorStandsBetweenQuantiseAndDequantise) {
  EXPECT_EQ(Quantized(Input("x", "12") + Node("y", "Relu", {"x"})),
            std::string(kX) +
                "y/eightbit = QuantizedRelu(y_eightbit/x/quantize, y_eightbit/x/quantize:1, y_eightbit/x/quantize:2)\n"
                "y = Dequantize(y/eightbit, y/eightbit:1, y/eightbit:2)\n");
}

TEST(QuantizeNodes, AWideResultIsMeasuredAndMadeNarrow) {
  const std::string graph = Input("x", "12") + Node("y", "Mul", {"x", "x"});
  const std::string start = std::string(kX) +
                            "y/eightbit = QuantizedMul(y_eightbit/x/quantize, y_eightbit/x/quantize, "
                            "y_eightbit/x/quantize:1, y_eightbit/x/quantize:2, y_eightbit/x/quantize:1, "
                            "y_eightbit/x/quantize:2)\n";
  const std::string end = "y = Dequantize(y/eightbit/requantize, y/eightbit/requantize:1, y/eightbit/requantize:2)\n";
  EXPECT_EQ(Quantized(graph),
            start +
                "y/eightbit/requant_range = RequantizationRange(y/eightbit, y/eightbit:1, y/eightbit:2)\n"
                "y/eightbit/least_max = Const()\n"
                "y/eightbit/requant_max = Maximum(y/eightbit/requant_range:1, y/eightbit/least_max)\n"
                "y/eightbit/requantize = Requantize(y/eightbit, y/eightbit:1, y/eightbit:2, y/eightbit/requant_range, "
                "y/eightbit/requant_max)\n" +
                end);
  EXPECT_EQ(Quantized(graph, "quantize_nodes(fallback_min=-2, fallback_max=6)"),
            start +
                "y/eightbit/fallback_min = Const()\ny/eightbit/fallback_max = Const()\n"
                "y/eightbit/requantize = Requantize(y/eightbit, y/eightbit:1, y/eightbit:2, y/eightbit/fallback_min, "
                "y/eightbit/fallback_max)\n" +
                end);
}

TEST(QuantizeNodes, NeighboursCancelOut) {
  const std::string both = Quantized(Input("x", "12") + Node("m", "Relu", {"x"}) + Node("y", "Relu6", {"m"}));
  EXPECT_EQ(both.find("m = "), std::string::npos) << both;
  EXPECT_NE(both.find("y/eightbit = QuantizedRelu6(m/eightbit, m/eightbit:1, m/eightbit:2)"), std::string::npos);
  const std::string fetched =
      Quantized(Input("x", "12") + Node("m", "Relu", {"x"}) + Node("y", "Relu6", {"m"}), "quantize_nodes", {"y", "m"});
  EXPECT_NE(fetched.find("m = Dequantize(m/eightbit"), std::string::npos);
  EXPECT_EQ(fetched.find("QuantizeV2(m"), std::string::npos);
}

TEST(QuantizeNodes, JoinsTakeTheAxisFirstAndTheRangesApart) {
  for (const bool second : {false, true}) {
    const std::string join = second ? Node("y", "ConcatV2", {"x", "k", "axis"}, "attr { key: 'N' value { i: 2 } }")
                                    : Node("y", "Concat", {"axis", "x", "k"}, "attr { key: 'N' value { i: 2 } }");
    const NodeDef y =
        NodeIn(After(Input("x", "12") + Const("k", "12", "1, 2") + Ints("axis", "", "0") + join, "quantize_nodes"),
               "y/eightbit");
    EXPECT_EQ(Lines({.nodes = {y}}),
              "y/eightbit = QuantizedConcat(axis, y_eightbit/x/quantize, y_eightbit/k/quantize, "
              "y_eightbit/x/quantize:1, y_eightbit/k/quantize:1, y_eightbit/x/quantize:2, y_eightbit/k/quantize:2)\n");
    EXPECT_EQ(y.Find("N")->AsInt(), 2);
    EXPECT_EQ(y.Find("T")->AsType(), DType::kQuint8);
  }
}

TEST(QuantizeNodes, AnAxisFromTheEndIsCountedFromTheStart) {
  const auto join_at = [](const char* axis, const char* rank_of_x) {
    return Quantized(Input("x", rank_of_x) + Const("k", "12", "1, 2") + Ints("axis", "", axis) +
                     Node("y", "ConcatV2", {"x", "k", "axis"}, "attr { key: 'N' value { i: 2 } }"));
  };
  const std::string last = join_at("-1", "12");
  EXPECT_NE(last.find("y/eightbit = QuantizedConcat(y/eightbit/axis, "), std::string::npos) << last;
  EXPECT_EQ(join_at("1", "12").find("y/eightbit/axis"), std::string::npos);
  // What an axis means where nothing tells it, or it fits nowhere, is left to the run.
  EXPECT_NE(join_at("-3", "12").find("y = ConcatV2("), std::string::npos);
  const std::string fed =
      Quantized(Input("x", "12") + Const("k", "12", "1, 2") +
                "node { name: 'axis' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT32 } } } " +
                Node("y", "ConcatV2", {"x", "k", "axis"}, "attr { key: 'N' value { i: 2 } }"));
  EXPECT_NE(fed.find("y = ConcatV2("), std::string::npos) << fed;
}

constexpr char kStrides[] =
    "attr { key: 'strides' value { list { i: [1, 2, 2, 1] } } } attr { key: 'padding' value { s: 'VALID' } } ";

TEST(QuantizeNodes, AttributesAndTypes) {
  const std::string filter = Const("w", "3312", "1");
  const NodeDef conv = NodeIn(
      After(Input("x", "1551") + filter + Node("y", "Conv2D", {"x", "w"}, kStrides), "quantize_nodes"), "y/eightbit");
  EXPECT_EQ(conv.op, "QuantizedConv2D");
  EXPECT_EQ(conv.Find("strides")->AsInts(), (std::vector<int64_t>{1, 2, 2, 1}));
  EXPECT_EQ(conv.Find("padding")->AsString(), "VALID");
  EXPECT_EQ(conv.Find("Tinput")->AsType(), DType::kQuint8);
  EXPECT_EQ(conv.Find("Tfilter")->AsType(), DType::kQuint8);
  EXPECT_EQ(conv.Find("out_type")->AsType(), DType::kQint32);
  const NodeDef shape =
      NodeIn(After(Input("x", "12") + Ints("to", "1", "-1") + Node("y", "Reshape", {"x", "to"}), "quantize_nodes"),
             "y/eightbit");
  EXPECT_EQ(Lines({.nodes = {shape}}),
            "y/eightbit = QuantizedReshape(y_eightbit/x/quantize, to, y_eightbit/x/quantize:1, "
            "y_eightbit/x/quantize:2)\n");
}

TEST(QuantizeNodes, WhatTheEightBitFormCannotSayStays) {
  const std::string filter = Const("w", "3312", "1");
  const auto conv = [&](const std::string& x, const std::string& more) {
    return x + filter + Node("y", "Conv2D", {"x", "w"}, kStrides + more);
  };
  ExpectFloat(conv(Input("x", "1551"), "attr { key: 'dilations' value { list { i: [1, 1, 2, 1] } } }"),
              "it has dilations");
  const std::string open = "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }";
  ExpectFloat(conv(open, ""), "'y' stays float: its channels are not known");
  ExpectFloat(Input("x", "22") + Const("k", "21", "1") + Node("y", "Add", {"x", "k"}), "may broadcast otherwise");
  ExpectFloat(
      open + Const("b", "2", "1") + Node("y", "BiasAdd", {"x", "b"}, "attr { key: 'data_format' value { s: 'NCHW' } }"),
      "data_format");
  EXPECT_EQ(Quantized(Input("x", "12") + Node("y", "Relu", {"x"}), "quantize_nodes(ignore_op=Relu)"),
            "x = Placeholder()\ny = Relu(x)\n");
}

TEST(QuantizeNodes, WhatCanBeEmptyStays) {
  const std::string found = Input("x", "2") +
                            "node { name: 'where' op: 'Where' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }"
                            "node { name: 'f' op: 'Cast' input: 'where' attr { key: 'SrcT' value { type: DT_INT64 } } "
                            "attr { key: 'DstT' value { type: DT_FLOAT } } }" +
                            Node("y", "Relu", {"f"});
  ExpectFloat(found, "'y' stays float: its input 'f' can be empty");
}

TEST(QuantizeNodes, WhatARootIsTakenOfStays) {
  const std::string variance = Input("x", "12") + Const("e", "", "0.001") + Node("y", "Mul", {"x", "x"}) +
                               Node("s", "Add", {"y", "e"}) + Node("r", "Rsqrt", {"s"});
  ExpectFloat(variance, "'y' stays float: a root or quotient is taken of what it gives");
  // The product of a layer has 32 bits to be measured in.
  const std::string layer =
      Input("x", "12") + Const("w", "22", "1") + Node("y", "MatMul", {"x", "w"}) + Node("r", "Rsqrt", {"y"});
  EXPECT_NE(Quantized(layer).find("QuantizedMatMul"), std::string::npos);
  EXPECT_NE(Quantized(Input("x", "12") + Node("y", "Mul", {"x", "x"}) + Node("q", "RealDiv", {"y", "x"}))
                .find("QuantizedMul"),
            std::string::npos);
}

TEST(QuantizeNodes, ABatchOfUnknownSizeIsNotEmpty) {
  const std::string open = "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }";
  EXPECT_NE(Quantized(open + Node("y", "Relu", {"x"})).find("QuantizedRelu"), std::string::npos);
}

TEST(QuantizeNodes, PlaceholdersTakeCodesWhereTheirRangeIsGiven) {
  const std::string ints = "node { name: 'n' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT32 } } }";
  const GraphDef graph = After(Input("x", "12") + ints + Node("y", "Relu", {"x", "^n"}),
                               "quantize_nodes(input_min=0, input_max=255)", {.inputs = {"x"}, .outputs = {"y"}});
  EXPECT_EQ(NodeIn(graph, "x").Find("dtype")->AsType(), DType::kQuint8);
  EXPECT_EQ(NodeIn(graph, "x").Find("shape")->AsShape()->ToString(), "[1,2]");
  EXPECT_EQ(NodeIn(graph, "n").Find("dtype")->AsType(), DType::kInt32);
  EXPECT_EQ(Lines({.nodes = {NodeIn(graph, "y/eightbit")}}),
            "y/eightbit = QuantizedRelu(x, x_eightbit/min, x_eightbit/max, ^n)\n");
  EXPECT_EQ(ValueOf(NodeIn(graph, "x_eightbit/max"))->data<float>()[0], 255);
}

TEST(QuantizeNodes, AFakeQuantBecomesTheRangeOfWhatIsBeforeIt) {
  // It moves before Relu, becomes a Requantize, and that one takes the place of the product's own.
  const std::string graph = Input("x", "12") + Const("w", "22", "1") + Node("c", "MatMul", {"x", "w"}) +
                            Node("r", "Relu", {"c"}) + Const("lo", "", "0") + Const("hi", "", "6") +
                            "node { name: 'y' op: 'FakeQuantWithMinMaxVars' input: 'r' input: 'lo' input: 'hi' }";
  const std::string lines = Quantized(graph);
  EXPECT_NE(lines.find("y_hoisted/requantize = Requantize(c/eightbit, c/eightbit:1, c/eightbit:2, lo, hi)"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("y/eightbit = QuantizedRelu(y_hoisted/requantize"), std::string::npos) << lines;
  EXPECT_EQ(lines.find("RequantizationRange"), std::string::npos) << lines;
  // Not before an operator that means something else for rounded values.
  const std::string mean = Input("x", "12") + Node("c", "Exp", {"x"}) + Const("lo", "", "0") + Const("hi", "", "6") +
                           "node { name: 'y' op: 'FakeQuantWithMinMaxVars' input: 'c' input: 'lo' input: 'hi' }";
  EXPECT_NE(Quantized(mean).find("y/quantize = QuantizeV2(c, lo, hi)"), std::string::npos);
}

TEST(QuantizeNodes, SaysWhatIsWrongWithItsArguments) {
  const auto said = [](std::string_view arguments) {
    return Transformed(Input("x", "12"), "quantize_nodes(" + std::string(arguments) + ")");
  };
  EXPECT_NE(said("input_min=0").find("want both 'input_min' and 'input_max', or neither"), std::string::npos);
  EXPECT_NE(said("fallback_min=a, fallback_max=1").find("want a number, got 'a'"), std::string::npos);
  EXPECT_NE(said("fallback_min=1, fallback_max=2").find("contains 0, got 1 to 2"), std::string::npos);
}

}  // namespace
}  // namespace rivulet::prepare

#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

// A 3x2 filter at rate 2 over 4x4, with these pads and crops.
std::string Atrous(std::string_view pads, std::string_view crops, std::string_view op = "Conv2D",
                   std::string_view padding = "VALID") {
  return Input("x", "1441") + Const("w", "3211", "1, 2, 3, 4, 5, 6") + Ints("block", "2", "2, 2") +
         Ints("pads", "22", pads) + Ints("crops", "22", crops) + Node("s", "SpaceToBatchND", {"x", "block", "pads"}) +
         Node("c", op, {"s", "w"},
              "attr { key: 'strides' value { list { i: [1, 1, 1, 1] } } } attr { key: 'padding' value { s: '" +
                  std::string(padding) + "' } } attr { key: 'data_format' value { s: 'NHWC' } }") +
         Node("y", "BatchToSpaceND", {"c", "block", "crops"});
}

TEST(FlattenAtrousConv, ZerosComeBetweenRowsAndColumns) {
  // Rows see 4 more, 2 on each side; columns 2 more, 1 on each side: as SAME has it.
  for (const std::string op : {"Conv2D", "DepthwiseConv2dNative"}) {
    const GraphDef flat = After(Atrous("2, 2, 1, 1", "0", op), "flatten_atrous_conv");
    EXPECT_EQ(Lines(flat), "x = Placeholder()\ny/flat_filter = Const()\ny = " + op + "(x, y/flat_filter)\n");
    const Tensor filter = *ValueOf(flat.nodes[1]);
    EXPECT_EQ(filter.shape().ToString(), "[5,3,1,1]");
    const std::vector<float> want = {1, 0, 2, 0, 0, 0, 3, 0, 4, 0, 0, 0, 5, 0, 6};
    EXPECT_EQ(std::vector<float>(filter.values<float>().begin(), filter.values<float>().end()), want);
    EXPECT_EQ(flat.nodes[2].Find("padding")->AsString(), "SAME");
    EXPECT_EQ(flat.nodes[2].Find("data_format")->AsString(), "NHWC");
  }
}

TEST(FlattenAtrousConv, TheBorderDecidesThePadding) {
  const auto padding = [](std::string_view pads, std::string_view crops, std::string_view inner) {
    const NodeDef y = NodeIn(After(Atrous(pads, crops, "Conv2D", inner), "flatten_atrous_conv"), "y");
    return y.op == "Conv2D" ? *y.Find("padding")->AsString() : y.op;
  };
  EXPECT_EQ(padding("0", "0", "VALID"), "VALID");
  EXPECT_EQ(padding("0, 2, 0, 2", "0, 2, 0, 2", "VALID"), "VALID");  // what made 4x4 a multiple of the rate
  EXPECT_EQ(padding("2, 4, 1, 3", "0, 2, 0, 2", "VALID"), "SAME");
  EXPECT_EQ(padding("1, 1, 1, 1", "0", "VALID"), "BatchToSpaceND");
  EXPECT_EQ(padding("2, 2, 2, 0", "0", "VALID"), "BatchToSpaceND");
  EXPECT_EQ(padding("4, 4, 1, 1", "2, 2, 0, 0", "VALID"), "SAME");
  EXPECT_EQ(padding("0", "0", "SAME"), "BatchToSpaceND");  // columns: 0 before and 2 after
}

TEST(FlattenAtrousConv, WhatElseReadsTheConvolutionKeepsIt) {
  const std::string graph = Atrous("2, 2, 1, 1", "0") + Node("z", "Neg", {"c"});
  EXPECT_EQ(Lines(After(graph, "flatten_atrous_conv")), Lines(GraphOf(graph)));
}

}  // namespace
}  // namespace rivulet::prepare

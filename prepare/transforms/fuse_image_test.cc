// fuse_pad_and_conv, fuse_resize_and_conv and fuse_resize_pad_and_conv.
#include <gtest/gtest.h>

#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

std::string Conv(std::string_view x, int stride, std::string_view more = "") {
  return Const("w", "3312", "1") +
         Node("y", "Conv2D", {x, "w"},
              "attr { key: 'strides' value { list { i: [1, " + std::to_string(stride) + ", " + std::to_string(stride) +
                  ", 1] } } } attr { key: 'padding' value { s: 'VALID' } } " + std::string(more));
}

const std::string kPads = Ints("pads", "42", "0, 0, 1, 1, 1, 1, 0, 0");
std::string Pad(std::string_view x) {
  return kPads +
         Node("p", "MirrorPad", {x, "pads"},
              "attr { key: 'mode' value { s: 'SYMMETRIC' } } attr { key: 'Tpaddings' value { type: DT_INT32 } }");
}
std::string Resize(std::string_view more = "") {
  return Ints("size", "2", "6, 6") + Node("r", "ResizeBilinear", {"x", "size"}, more);
}

constexpr char kHalf[] = "attr { key: 'half_pixel_centers' value { b: true } }";

TEST(FuseImage, PadAndConv) {
  const std::string graph = Input("x", "1441") + Pad("x") + Conv("p", 1);
  const GraphDef fused = After(graph, "fuse_pad_and_conv");
  EXPECT_EQ(Lines(fused), "x = Placeholder()\npads = Const()\nw = Const()\ny = FusedPadConv2D(x, pads, w)\n");
  const NodeDef y = fused.nodes[3];
  EXPECT_EQ(y.Find("mode")->AsString(), "SYMMETRIC");
  EXPECT_EQ(y.Find("padding")->AsString(), "VALID");
  EXPECT_EQ(y.Find("strides")->AsInts()->size(), 4u);
  EXPECT_EQ(y.Find("T")->AsType(), DType::kFloat);
}

TEST(FuseImage, ResizeAndConv) {
  const std::string align = "attr { key: 'align_corners' value { b: true } }";
  const GraphDef fused = After(Input("x", "1441") + Resize(align) + Conv("r", 1), "fuse_resize_and_conv");
  EXPECT_EQ(Lines(fused),
            "x = Placeholder()\nsize = Const()\nw = Const()\ny_dummy_paddings = Const()\n"
            "y = FusedResizeAndPadConv2D(x, size, y_dummy_paddings, w)\n");
  EXPECT_EQ(fused.nodes[4].Find("resize_align_corners")->AsBool(), true);
  EXPECT_EQ(fused.nodes[4].Find("mode")->AsString(), "REFLECT");
}

TEST(FuseImage, ResizePadAndConv) {
  EXPECT_EQ(Lines(After(Input("x", "1441") + Resize() + Pad("r") + Conv("p", 1), "fuse_resize_pad_and_conv")),
            "x = Placeholder()\nsize = Const()\npads = Const()\nw = Const()\n"
            "y = FusedResizeAndPadConv2D(x, size, pads, w)\n");
}

// Nothing changes, and the reason is told.
void ExpectLeft(const std::string& graph, std::string_view transform, std::string_view why,
                std::vector<std::string> outputs = {"y"}) {
  std::string report;
  TransformOptions options{.outputs = std::move(outputs)};
  options.report = [&report](std::string_view line) { report += std::string(line) + "\n"; };
  EXPECT_EQ(Lines(After(graph, transform, options)), Lines(GraphOf(graph)));
  EXPECT_NE(report.find(why), std::string::npos) << report;
}

TEST(FuseImage, WhatTheFusedOperatorCannotSayStays) {
  const std::string image = Input("x", "1441");
  ExpectLeft(Input("x", "2441") + Pad("x") + Conv("p", 1), "fuse_pad_and_conv",
             "one image at a time, got shape [2,4,4,1]");
  ExpectLeft(image + Resize(kHalf) + Conv("r", 1), "fuse_resize_and_conv", "half_pixel_centers");
  const std::string dilated = "attr { key: 'dilations' value { list { i: [1, 2, 2, 1] } } }";
  ExpectLeft(image + Pad("x") + Conv("p", 1, dilated), "fuse_pad_and_conv", "it has dilations");
  const std::string first = "attr { key: 'data_format' value { s: 'NCHW' } }";
  const std::string unknown = "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }";
  ExpectLeft(unknown + Pad("x") + Conv("p", 1, first), "fuse_pad_and_conv", "data_format");
  ExpectLeft(image + Pad("x") + Conv("p", 1) + Node("z", "Neg", {"p"}), "fuse_pad_and_conv",
             "'p' is also read elsewhere");
  ExpectLeft(image + Pad("x") + Conv("p", 1), "fuse_pad_and_conv", "'p' is also read elsewhere", {"y", "p"});
}

TEST(FuseImage, StridesThatLeaveTooMuchOverStay) {
  // 6 wide after padding: windows of 3 every 2 cover 5 and leave 1, which the fused operator would put behind.
  EXPECT_EQ(NodeIn(After(Input("x", "1441") + Pad("x") + Conv("p", 2), "fuse_pad_and_conv"), "y").op, "FusedPadConv2D");
  // Every 6: they cover 3 of 8 and leave 5, of which the fused operator puts 2 before.
  ExpectLeft(Input("x", "1661") + Pad("x") + Conv("p", 6), "fuse_pad_and_conv",
             "its strides leave 4 rows or columns over");
}

}  // namespace
}  // namespace rivulet::prepare

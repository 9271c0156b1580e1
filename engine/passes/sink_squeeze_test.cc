#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

std::string Line(std::string_view squeezed, std::string_view tail) {
  return std::string(R"(
x = Placeholder() {dtype=float32, shape=shape[1,1,5,2]}
w = Const() {dtype=float32, value=float32[1,1,2,3]{1, 2, 3, 4, 5, 6}}
c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
s = Squeeze(c) {T=float32, squeeze_dims=ints[)") +
         std::string(squeezed) + "]}\n" +
         "row = Const() {dtype=float32, value=float32[1,1,3]{1, 2, 3}}\n"
         "column = Const() {dtype=float32, value=float32[1,5,1]{1, 2, 3, 4, 5}}\n"
         "vector = Const() {dtype=float32, value=float32[3]{1, 2, 3}}\n" +
         std::string(tail);
}

TEST(SinkSqueeze, ArithmeticOfChannelsGoesAboveIt) {
  const Rewritten out = Rewrite(Line("-3",
                                     "m = Mul(vector, s) {T=float32}\na = AddV2(m, row) {T=float32}\n"
                                     "y = BiasAdd(a, vector) {T=float32}\n"),
                                {"sink_squeeze"}, "y");
  EXPECT_EQ(out.rewrites, 3);
  EXPECT_EQ(out.Root().op, "Squeeze");
  const Node& bias = out.graph.node(out.Root().inputs[0].node);
  EXPECT_EQ(bias.op, "BiasAdd");
  EXPECT_EQ(bias.outputs[0].shape.ToString(), "[1,1,5,3]");
  const Node& add = out.graph.node(bias.inputs[0].node);
  EXPECT_EQ(out.graph.node(add.inputs[0].node).op, "Mul");
}

TEST(SinkSqueeze, ItGoesIntoTheConvolution) {
  const Rewritten out = Rewrite(Line("1", "a = AddV2(s, row) {T=float32}\ny = Relu(a) {T=float32}\n"),
                                {"sink_squeeze", "fold_batch_norm", "fuse_conv_bias_act"}, "y");
  EXPECT_EQ(out.Count("_FusedConv2D"), 1);
  EXPECT_EQ(out.Count("AddV2") + out.Count("Relu") + out.Count("BiasAdd"), 0);
  EXPECT_EQ(out.Root().outputs[0].shape.ToString(), "[1,5,3]");
}

TEST(SinkSqueeze, OtherValuesStay) {
  EXPECT_EQ(Rewrite(Line("1", "y = AddV2(s, column) {T=float32}\n"), {"sink_squeeze"}, "y").rewrites, 0);
  EXPECT_EQ(Rewrite(Line("1", "y = AddV2(s, s) {T=float32}\n"), {"sink_squeeze"}, "y").rewrites, 0);
  EXPECT_EQ(Rewrite(Line("", "y = AddV2(s, row) {T=float32}\n"), {"sink_squeeze"}, "y").rewrites, 0);
  EXPECT_EQ(
      Rewrite(Line("1", "a = AddV2(s, row) {T=float32}\ny = Mul(a, s) {T=float32}\n"), {"sink_squeeze"}, "y").rewrites,
      0);
}

// One channel alone is squeezed with the rest: what follows is along the line.
TEST(SinkSqueeze, TheLastAxisSqueezed) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[1,1,3,2]}
w = Const() {dtype=float32, value=float32[1,1,2,1]{1, 2}}
c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
s = Squeeze(c) {T=float32, squeeze_dims=ints[3]}
row = Const() {dtype=float32, value=float32[3]{1, 2, 3}}
y = AddV2(s, row) {T=float32}
)",
                                {"sink_squeeze"}, "y");
  EXPECT_EQ(out.rewrites, 0);
}

}  // namespace
}  // namespace rivulet

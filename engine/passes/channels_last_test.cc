#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

std::vector<int64_t> Ints(const Node& node, const char* name) {
  const auto* list = node.attrs.Get<std::shared_ptr<const AttrList>>(name);
  return list == nullptr ? std::vector<int64_t>() : (*list)->ints;
}

const Node& Only(const Rewritten& out, std::string_view op) {
  for (const Node& node : out.graph.nodes()) {
    if (node.op == op) return node;
  }
  return out.Root();
}

TEST(ChannelsLast, AConvolutionWithItsLists) {
  const std::string conv_text =
      "y = Conv2D(x, w) {T=float32, strides=ints[1, 1, 2, 3], dilations=ints[1, 1, 4, 5], padding=\"EXPLICIT\", "
      "explicit_paddings=ints[0, 0, 0, 0, 1, 2, 3, 4], data_format=\"NCHW\"}\n";
  const Rewritten out = Rewrite(
      "x = Placeholder() {dtype=float32, shape=shape[1,3,9,8]}\n"
      "w = Const() {dtype=float32, value=float32[1,1,3,2]{1, 2, 3, 4, 5, 6}}\n" +
          conv_text,
      {"channels_last"}, "y");
  const Node& conv = Only(out, "Conv2D");
  EXPECT_EQ(*conv.attrs.Get<std::string>("data_format"), "NHWC");
  EXPECT_EQ(Ints(conv, "strides"), (std::vector<int64_t>{1, 2, 3, 1}));
  EXPECT_EQ(Ints(conv, "dilations"), (std::vector<int64_t>{1, 4, 5, 1}));
  EXPECT_EQ(Ints(conv, "explicit_paddings"), (std::vector<int64_t>{0, 0, 1, 2, 3, 4, 0, 0}));
  EXPECT_EQ(out.Root().op, "Transpose");
  EXPECT_EQ(out.Root().outputs[0].shape, Shape({1, 2, 6, 5}));
  EXPECT_EQ(out.Count("Transpose"), 2);
}

TEST(ChannelsLast, PoolsNormsAndBiases) {
  for (const char* node : {"MaxPool(x) {T=float32, ksize=ints[1, 1, 2, 2], strides=ints[1, 1, 2, 2], "
                           "padding=\"VALID\", data_format=\"NCHW\"}",
                           "AvgPool(x) {T=float32, ksize=ints[1, 1, 2, 2], strides=ints[1, 1, 2, 2], "
                           "padding=\"VALID\", data_format=\"NCHW\"}",
                           "BiasAdd(x, k) {T=float32, data_format=\"NCHW\"}",
                           "FusedBatchNormV3(x, k, k, k, k) {T=float32, U=float32, epsilon=0f, is_training=false, "
                           "data_format=\"NCHW\"}"}) {
    const Rewritten out = Rewrite(Cat("x = Placeholder() {dtype=float32, shape=shape[1,2,4,6]}\n",
                                      "k = Const() {dtype=float32, value=float32[2]{1, 4}}\ny = ", node, "\n"),
                                  {"channels_last"}, "y");
    EXPECT_EQ(out.rewrites, 1) << node;
    EXPECT_EQ(out.Count("Transpose"), 2) << node;
  }
}

// The sizes of what it makes are in the order of axes, too.
TEST(ChannelsLast, TransposedConvolutionsAndPixelsFromChannels) {
  const std::string text = R"(
x = Placeholder() {dtype=float32, shape=shape[1,8,3,4]}
w = Const() {dtype=float32, value=float32[1,2,1,2]{1, -2, 3, 4}}
sizes = Const() {dtype=int32, value=int32[4]{1, 1, 6, 8}}
p = DepthToSpace(x) {T=float32, block_size=2, data_format="NCHW"}
s = SpaceToDepth(p) {T=float32, block_size=2, data_format="NCHW"}
axis = Const() {dtype=int32, value=int32[]{1}}
two = Split(axis, s) {T=float32, num_split=4}
y = Conv2DBackpropInput(sizes, w, two) {T=float32, strides=ints[1, 1, 2, 2], padding="SAME", data_format="NCHW"}
)";
  const Rewritten out = Rewrite(text, {"channels_last"}, "y");
  EXPECT_EQ(out.rewrites, 3);
  const Node& conv = Only(out, "Conv2DBackpropInput");
  EXPECT_EQ(conv.outputs[0].shape, Shape({1, 6, 8, 1}));
  EXPECT_EQ(Ints(conv, "strides"), (std::vector<int64_t>{1, 2, 2, 1}));
  ExpectTheSameWithPasses(text, {{"x", Numbers({1, 8, 3, 4}, 7)}});
  // Sizes that are not known stay as they are.
  const std::string fed = Replaced(text, "Const() {dtype=int32, value=int32[4]{1, 1, 6, 8}}",
                                   "Placeholder() {dtype=int32, shape=shape[4]}");
  EXPECT_EQ(Rewrite(fed, {"channels_last"}, "y").rewrites, 2);
}

TEST(ChannelsLast, OthersStay) {
  // Channels last already, other types, a norm that trains.
  for (const char* node :
       {"BiasAdd(x, k) {T=float32, data_format=\"NHWC\"}", "BiasAdd(x, k) {T=float32}",
        "FusedBatchNormV3(x, k, k, k, k) {T=float32, U=float32, epsilon=0f, is_training=true, data_format=\"NCHW\"}"}) {
    EXPECT_EQ(Rewrite(Cat("x = Placeholder() {dtype=float32, shape=shape[1,2,2,2]}\n",
                          "k = Const() {dtype=float32, value=float32[2]{1, 4}}\ny = ", node, "\n"),
                      {"channels_last"}, "y")
                  .rewrites,
              0)
        << node;
  }
  EXPECT_EQ(Rewrite("x = Placeholder() {dtype=int32, shape=shape[1,2,2,2]}\n"
                    "k = Const() {dtype=int32, value=int32[2]{1, 4}}\n"
                    "y = BiasAdd(x, k) {T=int32, data_format=\"NCHW\"}\n",
                    {"channels_last"}, "y")
                .rewrites,
            0);
}

}  // namespace
}  // namespace rivulet

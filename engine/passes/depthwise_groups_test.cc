#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

Rewritten Grouped(std::string_view x, std::string_view w, std::string_view format = "NHWC") {
  return Rewrite(
      Cat("x = Placeholder() {dtype=float32, shape=shape[", x, "]}\nw = Const() {dtype=float32, value=float32[", w,
          "}}\ny = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding=\"SAME\", data_format=\"", format,
          "\"}\n"),
      {"depthwise_groups"}, "y");
}

TEST(DepthwiseGroups, AGroupForEachChannel) {
  const Rewritten out = Grouped("1,5,5,2", "1,1,1,4]{1, 2, 3, 4");
  ASSERT_EQ(out.Root().op, "DepthwiseConv2dNative");
  EXPECT_EQ(out.graph.fact(out.Root().inputs[1]).shape, (Shape{1, 1, 2, 2}));
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(out.Root().outputs[0].shape, (Shape{1, 5, 5, 4}));
}

TEST(DepthwiseGroups, OthersStay) {
  EXPECT_EQ(Grouped("1,5,5,1", "1,1,1,4]{1, 2, 3, 4").rewrites, 0);          // one channel
  EXPECT_EQ(Grouped("1,5,5,4", "1,1,2,2]{1, 2, 3, 4").rewrites, 0);          // two channels a group
  EXPECT_EQ(Grouped("1,2,5,5", "1,1,1,4]{1, 2, 3, 4", "NCHW").rewrites, 0);  // channels_last takes these first
}

}  // namespace
}  // namespace rivulet

#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

std::string Written(std::string_view sides, std::string_view crops, std::string_view conv = "Conv2D",
                    std::string_view attrs = "strides=ints[1, 1, 1, 1], padding=\"VALID\"") {
  return std::string("x = Placeholder() {dtype=float32, shape=shape[1,9,10,1]}\n") +
         "b = Const() {dtype=int32, value=int32[2]{2, 3}}\n"
         "p = Const() {dtype=int32, value=int32[2,2]{" +
         std::string(sides) + "}}\nq = Const() {dtype=int32, value=int32[2,2]{" + std::string(crops) + "}}\n" +
         "s = SpaceToBatchND(x, b, p) {T=float32, Tblock_shape=int32, Tpaddings=int32}\n"
         "w = Const() {dtype=float32, value=float32[2,2,1,1]{1, 2, 3, 4}}\n"
         "z = " +
         std::string(conv) + "(s, w) {T=float32, " + std::string(attrs) +
         "}\n"
         "y = BatchToSpaceND(z, b, q) {T=float32, Tblock_shape=int32, Tcrops=int32}\n";
}

std::vector<int64_t> Ints(const Node& node, const char* name) {
  const auto* list = node.attrs.Get<std::shared_ptr<const AttrList>>(name);
  return list != nullptr ? (*list)->ints : std::vector<int64_t>();
}

TEST(FoldDilation, SortedPixelsBecomeADilation) {
  const Rewritten out = Rewrite(Written("2, 3, 1, 4", "0, 1, 1, 2"), {"fold_dilation"}, "y");
  EXPECT_EQ(out.rewrites, 1);
  EXPECT_EQ(out.Count("SpaceToBatchND") + out.Count("BatchToSpaceND"), 0);
  EXPECT_EQ(out.Root().op, "Conv2D");
  EXPECT_EQ(Ints(out.Root(), "dilations"), (std::vector<int64_t>{1, 2, 3, 1}));
  EXPECT_EQ(Ints(out.Root(), "explicit_paddings"), (std::vector<int64_t>{0, 0, 2, 2, 0, 2, 0, 0}));
  EXPECT_EQ(out.Root().outputs[0].shape.ToString(), "[1,11,9,1]");
}

TEST(FoldDilation, WithoutPaddingItStaysValid) {
  const Rewritten out = Rewrite(Written("0, 1, 0, 2", "0, 1, 0, 2", "DepthwiseConv2dNative"), {"fold_dilation"}, "y");
  EXPECT_EQ(out.Root().op, "DepthwiseConv2dNative");
  EXPECT_EQ(*out.Root().attrs.Get<std::string>("padding"), "VALID");
  EXPECT_EQ(out.Root().outputs[0].shape.ToString(), "[1,7,7,1]");
}

TEST(FoldDilation, WhatIsCroppedBeyondThePaddingStays) {
  EXPECT_EQ(Rewrite(Written("0, 1, 0, 2", "0, 2, 0, 2"), {"fold_dilation"}, "y").rewrites, 0);
  EXPECT_EQ(Rewrite(Written("0, 1, 0, 2", "1, 0, 0, 2"), {"fold_dilation"}, "y").rewrites, 0);
}

TEST(FoldDilation, OtherConvolutionsStay) {
  const std::string_view same = "strides=ints[1, 1, 1, 1], padding=\"SAME\"";
  const std::string_view strided = "strides=ints[1, 2, 2, 1], padding=\"VALID\"";
  const std::string_view dilated = "strides=ints[1, 1, 1, 1], dilations=ints[1, 2, 1, 1], padding=\"VALID\"";
  for (const std::string_view attrs : {same, strided, dilated}) {
    EXPECT_EQ(Rewrite(Written("0, 1, 0, 2", "0, 0, 0, 0", "Conv2D", attrs), {"fold_dilation"}, "y").rewrites, 0);
  }
}

TEST(FoldDilation, OtherBlocksStay) {
  std::string text = Written("0, 1, 0, 2", "0, 1, 0, 2");
  const std::string back = "BatchToSpaceND(z, b, q)";
  text.replace(text.find(back), back.size(), "BatchToSpaceND(z, c, q)");
  text = "c = Const() {dtype=int32, value=int32[2]{3, 2}}\n" + text;
  EXPECT_EQ(Rewrite(text, {"fold_dilation"}, "y").rewrites, 0);
}

std::string OverALine(std::string_view axis, std::string_view squeezed) {
  return std::string(R"(
x = Placeholder() {dtype=float32, shape=shape[2,9,1]}
b = Const() {dtype=int32, value=int32[1]{4}}
p = Const() {dtype=int32, value=int32[1,2]{4, 3}}
q = Const() {dtype=int32, value=int32[1,2]{0, 3}}
s = SpaceToBatchND(x, b, p) {T=float32, Tblock_shape=int32, Tpaddings=int32}
a = Const() {dtype=int32, value=int32[]{)") +
         std::string(axis) + R"(}}
e = ExpandDims(s, a) {T=float32, Tdim=int32}
w = Const() {dtype=float32, value=float32[1,2,1,1]{1, 2}}
z = Conv2D(e, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
t = Squeeze(z) {T=float32, squeeze_dims=ints[)" +
         std::string(squeezed) + R"(]}
y = BatchToSpaceND(t, b, q) {T=float32, Tblock_shape=int32, Tcrops=int32}
)";
}

TEST(FoldDilation, OfALineOfValuesToo) {
  const Rewritten out = Rewrite(OverALine("-3", "-3"), {"fold_dilation"}, "y");
  EXPECT_EQ(out.rewrites, 1);
  EXPECT_EQ(out.Root().op, "Squeeze");
  const Node& conv = out.graph.node(out.Root().inputs[0].node);
  EXPECT_EQ(Ints(conv, "dilations"), (std::vector<int64_t>{1, 1, 4, 1}));
  EXPECT_EQ(Ints(conv, "explicit_paddings"), (std::vector<int64_t>{0, 0, 0, 0, 4, 0, 0, 0}));
  EXPECT_EQ(out.Root().outputs[0].shape.ToString(), "[2,9,1]");
}

TEST(FoldDilation, AnotherAxisStays) { EXPECT_EQ(Rewrite(OverALine("1", ""), {"fold_dilation"}, "y").rewrites, 0); }

}  // namespace
}  // namespace rivulet

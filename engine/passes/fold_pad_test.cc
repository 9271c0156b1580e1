#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

std::string PaddedConv(std::string_view paddings, std::string_view padding, std::string_view op = "Conv2D") {
  return std::string("x = Placeholder() {dtype=float32, shape=shape[1,4,4,1]}\n") +
         "p = Const() {dtype=int32, value=int32[4,2]{" + std::string(paddings) + "}}\n" +
         "d = Pad(x, p) {T=float32, Tpaddings=int32}\n"
         "w = Const() {dtype=float32, value=float32[1,1,1,1]{2}}\n"
         "y = " +
         std::string(op) + "(d, w) {T=float32, strides=ints[1, 1, 1, 1], padding=\"" + std::string(padding) + "\"}\n";
}

TEST(FoldPad, ZerosBecomePadding) {
  const Rewritten out = Rewrite(PaddedConv("0, 0, 1, 2, 3, 0, 0, 0", "VALID"), {"fold_pad"}, "y");
  EXPECT_EQ(out.Count("Pad"), 0);
  EXPECT_EQ(*out.Root().attrs.Get<std::string>("padding"), "EXPLICIT");
  const auto& list = *out.Root().attrs.Get<std::shared_ptr<const AttrList>>("explicit_paddings");
  EXPECT_EQ(list->ints, (std::vector<int64_t>{0, 0, 1, 2, 3, 0, 0, 0}));
  EXPECT_EQ(out.Root().outputs[0].shape.ToString(), "[1,7,7,1]");
}

TEST(FoldPad, OfADepthwiseConvolutionToo) {
  const Rewritten out =
      Rewrite(PaddedConv("0, 0, 0, 1, 0, 1, 0, 0", "VALID", "DepthwiseConv2dNative"), {"fold_pad"}, "y");
  EXPECT_EQ(out.Count("Pad"), 0);
  EXPECT_EQ(out.Root().op, "DepthwiseConv2dNative");
  EXPECT_EQ(out.Root().outputs[0].shape.ToString(), "[1,5,5,1]");
}

TEST(FoldPad, OtherPadsStay) {
  EXPECT_EQ(Rewrite(PaddedConv("0, 0, 1, 1, 1, 1, 0, 0", "SAME"), {"fold_pad"}, "y").rewrites, 0);
  EXPECT_EQ(Rewrite(PaddedConv("1, 0, 1, 1, 1, 1, 0, 0", "VALID"), {"fold_pad"}, "y").rewrites, 0);
}

TEST(FoldPad, PaddedChannelsStay) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[1,4,4,1]}
p = Const() {dtype=int32, value=int32[4,2]{0, 0, 1, 1, 1, 1, 0, 1}}
d = Pad(x, p) {T=float32, Tpaddings=int32}
w = Const() {dtype=float32, value=float32[1,1,2,1]{2, 3}}
y = Conv2D(d, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
)",
                                {"fold_pad"}, "y");
  EXPECT_EQ(out.rewrites, 0);
}

TEST(FoldPad, OfSeveralConvolutions) {
  const std::string two = PaddedConv("0, 0, 1, 2, 3, 0, 0, 0", "VALID") +
                          "z = Conv2D(d, w) {T=float32, strides=ints[1, 1, 1, 1], padding=\"VALID\"}\n"
                          "s = Pack(y, z) {T=float32, N=2}\n";
  const Rewritten out = Rewrite(two, {"fold_pad"}, "s");
  EXPECT_EQ(out.rewrites, 2);
  EXPECT_EQ(out.Count("Pad"), 0);
}

TEST(FoldPad, WhatIsReadOtherwiseStays) {
  const std::string two =
      PaddedConv("0, 0, 1, 2, 3, 0, 0, 0", "VALID") + "z = Relu(d) {T=float32}\n" + "s = Pack(y, z) {T=float32, N=2}\n";
  EXPECT_EQ(Rewrite(two, {"fold_pad"}, "s").rewrites, 0);
}

std::string PaddedLine(std::string_view axis) {
  return std::string(R"(
x = Placeholder() {dtype=float32, shape=shape[1,5,1]}
p = Const() {dtype=int32, value=int32[3,2]{0, 0, 2, 1, 0, 0}}
d = Pad(x, p) {T=float32, Tpaddings=int32}
a = Const() {dtype=int32, value=int32[]{)") +
         std::string(axis) + R"(}}
e = ExpandDims(d, a) {T=float32, Tdim=int32}
w = Const() {dtype=float32, value=float32[1,1,1,1]{2}}
y = Conv2D(e, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
)";
}

TEST(FoldPad, ZerosAroundALine) {
  const Rewritten out = Rewrite(PaddedLine("-3"), {"fold_pad"}, "y");
  EXPECT_EQ(out.Count("Pad"), 0);
  const auto& list = *out.Root().attrs.Get<std::shared_ptr<const AttrList>>("explicit_paddings");
  EXPECT_EQ(list->ints, (std::vector<int64_t>{0, 0, 0, 0, 2, 1, 0, 0}));
  EXPECT_EQ(out.Root().outputs[0].shape.ToString(), "[1,1,8,1]");
  EXPECT_EQ(Rewrite(PaddedLine("2"), {"fold_pad"}, "y").rewrites, 0);
}

}  // namespace
}  // namespace rivulet

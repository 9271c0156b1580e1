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

}  // namespace
}  // namespace rivulet

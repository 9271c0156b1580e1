#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

std::string Numbered(int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += Cat(i == 0 ? "" : ", ", i * 7 % 11 - 5);
  return text;
}

struct Sizes {
  int64_t height, width;  // of the input
  int64_t taps, stride;
  int64_t channels;  // of the result
  const char* padding = "SAME";
  int64_t inputs = 3;  // channels
};

std::string Upscaled(const Sizes& s) {
  const bool same = s.padding == std::string_view("SAME");
  const auto large = [&](int64_t small) { return same ? small * s.stride : (small - 1) * s.stride + s.taps; };
  return Cat("x = Placeholder() {dtype=float32, shape=shape[2,", s.height, ",", s.width, ",", s.inputs, "]}\n",
             "w = Const() {dtype=float32, value=float32[", s.taps, ",", s.taps, ",", s.channels, ",", s.inputs, "]{",
             Numbered(s.taps * s.taps * s.channels * s.inputs), "}}\n",
             "sizes = Const() {dtype=int32, value=int32[4]{2, ", large(s.height), ", ", large(s.width), ", ",
             s.channels, "}}\n", "y = Conv2DBackpropInput(sizes, w, x) {T=float32, strides=ints[1, ", s.stride, ", ",
             s.stride, ", 1], padding=\"", s.padding, "\"}\n");
}

Rewritten Passed(const std::string& text) { return Rewrite(text, {"channels_to_pixels"}, "y"); }

void ExpectTheSame(const Sizes& s) {
  const std::string text = Upscaled(s);
  SCOPED_TRACE(text.substr(text.find("sizes")));
  EXPECT_EQ(Passed(text).Root().op, s.stride > 1 ? "DepthToSpace" : "Conv2D");
  ExpectTheSameWithPasses(text, {{"x", Numbers({2, s.height, s.width, 3}, 7)}});
}

TEST(ChannelsToPixels, OneConvolutionForAllStrides) {
  const Rewritten out = Passed(Upscaled({4, 5, 9, 2, 1}));
  ASSERT_EQ(out.Root().op, "DepthToSpace");
  const Node& conv = out.graph.node(out.Root().inputs[0].node);
  EXPECT_EQ(conv.op, "Conv2D");
  EXPECT_EQ(out.graph.fact(conv.inputs[1]).shape, Shape({5, 5, 3, 4}));
  EXPECT_EQ(conv.outputs[0].shape, Shape({2, 4, 5, 4}));
}

TEST(ChannelsToPixels, TheSamePixels) {
  ExpectTheSame({4, 5, 9, 2, 1});
  ExpectTheSame({4, 5, 9, 3, 1});
  ExpectTheSame({3, 4, 9, 4, 1});
  ExpectTheSame({4, 5, 2, 2, 4});
  ExpectTheSame({1, 6, 9, 2, 2});
  ExpectTheSame({5, 3, 7, 3, 1});
  ExpectTheSame({3, 4, 6, 3, 1, "VALID"});
  ExpectTheSame({3, 4, 8, 2, 3, "VALID"});
  ExpectTheSame({4, 5, 4, 1, 2});
  ExpectTheSame({3, 4, 4, 1, 20, "VALID"});
}

// Those that winograd.h has fewer products for.
TEST(ChannelsToPixels, ManyChannels) {
  EXPECT_EQ(Passed(Upscaled({16, 16, 4, 2, 8, "SAME", 32})).Root().op, "DepthToSpace");
  EXPECT_EQ(Passed(Upscaled({32, 8, 5, 2, 8, "SAME", 32})).Root().op, "DepthToSpace");
  EXPECT_EQ(Passed(Upscaled({16, 15, 4, 2, 8, "SAME", 32})).rewrites, 0);  // few pixels
  EXPECT_EQ(Passed(Upscaled({16, 16, 4, 2, 8, "SAME", 31})).rewrites, 0);  // few channels
  EXPECT_EQ(Passed(Upscaled({16, 16, 3, 2, 8, "SAME", 32})).rewrites, 0);  // 2 x 2 taps
}

TEST(ChannelsToPixels, OthersStay) {
  // Too many zeros in the filter, too many channels, a size that no stride divides.
  for (const Sizes& s : {Sizes{4, 5, 4, 2, 1}, Sizes{4, 5, 9, 2, 5}, Sizes{4, 5, 9, 2, 1, "VALID"}}) {
    EXPECT_EQ(Passed(Upscaled(s)).rewrites, 0) << Upscaled(s);
  }
  const std::string fed = Upscaled({4, 5, 9, 2, 1});
  EXPECT_EQ(Passed(Replaced(fed, "strides=ints[1, 2, 2, 1]", "strides=ints[1, 2, 2, 1], dilations=ints[1, 1, 1, 1]"))
                .rewrites,
            1);
  EXPECT_EQ(Passed(Replaced(fed, "w = Const() {dtype=float32, value=float32[9,9,1,3]{" + Numbered(243) + "}}",
                            "w = Placeholder() {dtype=float32, shape=shape[9,9,1,3]}"))
                .rewrites,
            0);
}

}  // namespace
}  // namespace rivulet

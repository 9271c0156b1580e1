#include <initializer_list>
#include <string>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// Codes that are told by their index.
Tensor Codes(DType dtype, const Shape& shape, int64_t factor) {
  Tensor codes = Zeros(dtype, shape);
  for (int64_t i = 0; i < codes.num_elements(); ++i) {
    static_cast<uint8_t*>(codes.raw())[i] = static_cast<uint8_t>(i * factor % 251 + i / 3);
  }
  return codes;
}

// One pixel of two channels under a filter with a step of 1 / 127 for each of two outputs; the input's step is 1.
OpTester OnePixel(const std::string& op, float highest = 255) {
  OpTester tester(op);
  tester.Attr("strides", {1, 1, 1, 1}).Attr("padding", "VALID");
  tester.Input(U8({1, 1, 1, 2}, {10, 100}).Retyped(DType::kQuint8));
  tester.ConstInput(I8({1, 1, 2, 2}, {1, -127, 2, 3}).Retyped(DType::kQint8));
  if (op.find("Bias") != std::string::npos) tester.Input(F32({2}, {1, 0.5f}));
  for (const float bound : {0.0f, highest, -1.0f, 1.0f}) tester.Input(F32({}, {bound}));
  return tester;
}

Tensor Sums(std::initializer_list<int32_t> values) { return I32({1, 1, 1, 2}, values).Retyped(DType::kQint32); }

TEST(QuantizedConvFused, Sums) {
  EXPECT_TRUE(Same(OnePixel("QuantizedConv2DPerChannel").Run(), Sums({210, -970})));
  EXPECT_TRUE(Same(OnePixel("QuantizedConv2DAndRelu").Run(), Sums({210, 0})));
  // A bias of 1 is 127 codes, one of a half 63.5: rounded to even.
  EXPECT_TRUE(Same(OnePixel("QuantizedConv2DWithBias").Run(), Sums({337, -906})));
  EXPECT_TRUE(Same(OnePixel("QuantizedConv2DWithBiasAndRelu").Run(), Sums({337, 0})));
  EXPECT_TRUE(
      Same(OnePixel("QuantizedConv2DWithBiasSumAndRelu").Input(F32({1, 1, 1, 2}, {-1, 8})).Run(), Sums({210, 110})));
}

OpTester ToCodes(const std::string& op, float low, float high) {
  OpTester tester = OnePixel(op);
  tester.Input(F32({}, {low})).Input(F32({}, {high}));
  return tester;
}

// 210 / 127 + 1 and -970 / 127 + 1 / 2, in steps of 1 / 10.
TEST(QuantizedConvFused, Codes) {
  EXPECT_TRUE(Same(ToCodes("QuantizedConv2DWithBiasAndRequantize", -12.7f, 0).Run(),
                   I8({1, 1, 1, 2}, {27, -71}).Retyped(DType::kQint8)));
  EXPECT_TRUE(Same(ToCodes("QuantizedConv2DWithBiasAndReluAndRequantize", 0, 25.5f).Run(),
                   U8({1, 1, 1, 2}, {27, 0}).Retyped(DType::kQuint8)));
  const auto with = [](const char* op, const Tensor& summand, float highest) {
    return ToCodes(op, 0, 25.5f).Input(summand).Input(F32({}, {0})).Input(F32({}, {highest})).Run();
  };
  EXPECT_TRUE(Same(
      with("QuantizedConv2DWithBiasSumAndReluAndRequantize", U8({1, 1, 1, 2}, {7, 255}).Retyped(DType::kQuint8), 51),
      U8({1, 1, 1, 2}, {27 + 14, 255}).Retyped(DType::kQuint8)));
  EXPECT_TRUE(Same(with("QuantizedConv2DWithBiasSignedSumAndReluAndRequantize",
                        I8({1, 1, 1, 2}, {127, 100}).Retyped(DType::kQint8), 25.4f),
                   U8({1, 1, 1, 2}, {127, 127}).Retyped(DType::kQuint8)));
}

// The first channel's sums are in the second one's step; a channel without a range has its bias.
TEST(QuantizedConvFused, ChannelsHaveRangesOfTheirOwn) {
  const auto run = [](const std::string& op, float narrow) {
    OpTester tester(op);
    tester.Attr("strides", {1, 1, 1, 1}).Attr("padding", "VALID");
    tester.Input(I8({1, 1, 1, 1}, {-100}).Retyped(DType::kQint8))
        .Input(I8({1, 1, 1, 2}, {10, 10}).Retyped(DType::kQint8));
    tester.Input(F32({2}, {-2, 0})).Input(F32({}, {-127})).Input(F32({}, {0}));
    tester.Input(F32({2}, {-narrow, 0})).Input(F32({2}, {narrow / 2, 127}));
    if (op.find("Requantize") != std::string::npos) tester.Input(F32({}, {-127})).Input(F32({}, {0}));
    return tester.Run();
  };
  const auto sums = run("QuantizedConv2DWithBias", 12.7f);
  EXPECT_TRUE(Same(sums, Sums({-102, -1000})));
  const float step = 127.0f / 254 * (12.7f * 1.5f / 254);
  EXPECT_TRUE(Near(sums, F32({2}, {step * -2147483648.0f, 127.0f / 254 * 0.5f * -2147483648.0f}), 1));
  EXPECT_TRUE(
      Same(run("QuantizedConv2DWithBiasAndRequantize", 0), I8({1, 1, 1, 2}, {-2, -128}).Retyped(DType::kQint8)));
}

// Filters that are fed and constant, padding, strides, dilations; against loops.
TEST(QuantizedConvFused, SumsWindows) {
  for (const int64_t groups : {1, 3}) {
    for (const DType dtype : {DType::kQuint8, DType::kQint8}) {
      const Tensor input = Codes(dtype, {2, 6, 7, 6}, 37), filter = Codes(DType::kQint8, {3, 2, 6 / groups, 21}, 11);
      const auto tester = [&](bool constant) {
        OpTester made("QuantizedConv2DWithBias");
        made.Attr("strides", {1, 2, 1, 1}).Attr("padding", "SAME").Attr("dilations", {1, 1, 3, 1});
        made.Attr("padding_list", {0, 0, 1, 2, 0, 3, 0, 0}).Input(input);
        constant ? made.ConstInput(filter) : made.Input(filter);
        made.Input(Zeros(DType::kFloat, {21}));
        for (const float bound : {0.0f, 1.0f, 0.0f, 1.0f}) made.Input(F32({}, {bound}));
        return made;
      };
      const auto value = [&](int64_t n, int64_t y, int64_t x, int64_t c) -> int32_t {
        if (y < 0 || y >= 6 || x < 0 || x >= 7) return 0;
        const auto code = static_cast<const uint8_t*>(input.raw())[((n * 6 + y) * 7 + x) * 6 + c];
        return dtype == DType::kQint8 ? static_cast<int8_t>(code) : code;
      };
      Tensor want = Zeros(DType::kQint32, {2, 4, 7, 21});
      for (int64_t i = 0; i < want.num_elements(); ++i) {
        const int64_t c = i % 21, x = i / 21 % 7, y = i / 147 % 4, n = i / 588;
        for (int64_t k = 0; k < 6 * 6 / groups; ++k) {
          const int64_t tap = k / (6 / groups), channel = c / (21 / groups) * (6 / groups) + k % (6 / groups);
          static_cast<int32_t*>(want.raw())[i] += value(n, y * 2 - 1 + tap / 2, x + tap % 2 * 3, channel) *
                                                  static_cast<const int8_t*>(filter.raw())[k * 21 + c];
        }
      }
      EXPECT_TRUE(Same(tester(true).Run(), want)) << groups;
      EXPECT_TRUE(Same(tester(false).Run(), want)) << groups;
    }
  }
}

TEST(QuantizedConvFused, InfersWhatIsKnown) {
  OpTester tester("QuantizedConv2DWithBias");
  tester.Attr("strides", {1, 1, 1, 1}).Attr("padding", "SAME").Attr("Tinput", DType::kQuint8);
  tester.Unknown(DType::kQuint8).Unknown(DType::kQint8, {3, 3, -1, 5}).Unknown(DType::kFloat);
  for (int i = 0; i < 4; ++i) tester.Unknown(DType::kFloat);
  EXPECT_EQ(tester.InferShape(), "[?,?,?,5]");
  EXPECT_EQ(tester.InferShape(1), "?");
}

TEST(QuantizedConvFused, Refuses) {
  EXPECT_TRUE(Fails(OnePixel("QuantizedConv2DWithBias", 0).Run(), "input and filter: want some that are not empty"));
  EXPECT_TRUE(Fails(OnePixel("QuantizedConv2DWithBias", -1).Run(), "want a minimum not above the maximum"));
  EXPECT_TRUE(Fails(ToCodes("QuantizedConv2DAndRequantize", 0, 0).Run(), "min_freezed_output, max_freezed_output"));
  EXPECT_TRUE(Fails(OnePixel("QuantizedConv2DAndRelu").Attr("padding_list", {1, 1}).Run(),
                    "'padding_list': want 8 entries, got 2"));
  EXPECT_TRUE(Fails(OnePixel("QuantizedConv2DWithBiasSumAndRelu").Input(F32({1, 1, 2, 1}, {1, 2})).Run(),
                    "summand: want the output's shape [1,1,1,2]"));
  const auto ranged = [](const Tensor& bias, const Tensor& low, const Tensor& high) {
    OpTester tester("QuantizedConv2DWithBias");
    tester.Attr("strides", {1, 1, 1, 1}).Attr("padding", "VALID");
    tester.Input(Codes(DType::kQuint8, {1, 1, 1, 1}, 1)).Input(Codes(DType::kQint8, {1, 1, 1, 3}, 1)).Input(bias);
    return tester.Input(F32({}, {0})).Input(F32({}, {1})).Input(low).Input(high).Run();
  };
  const Tensor bias = F32({3}, {1, 2, 3}), low = F32({}, {-1}), high = F32({}, {1}), two = F32({2}, {1, 2});
  EXPECT_TRUE(Fails(ranged(two, low, high), "bias: want one element for each of 3 channels, got 2"));
  EXPECT_TRUE(Fails(ranged(bias, two, two), "want one element, or one for each of 3 channels, got 2"));
  EXPECT_TRUE(Fails(ranged(bias, bias, high), "want minimum and maximum of one shape, got [3] and []"));
  EXPECT_TRUE(Fails(ranged(bias, F32({1, 2}, {0, 0}), high), "want at most rank 1"));
  EXPECT_TRUE(Fails(ranged(bias, high, low), "range of the filter: want a minimum not above"));
  EXPECT_TRUE(Fails(ToCodes("QuantizedConv2DAndRequantize", 0, 1).Budget(64).Run(), ""));
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Frontend() { return OpTester("AudioMicrofrontend").Input(Zeros(DType::kInt16, {800})); }

TEST(AudioMicrofrontendTest, WhatIsWrong) {
  const auto fails = [](const char* attr, auto value, const char* text) {
    return Fails(Frontend().Attr("enable_pcan", true).Attr(attr, value).Run(), text);
  };
  EXPECT_TRUE(fails("sample_rate", 0, "sample_rate: want [1, "));
  EXPECT_TRUE(fails("window_size", 0, "window_size: want [1, "));
  EXPECT_TRUE(fails("sample_rate", 100, "window_size: want 3 to 32768 samples, got 2"));
  EXPECT_TRUE(fails("window_size", 3000, "window_size: want 3 to 32768 samples, got 48000"));
  EXPECT_TRUE(fails("window_step", 26, "window_step: want 1 to 400 samples, got 416"));
  EXPECT_TRUE(fails("num_channels", 0, "num_channels: want [1, 32768], got 0"));
  EXPECT_TRUE(fails("lower_band_limit", -1.0f, "lower_band_limit: want [0, upper_band_limit), got -1"));
  EXPECT_TRUE(fails("upper_band_limit", 100.0f, "lower_band_limit: want [0, upper_band_limit)"));
  EXPECT_TRUE(fails("upper_band_limit", 9000.0f, "upper_band_limit: want it below half the sample rate, got 9000"));
  EXPECT_TRUE(fails("smoothing_bits", 32, "smoothing_bits: want [0, 31], got 32"));
  EXPECT_TRUE(fails("even_smoothing", -0.5f, "even_smoothing: want [0, 4), got -0.5"));
  EXPECT_TRUE(fails("gain_bits", 10, "gain_bits: want ["));
  EXPECT_TRUE(fails("pcan_offset", 0.0f, "pcan_offset: want above 0"));
  EXPECT_TRUE(fails("scale_shift", -1, "scale_shift: want [0, 31], got -1"));
  EXPECT_TRUE(fails("left_context", -1, "left_context: want [0, "));
  EXPECT_TRUE(fails("frame_stride", 0, "frame_stride: want [1, "));
  EXPECT_TRUE(fails("out_scale", 0, "out_scale: want a number other than 0"));
  EXPECT_TRUE(Fails(OpTester("AudioMicrofrontend").Input(Zeros(DType::kInt16, {800, 1})).Run(), "rank 1"));
}

TEST(AudioMicrofrontendTest, SilenceIsZero) { EXPECT_TRUE(Same(Frontend().Run(), Zeros(DType::kUint16, {3, 32}))); }

TEST(AudioMicrofrontendTest, ShapesAndBudget) {
  EXPECT_EQ(OpTester("AudioMicrofrontend").Attr("left_context", 2).Unknown(DType::kInt16, {-1}).InferShape(), "[?,96]");
  OpTester tester("AudioMicrofrontend");
  tester.Attr("frame_stride", 1000).Input(Zeros(DType::kInt16, {160000}));  // all frames are kept until the end
  EXPECT_TRUE(OpTester(tester).Budget(1 << 20).Run().ok());
  EXPECT_TRUE(Fails(OpTester(tester).Budget(1 << 15).Run(), "budget"));
}

}  // namespace
}  // namespace rivulet

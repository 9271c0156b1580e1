#include <cstdint>
#include <string>

#include "engine/ops/op_test_kit.h"
#include "engine/ops/uniform_conv_shape.h"

namespace rivulet {
namespace {

OpTester Convolve(const Tensor& lhs, const Tensor& rhs, const Tensor& scales, const Tensor& zeros) {
  OpTester tester("UniformQuantizedConvolutionHybrid");
  tester.Attr("rhs_quantization_axis", scales.rank() == 0 ? -1 : 0).Attr("rhs_quantization_min_val", -128);
  tester.Attr("rhs_quantization_max_val", 127).Attr("Tout", DType::kFloat).Attr("padding", "VALID");
  return tester.Input(lhs).Input(rhs).Input(scales).Input(zeros);
}

// More output features than are summed at a time, in two groups: each adds up its own half of lhs.
TEST(UniformQuantizedConvolution, ManyFeatures) {
  constexpr int64_t kFeatures = 1200;
  Tensor lhs = Zeros(DType::kFloat, {1, 4, 1}), rhs = Zeros(DType::kQint8, {kFeatures, 2, 1});
  Tensor want = Zeros(DType::kFloat, {1, kFeatures, 1});
  for (int64_t i = 0; i < 4; ++i) lhs.data<float>()[i] = i == 3 ? 255.0f : static_cast<float>(i);
  for (int64_t i = 0; i < kFeatures; ++i) {
    static_cast<int8_t*>(rhs.raw())[2 * i] = static_cast<int8_t>(i % 100);
    static_cast<int8_t*>(rhs.raw())[2 * i + 1] = 1;
    const float code = static_cast<float>(i % 100);
    want.data<float>()[i] = i < kFeatures / 2 ? 1 : 2 * code + 255;
  }
  OpTester tester = Convolve(lhs, rhs, F32({}, {1}), I32({}, {0}));
  EXPECT_TRUE(Same(tester.Attr("feature_group_count", 2).Run(), want));
}

TEST(UniformQuantizedConvolution, ReadsAxes) {
  UniformConvSpec spec;
  spec.numbers = std::string("\x10\x02\x18\x01\x20\x01\x28\x02\x32\x01\x00\x40\x02\x48\x01", 15);  // one list is packed
  const auto sizes = ComputeUniformConv(spec, {4, 9, 3}, {2, 3, 5});
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(sizes->output, Shape({4, 8, 5}));
  spec.numbers = std::string("\x10\x00", 2);
  EXPECT_TRUE(ComputeUniformConv(spec, {4, 3, 9}, {5, 3, 2}).ok());  // no spatial axes of lhs: as if empty
}

// The dims of a tensor without elements may have any product.
TEST(UniformQuantizedConvolution, SeesNothingInNothing) {
  constexpr int64_t kWide = 0x7fffffff;
  OpTester tester = Convolve(Zeros(DType::kFloat, {1, 1, 0, kWide, kWide, kWide}),
                             Zeros(DType::kQint8, {2, 1, 1, 1, 1, 1}), F32({}, {1}), I32({}, {0}));
  tester.Attr("padding", "EXPLICIT").Attr("explicit_padding", {1, 0, 0, 0, 0, 0, 0, 0});
  tester.Attr("window_strides", {int64_t{1}, kWide, kWide, kWide});
  EXPECT_TRUE(Same(tester.Run(), Zeros(DType::kFloat, {1, 2, 1, 1, 1, 1})));
}

TEST(UniformQuantizedConvolution, Refuses) {
  const Tensor lhs = F32({1, 1, 2}, {1, 2}), rhs = I8({2, 1, 1}, {1, 2}).Retyped(DType::kQint8);
  const auto tester = [&] { return Convolve(lhs, rhs, F32({}, {1}), I32({}, {0})); };
  EXPECT_TRUE(Fails(tester().Attr("dimension_numbers", "\x18").Run(), "'dimension_numbers'"));
  EXPECT_TRUE(Fails(tester().Attr("dimension_numbers", "\x10\x01\x18\x01").Run(), "each axis of lhs, of rank 3, once"));
  EXPECT_TRUE(Fails(tester().Attr("dimension_numbers", "\x1a\x02\xff\x01").Run(), "an axis of 255 or more"));
  EXPECT_TRUE(Fails(tester().Attr("lhs_dilation", {int64_t{1} << 31}).Run(), "'lhs_dilation': want [1, 2147483647]"));
  EXPECT_TRUE(Fails(Convolve(F32({1, 1, 3}, {1, 2, 3}), rhs, F32({}, {1}), I32({}, {0}))
                        .Attr("lhs_dilation", {int64_t{0x7fffffff}})
                        .Run(),
                    "when dilated"));
  EXPECT_TRUE(Fails(tester().Attr("rhs_quantization_axis", 1).Run(), "the axis of output features, 0, got 1"));
  EXPECT_TRUE(Fails(tester().Attr("feature_group_count", 2).Run(),
                    "lhs: want 1 features, which rhs takes, in each of 2 groups, got 1"));
  EXPECT_TRUE(Fails(tester().Attr("batch_group_count", 2).Run(), "a batch of 1 cannot be split"));
  EXPECT_TRUE(Fails(tester().Attr("explicit_padding", {1, 1}).Run(), "want an empty list with padding VALID"));
}

// TensorFlow's process ends here.
TEST(UniformQuantizedConvolution, RefusesOutputScalesOfFeatures) {
  OpTester tester("UniformQuantizedConvolution");
  tester.Attr("padding", "VALID").Attr("Tout", DType::kQint32).Attr("output_quantization_axis", 1);
  for (const char* name : {"lhs_quantization_min_val", "rhs_quantization_min_val", "output_quantization_min_val"}) {
    tester.Attr(name, -128);
  }
  for (const char* name : {"lhs_quantization_max_val", "rhs_quantization_max_val", "output_quantization_max_val"}) {
    tester.Attr(name, 127);
  }
  tester.Input(I8({1, 1, 1}, {1}).Retyped(DType::kQint8)).Input(I8({2, 1, 1}, {1, 2}).Retyped(DType::kQint8));
  for (int i = 0; i < 2; ++i) tester.Input(F32({}, {1})).Input(I32({}, {0}));
  tester.Input(F32({2}, {1, 1})).Input(I32({2}, {0, 0}));
  EXPECT_TRUE(Fails(tester.Run(), "want -1, as rhs_quantization_axis"));
}

}  // namespace
}  // namespace rivulet

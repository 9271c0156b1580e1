#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ColorSpace, ConvertsPrimaries) {
  EXPECT_TRUE(Near(OpTester("RGBToHSV").Input(F32({2, 3}, {1, 0, 0, 0, 0, 0.5f})).Run(),
                   F32({2, 3}, {0, 1, 1, 2.0f / 3, 1, 0.5f})));
  EXPECT_TRUE(Near(OpTester("HSVToRGB").Input(F32({1, 3}, {0, 1, 1})).Run(), F32({1, 3}, {1, 0, 0})));
}

TEST(ColorSpace, RefusesOtherShapes) {
  EXPECT_TRUE(Fails(OpTester("RGBToHSV").Input(Zeros(DType::kFloat, {2, 4})).Run(), "3 components"));
  EXPECT_TRUE(Fails(OpTester("HSVToRGB").Input(Zeros(DType::kFloat, {})).Run()));
  EXPECT_TRUE(Fails(OpTester("AdjustContrastv2").Input(Zeros(DType::kFloat, {2, 4})).Input(F32({}, {1})).Run()));
}

TEST(AdjustContrast, LimitsAndRefuses) {
  const Tensor x = I32({1, 2, 1}, {0, 10});
  const auto adjust = [](const Tensor& images, const Tensor& factor, float low, float high) {
    return OpTester("AdjustContrast").Input(images).Input(factor).Input(F32({}, {low})).Input(F32({}, {high})).Run();
  };
  EXPECT_TRUE(Same(adjust(x, F32({}, {2}), -100, 100), F32({1, 2, 1}, {-5, 15})));
  EXPECT_TRUE(Same(adjust(x, F32({}, {2}), 0, 12), F32({1, 2, 1}, {0, 12})));
  EXPECT_TRUE(Fails(adjust(I32({2, 1}, {0, 10}), F32({}, {2}), 0, 1), "rank"));
  EXPECT_TRUE(Fails(adjust(x, F32({1}, {2}), 0, 1), "rank"));
}

}  // namespace
}  // namespace rivulet

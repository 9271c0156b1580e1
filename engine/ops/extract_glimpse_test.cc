#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Glimpse(const char* op, const Shape& image, const Tensor& size, const Tensor& offsets) {
  OpTester tester(op);
  tester.Attr("noise", "zero").Attr("uniform_noise", false).Budget(1 << 20);
  tester.Input(Zeros(DType::kFloat, image)).Input(size).Input(offsets);
  return tester;
}

TEST(ExtractGlimpse, SticksOut) {
  const Tensor image = F32({1, 2, 2, 1}, {1, 2, 3, 4});
  OpTester corner("ExtractGlimpseV2");
  corner.Attr("noise", "zero").Attr("uniform_noise", false).Attr("centered", false).Attr("normalized", false);
  EXPECT_TRUE(Same(corner.Input(image).Input(I32({2}, {2, 3})).Input(F32({1, 2}, {1, -1})).Run(),
                   F32({1, 2, 3, 1}, {0, 3, 4, 0, 0, 0})));
}

TEST(ExtractGlimpse, NoiseStaysWithinTheImage) {
  const Tensor image = F32({1, 2, 2, 1}, {1, 2, 3, 4});
  const auto out = OpTester("ExtractGlimpse").Input(image).Input(I32({2}, {9, 9})).Input(F32({1, 2}, {0, 0})).Run();
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  for (int64_t i = 0; i < 81; ++i) {
    EXPECT_GE((*out)[0].data<float>()[i], 1);
    EXPECT_LE((*out)[0].data<float>()[i], 4);
  }
}

TEST(ExtractGlimpse, RefusesOtherShapes) {
  const Tensor size = I32({2}, {2, 2}), place = F32({1, 2}, {0, 0});
  for (const char* op : {"ExtractGlimpse", "ExtractGlimpseV2"}) {
    EXPECT_TRUE(Fails(Glimpse(op, {2, 2, 1}, size, place).Run(), "rank"));
    EXPECT_TRUE(Fails(Glimpse(op, {1, 2, 2, 1}, I32({1}, {2}), place).Run(), "2 elements"));
    EXPECT_TRUE(Fails(Glimpse(op, {1, 2, 2, 1}, I32({2}, {2, -1}), place).Run(), "at least 0"));
    EXPECT_TRUE(Fails(Glimpse(op, {1, 2, 2, 1}, I32({2}, {2147483647, 2147483647}), place).Run()));
    EXPECT_TRUE(Fails(Glimpse(op, {1, 2, 2, 1}, size, Zeros(DType::kFloat, {2, 2})).Run(), "one row"));
    EXPECT_TRUE(Fails(Glimpse(op, {1, 2, 2, 1}, size, Zeros(DType::kFloat, {1, 3})).Run(), "offsets"));
    EXPECT_TRUE(Fails(Glimpse(op, {1, 2, 2, 1}, size, Zeros(DType::kFloat, {2})).Run(), "rank"));
    EXPECT_TRUE(Fails(Glimpse(op, {1, 2, 2, 1}, size, place).Attr("noise", "pink").Run(), "noise"));
    const auto loud = Glimpse(op, {1, 2, 2, 1}, size, place).Attr("noise", std::string(100000, '\n')).Run();
    EXPECT_TRUE(Fails(loud, "got '\\x0a"));
    EXPECT_LT(loud.status().message().size(), 1000u);
    EXPECT_TRUE(Fails(Glimpse(op, {1, 2, 2, 1}, size, place).Attr("uniform_noise", true).Run(), "uniform_noise"));
    for (const float y : {0.0f / 0.0f, 1.0f / 0.0f, -3e38f}) {
      EXPECT_TRUE(Same(Glimpse(op, {1, 2, 2, 1}, size, F32({1, 2}, {y, 0})).Run(), Zeros(DType::kFloat, {1, 2, 2, 1})));
    }
    EXPECT_TRUE(Glimpse(op, {1, 0, 2, 1}, size, place).Run().ok());
    EXPECT_TRUE(Glimpse(op, {1, 2, 2, 1}, I32({2}, {0, 3}), place).Run().ok());
  }
}

}  // namespace
}  // namespace rivulet

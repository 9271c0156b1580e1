#include <string>

#include "engine/ops/op_test_kit.h"
#include "engine/ops/uniform_quantized.h"

namespace rivulet {
namespace {

TEST(UniformQuantize, FixedPointAtItsEnds) {
  EXPECT_EQ(ToFixedPoint(1)->multiplier, 1 << 30);
  EXPECT_EQ(ToFixedPoint(1)->shift, 1);
  EXPECT_EQ(ToFixedPoint(1e-11)->multiplier, 0);
  EXPECT_EQ(ToFixedPoint(1e11)->shift, 30);
  EXPECT_EQ(ToFixedPoint(1 - 1e-12)->multiplier, 1 << 30);  // rounds up to a whole
  EXPECT_TRUE(Fails(ToFixedPoint(0), "finite ratio above 0"));
  EXPECT_EQ(Multiply(INT32_MIN, {INT32_MAX, 30}), INT32_MIN);
  EXPECT_EQ(Multiply(INT32_MAX, {INT32_MAX, 30}), INT32_MAX);
  EXPECT_EQ(Multiply(-1, {1 << 30, 0}), 0);  // half of a code goes up
  EXPECT_EQ(Multiply(INT32_MIN, {INT32_MAX, -31}), -1);
}

// As on x86: what is outside of 32 bits is the lowest, and zero points wrap around.
TEST(UniformQuantize, FloatsOutsideOfCodes) {
  EXPECT_EQ(ToCode(3e9f, 1, 0), INT32_MIN);
  EXPECT_EQ(ToCode(-3e9f, 1, 5), INT32_MIN + 5);
  EXPECT_EQ(ToCode(2147483520.0f, 1, 128), INT32_MIN);
  EXPECT_EQ(ToCode(-0.5f, 1, 0), 0);
}

TEST(UniformQuantize, CodesAreReadAsFloats) {
  EXPECT_EQ(ReadCode(16777217), 16777216);
  EXPECT_EQ(ReadCode(INT32_MAX), INT32_MIN);
  EXPECT_EQ(ReadCode(INT32_MAX - 64), INT32_MAX - 127);
}

// More elements than a piece has, so that pieces begin in the middle of a channel.
TEST(UniformQuantize, ChannelsAcrossPieces) {
  OpTester tester("UniformDequantize");
  Tensor codes = Zeros(DType::kQint8, {3, 5, 5000}), want = Zeros(DType::kFloat, {3, 5, 5000});
  for (int64_t i = 0; i < codes.num_elements(); ++i) {
    static_cast<int8_t*>(codes.raw())[i] = static_cast<int8_t>(i);
    want.data<float>()[i] = static_cast<float>(static_cast<int8_t>(i)) * static_cast<float>(i / 5000 % 5 + 1);
  }
  tester.Attr("quantization_axis", 1).Attr("quantization_min_val", -128).Attr("quantization_max_val", 127);
  tester.Attr("Tout", DType::kFloat).Input(codes).Input(F32({5}, {1, 2, 3, 4, 5})).Input(I32({5}, {0, 0, 0, 0, 0}));
  EXPECT_TRUE(Same(tester.Run(), want));
}

TEST(UniformQuantize, Refuses) {
  const auto tester = [](int64_t axis, const Tensor& scales, const Tensor& zeros) {
    OpTester made("UniformDequantize");
    made.Attr("quantization_axis", axis).Attr("quantization_min_val", -128).Attr("quantization_max_val", 127);
    return made.Attr("Tout", DType::kFloat).Input(I8({2}, {1, 2}).Retyped(DType::kQint8)).Input(scales).Input(zeros);
  };
  EXPECT_TRUE(Fails(tester(1, F32({2}, {1, 1}), I32({2}, {0, 0})).Run(), "want -1 or an axis of [2], got 1"));
  EXPECT_TRUE(Fails(tester(0, F32({1}, {1}), I32({2}, {0, 0})).Run(), "for each of 2, got 1"));
  EXPECT_TRUE(Fails(tester(-1, F32({}, {-1}), I32({}, {0})).Run(), "want all above 0, got -1"));
  EXPECT_TRUE(Fails(tester(-1, F32({}, {1}), I32({}, {0})).Attr("quantization_max_val", int64_t{1} << 31).Run(),
                    "want 32 bits"));
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

#include "engine/graph/graph.h"

namespace rivulet {
namespace {

Tensor Row(int64_t n) { return Zeros(DType::kFloat, {2, n}); }

TEST(FftOps, AskForWhatIsThere) {
  const auto run = [](int64_t n, int32_t length) {
    return OpTester("RFFT").Attr("Tcomplex", DType::kComplex64).Input(Row(n)).Input(I32({1}, {length})).Run();
  };
  EXPECT_TRUE(Same(run(3, 2), Zeros(DType::kComplex64, {2, 2})));
  EXPECT_TRUE(Same(run(3, 0), Zeros(DType::kComplex64, {2, 0})));
  EXPECT_TRUE(Fails(run(3, 4), "want 4 or more values on axis 1 for fft_length 4, got 3"));
  EXPECT_TRUE(Fails(run(0, 1), "want 1 or more"));
  EXPECT_TRUE(Fails(run(3, INT32_MIN), "fft_length"));
  EXPECT_TRUE(Fails(run(3, INT32_MAX), "fft_length"));
  const auto back = [](int64_t bins, int32_t length) {
    return OpTester("IRFFT").Input(Zeros(DType::kComplex64, {bins})).Input(I32({1}, {length})).Run();
  };
  EXPECT_TRUE(Same(back(3, 5), Zeros(DType::kFloat, {5})));
  EXPECT_TRUE(Fails(back(3, 6), "want 4 or more"));
  EXPECT_TRUE(Fails(back(3, INT32_MAX), "fft_length"));
}

TEST(FftOps, TypesBelongTogether) {
  EXPECT_TRUE(
      Fails(OpTester("RFFT").Attr("Tcomplex", DType::kComplex128).Input(Row(2)).Input(I32({1}, {2})).Run(), "float32"));
  EXPECT_TRUE(Fails(OpTester("FFT").Input(Row(2)).Run()));
}

TEST(FftOps, UnknownShapes) {
  EXPECT_EQ(OpTester("RFFT2D").Unknown(DType::kFloat, {-1, 5, 5}).ConstInput(I32({2}, {4, 5})).InferShape(), "[?,4,3]");
  EXPECT_EQ(OpTester("IRFFT").Unknown(DType::kComplex64, {2, 5}).Unknown(DType::kInt32, {1}).InferShape(), "[2,?]");
  EXPECT_EQ(OpTester("IRFFT").Unknown(DType::kComplex64).Unknown(DType::kInt32).InferShape(), "?");
  EXPECT_EQ(OpTester("FFT3D").Unknown(DType::kComplex64).InferShape(), "?");
  EXPECT_TRUE(Fails(OpTester("FFT3D").Unknown(DType::kComplex64, {-1, 2}).Infer(), "rank >= 3"));
}

TEST(FftOps, TablesAreWithinTheBudget) {
  EXPECT_TRUE(Fails(OpTester("FFT").Budget(1 << 16).Input(Zeros(DType::kComplex64, {4099})).Run(), "memory"));
}

}  // namespace
}  // namespace rivulet

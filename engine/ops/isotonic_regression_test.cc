#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Isotonic(const Tensor& input, DType output) {
  return OpTester("IsotonicRegression").Attr("output_dtype", output).Input(input);
}

TEST(IsotonicRegressionTest, NeighboursThatAscendGetTheirMean) {
  const auto got = Isotonic(F32({2, 4}, {5, 1, 3, 2, 1, 2, 3, 6}), DType::kFloat).Run();
  EXPECT_TRUE(Same(got, F32({2, 4}, {5, 2, 2, 2, 3, 3, 3, 3}), 0));
  EXPECT_TRUE(Same(got, I32({2, 4}, {0, 1, 1, 2, 0, 0, 0, 0}), 1));
}

TEST(IsotonicRegressionTest, SumsOfLargeNumbersAreDoubles) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(Same(Isotonic(I64({2}, {most - 1024, most}), DType::kDouble).Run(), F64({2}, {0x1p63, 0x1p63})));
}

TEST(IsotonicRegressionTest, RowsInPiecesAreIndependent) {
  OpTester one = Isotonic(Zeros(DType::kFloat, {9000, 2}), DType::kFloat);
  EXPECT_TRUE(Same(one.Threads(3).Run(), Zeros(DType::kFloat, {9000, 2})));
}

TEST(IsotonicRegressionTest, WhatIsWrong) {
  EXPECT_TRUE(Fails(Isotonic(F32({2}, {1, 2}), DType::kDouble).Run(), "want float32 for float32, got float64"));
  EXPECT_TRUE(Fails(Isotonic(U8({2}, {1, 2}), DType::kFloat).Run(), "uint8"));
  EXPECT_TRUE(Fails(Isotonic(Zeros(DType::kFloat, {1, 4096}), DType::kFloat).Budget(70000).Run(), "budget"));
}

}  // namespace
}  // namespace rivulet

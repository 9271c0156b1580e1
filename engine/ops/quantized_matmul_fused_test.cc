#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Multiply(const Shape& b, std::initializer_list<int32_t> bias, float highest) {
  OpTester tester("QuantizedMatMulWithBias");
  tester.Input(U8({1, 2}, {255, 255}).Retyped(DType::kQuint8)).Input(U8(b, {127, 127}).Retyped(DType::kQint8));
  tester.Input(I32({static_cast<int64_t>(bias.size())}, bias).Retyped(DType::kQint32));
  for (const float bound : {0.0f, highest, -1.0f, 1.0f}) tester.Input(F32({}, {bound}));
  return tester;
}

// Pairs of products do not fit into 16 bits.
TEST(QuantizedMatMulFused, SumsAreExact) {
  EXPECT_TRUE(Same(Multiply({2, 1}, {7}, 1).Run(), I32({1, 1}, {2 * 255 * 127 + 7}).Retyped(DType::kQint32)));
}

// A constant b is packed when the plan is made, a fed one in every run.
TEST(QuantizedMatMulFused, TakesAConstant) {
  OpTester tester("QuantizedMatMulWithBias");
  tester.Input(U8({1, 2}, {3, 5}).Retyped(DType::kQuint8));
  tester.ConstInput(I8({2, 2}, {-128, 7, 11, -1}).Retyped(DType::kQint8));
  tester.Input(I32({2}, {1, 2}).Retyped(DType::kQint32));
  for (const float bound : {0.0f, 1.0f, -1.0f, 1.0f}) tester.Input(F32({}, {bound}));
  EXPECT_TRUE(Same(tester.Run(), I32({1, 2}, {-3 * 128 + 55 + 1, 21 - 5 + 2}).Retyped(DType::kQint32)));
}

TEST(QuantizedMatMulFused, Refuses) {
  EXPECT_TRUE(Fails(Multiply({1, 2}, {7}, 1).Run(), "do not fit"));
  EXPECT_TRUE(Fails(Multiply({2, 1}, {7, 7}, 1).Run(), "bias: want one element for each of 1 columns, got 2"));
  EXPECT_TRUE(Fails(Multiply({2, 1}, {7}, 0).Run(), "not empty"));
  EXPECT_TRUE(Fails(Multiply({2, 1}, {7}, 1).Attr("transpose_b", true).Run(), "transpose_b: want false"));
}

}  // namespace
}  // namespace rivulet

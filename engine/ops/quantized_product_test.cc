#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Multiply(const Shape& b) {
  OpTester tester("QuantizedMatMul");
  tester.Input(U8({1, 2}, {2, 3}).Retyped(DType::kQuint8))
      .ConstInput(U8(b, {5, 7}).Retyped(DType::kQuint8))
      .Input(F32({}, {0}))
      .Input(F32({}, {1}))
      .Input(F32({}, {0}))
      .Input(F32({}, {1}));
  return tester;
}

TEST(QuantizedProduct, SumsProducts) {
  EXPECT_TRUE(Same(Multiply({2, 1}).Run(), I32({1, 1}, {31}).Retyped(DType::kQint32)));
  EXPECT_TRUE(Same(Multiply({1, 2}).Attr("transpose_b", true).Run(), I32({1, 1}, {31}).Retyped(DType::kQint32)));
  EXPECT_TRUE(Fails(Multiply({1, 2}).Run(), "do not fit"));
}

// The code of 0 in the range [1, 2] is -255.
TEST(QuantizedProduct, ZeroMayLieOutsideOfTheRange) {
  OpTester tester("QuantizedMatMul");
  tester.Input(U8({1, 2}, {2, 3}).Retyped(DType::kQuint8)).Input(U8({2, 1}, {5, 7}).Retyped(DType::kQuint8));
  for (const float bound : {1.0f, 2.0f, 0.0f, 1.0f}) tester.Input(F32({}, {bound}));
  EXPECT_TRUE(Same(tester.Run(), I32({1, 1}, {(2 + 255) * 5 + (3 + 255) * 7}).Retyped(DType::kQint32)));
}

}  // namespace
}  // namespace rivulet

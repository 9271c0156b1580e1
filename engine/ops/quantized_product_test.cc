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

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(Dequantize, SpreadsTheRange) {
  const Tensor codes = U8({2}, {0, 255}).Retyped(DType::kQuint8);
  EXPECT_TRUE(
      Near(OpTester("Dequantize").Input(codes).Input(F32({}, {-1})).Input(F32({}, {4})).Run(), F32({2}, {-1, 4})));
  EXPECT_TRUE(Fails(
      OpTester("Dequantize").Attr("axis", 1).Input(codes).Input(F32({1}, {-1})).Input(F32({1}, {4})).Run(), "axis"));
  EXPECT_TRUE(Fails(
      OpTester("Dequantize").Attr("axis", 0).Input(codes).Input(F32({1}, {-1})).Input(F32({1}, {4})).Run(), "axis"));
}

}  // namespace
}  // namespace rivulet

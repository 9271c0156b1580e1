#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(QuantizedActivation, CutsBelowZero) {
  const Tensor codes = U8({2}, {0, 255}).Retyped(DType::kQuint8);
  EXPECT_TRUE(Same(OpTester("QuantizedRelu").Input(codes).Input(F32({}, {-1})).Input(F32({}, {254})).Run(),
                   U8({2}, {1, 255}).Retyped(DType::kQuint8)));
  EXPECT_TRUE(Fails(OpTester("QuantizedRelu").Input(codes).Input(F32({}, {1})).Input(F32({}, {0})).Run(), "range"));
  EXPECT_TRUE(
      Fails(OpTester("QuantizedRelu").Input(codes).Input(F32({1}, {1})).Input(F32({}, {0})).Run(), "want rank 0"));
}

}  // namespace
}  // namespace rivulet

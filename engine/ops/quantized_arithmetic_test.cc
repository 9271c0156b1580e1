#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(QuantizedArithmetic, MultipliesCodes) {
  const Tensor codes = U8({2}, {0, 255}).Retyped(DType::kQuint8);
  const auto multiply = [&](float high) {
    return OpTester("QuantizedMul")
        .Input(codes)
        .Input(codes)
        .Input(F32({}, {0}))
        .Input(F32({}, {high}))
        .Input(F32({}, {0}))
        .Input(F32({}, {1}))
        .Run();
  };
  EXPECT_TRUE(Same(multiply(1), I32({2}, {0, 65025}).Retyped(DType::kQint32)));
  EXPECT_TRUE(Fails(multiply(0), "range"));
}

}  // namespace
}  // namespace rivulet

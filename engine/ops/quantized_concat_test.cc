#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(QuantizedConcat, ChecksTheAxis) {
  const Tensor codes = U8({1}, {255}).Retyped(DType::kQuint8);
  const auto join = [&](int32_t axis) {
    return OpTester("QuantizedConcat")
        .Attr("N", 2)
        .Input(I32({}, {axis}))
        .Input(codes)
        .Input(codes)
        .Input(F32({}, {0}))
        .Input(F32({}, {0}))
        .Input(F32({}, {1}))
        .Input(F32({}, {1}))
        .Run();
  };
  EXPECT_TRUE(Same(join(0), U8({2}, {255, 255}).Retyped(DType::kQuint8)));
  EXPECT_TRUE(Fails(join(1), "concat_dim"));
  EXPECT_TRUE(Fails(join(-1), "concat_dim"));
}

}  // namespace
}  // namespace rivulet

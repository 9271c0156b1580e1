#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(QuantizeAndDequantize, ChecksBits) {
  const auto round = [](int32_t bits) {
    return OpTester("QuantizeAndDequantizeV3")
        .Input(F32({2}, {0.6f, 4}))
        .Input(F32({}, {-4}))
        .Input(F32({}, {3}))
        .Input(I32({}, {bits}))
        .Run();
  };
  EXPECT_TRUE(Same(round(3), F32({2}, {1, 3})));
  EXPECT_TRUE(round(61).ok());
  EXPECT_TRUE(Fails(round(62), "num_bits"));
  EXPECT_TRUE(Fails(round(-2147483647), "num_bits"));
}

}  // namespace
}  // namespace rivulet

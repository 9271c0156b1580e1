#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(QuantizedResizeBilinear, MixesCodes) {
  const Tensor x = U8({1, 1, 2, 1}, {0, 4}).Retyped(DType::kQuint8);
  const auto resize = [&](int32_t width) {
    return OpTester("QuantizedResizeBilinear")
        .Input(x)
        .Input(I32({2}, {1, width}))
        .Input(F32({}, {0}))
        .Input(F32({}, {1}))
        .Run();
  };
  EXPECT_TRUE(Same(resize(4), U8({1, 1, 4, 1}, {0, 2, 4, 4}).Retyped(DType::kQuint8)));
  EXPECT_TRUE(Fails(resize(0), "size"));
}

}  // namespace
}  // namespace rivulet

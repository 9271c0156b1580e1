#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(QuantizedPool, CutsMeans) {
  const auto pool = [](int64_t k) {
    return OpTester("QuantizedAvgPool")
        .Attr("ksize", {int64_t{1}, int64_t{1}, k, int64_t{1}})
        .Attr("strides", {int64_t{1}, int64_t{1}, int64_t{1}, int64_t{1}})
        .Attr("padding", "VALID")
        .Input(U8({1, 1, 2, 1}, {1, 2}).Retyped(DType::kQuint8))
        .Input(F32({}, {0}))
        .Input(F32({}, {1}))
        .Run();
  };
  EXPECT_TRUE(Same(pool(2), U8({1, 1, 1, 1}, {1}).Retyped(DType::kQuint8)));
  EXPECT_TRUE(Fails(pool(0)));
}

}  // namespace
}  // namespace rivulet

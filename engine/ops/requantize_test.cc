#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(Requantize, FindsTheUsedRange) {
  const Tensor codes = I32({2}, {0, 2147483647}).Retyped(DType::kQint32);
  EXPECT_TRUE(Near(OpTester("RequantizationRange").Input(codes).Input(F32({}, {-1})).Input(F32({}, {1})).Run(),
                   F32({}, {1}), 1));
  EXPECT_TRUE(
      Fails(OpTester("RequantizationRange").Input(codes).Input(F32({}, {2})).Input(F32({}, {1})).Run(), "range"));
}

TEST(Requantize, TakesExtremeRanges) {
  const Tensor codes = I32({2}, {-2147483647 - 1, 2147483647}).Retyped(DType::kQint32);
  EXPECT_TRUE(OpTester("Requantize")
                  .Attr("out_type", DType::kQuint8)
                  .Input(codes)
                  .Input(F32({}, {-3e38f}))
                  .Input(F32({}, {3e38f}))
                  .Input(F32({}, {0}))
                  .Input(F32({}, {1e-38f}))
                  .Run()
                  .ok());
}

}  // namespace
}  // namespace rivulet

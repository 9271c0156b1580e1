#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(QuantizedNorm, RefusesBadRanges) {
  const Tensor x = U8({1, 1, 2, 1}, {0, 255}).Retyped(DType::kQuint8);
  EXPECT_TRUE(Same(OpTester("QuantizedInstanceNorm").Input(x).Input(F32({}, {0})).Input(F32({}, {1})).Run(), x));
  EXPECT_TRUE(Fails(OpTester("QuantizedInstanceNorm").Input(x).Input(F32({}, {1})).Input(F32({}, {0})).Run(), "range"));
  EXPECT_TRUE(Fails(OpTester("QuantizedInstanceNorm")
                        .Attr("output_range_given", true)
                        .Input(x)
                        .Input(F32({}, {0}))
                        .Input(F32({}, {1}))
                        .Run(),
                    "given_y_min"));
}

}  // namespace
}  // namespace rivulet

#include <cmath>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Quantize(const Tensor& x, float low, float high) {
  OpTester tester("QuantizeV2");
  tester.Attr("T", DType::kQuint8).Input(x).Input(F32({}, {low})).Input(F32({}, {high}));
  return tester;
}

TEST(Quantize, SpreadsTheRange) {
  EXPECT_TRUE(Same(Quantize(F32({3}, {0, 1, 300}), 0, 255).Run(), U8({3}, {0, 1, 255}).Retyped(DType::kQuint8)));
}

TEST(Quantize, TakesNanAndInfinity) {
  EXPECT_TRUE(
      Same(Quantize(F32({3}, {NAN, INFINITY, -INFINITY}), 0, 255).Run(), U8({3}, {0, 255, 0}).Retyped(DType::kQuint8)));
}

TEST(Quantize, RefusesBadRanges) {
  EXPECT_TRUE(Fails(Quantize(F32({1}, {0}), 2, 1).Run(), "range"));
  EXPECT_TRUE(Fails(Quantize(F32({1}, {0}), NAN, 1).Run(), "range"));
  EXPECT_TRUE(Fails(Quantize(F32({1}, {0}), 0, 1).Attr("axis", 1).Run(), "axis"));
  EXPECT_TRUE(Fails(Quantize(F32({1}, {0}), 0, 1).Attr("axis", -2).Run(), "axis"));
}

}  // namespace
}  // namespace rivulet

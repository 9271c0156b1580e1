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

TEST(Quantize, RoundsHalvesAsToldTo) {
  OpTester tester("QuantizeV2");
  tester.Attr("T", DType::kQint8).Attr("mode", "SCALED").Attr("narrow_range", true);
  tester.Input(F32({6}, {0.5, 1.5, 2.5, -0.5, -1.5, -2.5})).Input(F32({}, {-127})).Input(F32({}, {127}));
  EXPECT_TRUE(Same(OpTester(tester).Attr("round_mode", "HALF_TO_EVEN").Run(),
                   I8({6}, {0, 2, 2, 0, -2, -2}).Retyped(DType::kQint8)));
  EXPECT_TRUE(Same(OpTester(tester).Attr("round_mode", "HALF_AWAY_FROM_ZERO").Run(),
                   I8({6}, {1, 2, 3, -1, -2, -3}).Retyped(DType::kQint8)));
}

}  // namespace
}  // namespace rivulet

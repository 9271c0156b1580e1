#include <cstdint>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ArithmeticUnaryTest, LowestIntegers) {
  for (const char* op : {"Abs", "Neg"}) {
    EXPECT_TRUE(Same(OpTester(op).Input(I8({1}, {-128})).Run(), I8({1}, {-128})));
    EXPECT_TRUE(Same(OpTester(op).Input(I32({1}, {INT32_MIN})).Run(), I32({1}, {INT32_MIN})));
    EXPECT_TRUE(Same(OpTester(op).Input(I64({1}, {INT64_MIN})).Run(), I64({1}, {INT64_MIN})));
  }
  EXPECT_TRUE(Same(OpTester("Square").Input(I32({2}, {INT32_MIN, 65537})).Run(), I32({2}, {0, 131073})));
}

TEST(ArithmeticUnaryTest, RoundsHalvesToEven) {
  const Tensor x = F64({6}, {0.5, 1.5, 2.5, -0.5, -1.5, -2.5});
  EXPECT_TRUE(Near(OpTester("Round").Input(x).Run(), F64({6}, {0, 2, 2, 0, -2, -2})));
  EXPECT_TRUE(Near(OpTester("Rint").Input(x).Run(), F64({6}, {0, 2, 2, 0, -2, -2})));
  EXPECT_TRUE(Same(OpTester("Round").Input(I32({2}, {7, -3})).Run(), I32({2}, {7, -3})));
}

TEST(ArithmeticUnaryTest, SignOfNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Same(OpTester("Sign").Input(F16({3}, {nan, -3, 2})).Run(), F16({3}, {nan, -1, 1})));
  EXPECT_TRUE(Near(OpTester("Sign").Input(C64({2}, {{3, 4}, {0, 0}})).Run(), C64({2}, {{0.6f, 0.8f}, {0, 0}})));
}

TEST(ArithmeticUnaryTest, RefusesOtherDtypes) {
  EXPECT_TRUE(Fails(OpTester("Sqrt").Input(I32({1}, {4})).Run(), "int32"));
  EXPECT_TRUE(Fails(OpTester("Abs").Input(C64({1}, {{1, 1}})).Run(), "complex64"));
}

}  // namespace
}  // namespace rivulet

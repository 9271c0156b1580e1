#include <cstdint>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(BitsTest, ShiftsOfAnyCount) {
  const Tensor counts = I32({5}, {INT32_MIN, -1, 31, 32, INT32_MAX});
  EXPECT_TRUE(Same(OpTester("LeftShift").Input(I32({}, {-3})).Input(counts).Run(),
                   I32({5}, {-3, -3, INT32_MIN, INT32_MIN, INT32_MIN})));
  EXPECT_TRUE(Same(OpTester("RightShift").Input(I32({}, {-3})).Input(counts).Run(), I32({5}, {-3, -3, -1, -1, -1})));
  EXPECT_TRUE(Same(OpTester("RightShift").Input(U64({}, {UINT64_MAX})).Input(U64({2}, {63, UINT64_MAX})).Run(),
                   U64({2}, {1, 1})));
  EXPECT_TRUE(Same(OpTester("LeftShift").Input(I8({1}, {-128})).Input(I8({1}, {1})).Run(), I8({1}, {0})));
}

// A file may hold any byte where a bool is meant.
TEST(BitsTest, BoolsOfOddBytes) {
  const Tensor odd = U8({3}, {0, 2, 255}).Retyped(DType::kBool);
  EXPECT_TRUE(Same(OpTester("LogicalNot").Input(odd).Run(), Bools({3}, {true, false, false})));
  EXPECT_TRUE(Same(OpTester("LogicalAnd").Input(odd).Input(Bools({}, {true})).Run(), Bools({3}, {false, true, true})));
  EXPECT_TRUE(Same(OpTester("LogicalOr").Input(odd).Input(Bools({}, {false})).Run(), Bools({3}, {false, true, true})));
}

TEST(BitsTest, Population) {
  EXPECT_TRUE(Same(OpTester("PopulationCount").Input(I64({3}, {-1, 0, INT64_MIN})).Run(), U8({3}, {64, 0, 1})));
  EXPECT_TRUE(Same(OpTester("PopulationCount").Input(I8({1}, {-1})).Run(), U8({1}, {8})));
  EXPECT_TRUE(Same(OpTester("Invert").Input(U16({1}, {1})).Run(), U16({1}, {65534})));
}

TEST(BitsTest, TestsOfFloats) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = F64({4}, {1, nan, inf, -inf});
  EXPECT_TRUE(Same(OpTester("IsNan").Input(x).Run(), Bools({4}, {false, true, false, false})));
  EXPECT_TRUE(Same(OpTester("IsInf").Input(x).Run(), Bools({4}, {false, false, true, true})));
  EXPECT_TRUE(Same(OpTester("IsFinite").Input(x).Run(), Bools({4}, {true, false, false, false})));
}

}  // namespace
}  // namespace rivulet

#include <cstdint>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(DivisionTest, LowestByMinusOne) {
  for (const char* op : {"Div", "TruncateDiv", "FloorDiv"}) {
    EXPECT_TRUE(Same(OpTester(op).Input(I32({1}, {INT32_MIN})).Input(I32({}, {-1})).Run(), I32({1}, {INT32_MIN})))
        << op;
    EXPECT_TRUE(Same(OpTester(op).Input(I64({1}, {INT64_MIN})).Input(I64({}, {-1})).Run(), I64({1}, {INT64_MIN})))
        << op;
    EXPECT_TRUE(Same(OpTester(op).Input(I8({1}, {-128})).Input(I8({}, {-1})).Run(), I8({1}, {-128}))) << op;
  }
  for (const char* op : {"Mod", "TruncateMod", "FloorMod"}) {
    EXPECT_TRUE(Same(OpTester(op).Input(I64({1}, {INT64_MIN})).Input(I64({}, {-1})).Run(), I64({1}, {0}))) << op;
  }
}

TEST(DivisionTest, ByZero) {
  for (const char* op : {"Div", "TruncateDiv", "FloorDiv", "Mod", "TruncateMod", "FloorMod"}) {
    EXPECT_TRUE(Fails(OpTester(op).Input(I32({2}, {1, 2})).Input(I32({2}, {1, 0})).Run(), "Integer division by zero"))
        << op;
  }
  EXPECT_TRUE(Fails(OpTester("FloorMod").Input(U8({1}, {1})).Input(U8({1}, {0})).Run(), "Integer division by zero"));
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(
      Same(OpTester("FloorDiv").Input(F64({3}, {1, -1, 0})).Input(F64({}, {0})).Run(), F64({3}, {inf, -inf, nan})));
  EXPECT_TRUE(Same(OpTester("DivNoNan").Input(F64({2}, {1, nan})).Input(F64({}, {0})).Run(), F64({2}, {0, 0})));
}

TEST(DivisionTest, Signs) {
  const Tensor x = I32({4}, {7, -7, 7, -7}), y = I32({4}, {3, 3, -3, -3});
  EXPECT_TRUE(Same(OpTester("TruncateDiv").Input(x).Input(y).Run(), I32({4}, {2, -2, -2, 2})));
  EXPECT_TRUE(Same(OpTester("FloorDiv").Input(x).Input(y).Run(), I32({4}, {2, -3, -3, 2})));
  EXPECT_TRUE(Same(OpTester("TruncateMod").Input(x).Input(y).Run(), I32({4}, {1, -1, 1, -1})));
  EXPECT_TRUE(Same(OpTester("FloorMod").Input(x).Input(y).Run(), I32({4}, {1, 2, -2, -1})));
}

// The quotient of bfloat16 numbers is rounded to bfloat16 before it is rounded down.
TEST(DivisionTest, RoundsTwice) {
  EXPECT_TRUE(Same(OpTester("FloorDiv").Input(BF16({1}, {7})).Input(BF16({1}, {0.1f})).Run(), BF16({1}, {70})));
  EXPECT_TRUE(Same(OpTester("FloorDiv").Input(F32({1}, {7})).Input(F32({1}, {0.1f})).Run(), F32({1}, {70})));
}

TEST(DivisionTest, ComplexWithoutOverflow) {
  EXPECT_TRUE(Near(OpTester("RealDiv").Input(C64({1}, {{1e30f, 1e30f}})).Input(C64({1}, {{1e30f, -1e30f}})).Run(),
                   C64({1}, {{0, 1}})));
}

}  // namespace
}  // namespace rivulet

#include <cstdint>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(PowerTest, Integers) {
  EXPECT_TRUE(Same(OpTester("Pow").Input(I32({4}, {2, -3, 0, 7})).Input(I32({4}, {10, 3, 0, INT32_MAX})).Run(),
                   I32({4}, {1024, -27, 1, -1227133513})));
  EXPECT_TRUE(Same(OpTester("Pow").Input(I8({1}, {2})).Input(I8({1}, {8})).Run(), I8({1}, {0})));
  EXPECT_TRUE(
      Fails(OpTester("Pow").Input(I64({1}, {1})).Input(I64({1}, {INT64_MIN})).Run(), "negative integer powers"));
}

TEST(PowerTest, ZeroTimesAnything) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const char* op : {"Xdivy", "Xlogy", "Xlog1py"}) {
    EXPECT_TRUE(Same(OpTester(op).Input(F32({}, {0})).Input(F32({3}, {0, -5, nan})).Run(), F32({3}, {0, 0, 0}))) << op;
  }
}

TEST(PowerTest, NextAfter) {
  EXPECT_TRUE(Same(OpTester("NextAfter").Input(F32({3}, {1, 0, 1})).Input(F32({3}, {2, -1, 1})).Run(),
                   F32({3}, {1.00000012f, -std::numeric_limits<float>::denorm_min(), 1})));
}

}  // namespace
}  // namespace rivulet

#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(NthElementTest, EveryPlace) {
  for (int32_t n = 0; n < 5; ++n) {
    EXPECT_TRUE(
        Same(OpTester("NthElement").Input(I64({5}, {40, 0, 30, 10, 20})).Input(I32({}, {n})).Run(), I64({}, {n * 10})));
    EXPECT_TRUE(Same(
        OpTester("NthElement").Attr("reverse", true).Input(I64({5}, {40, 0, 30, 10, 20})).Input(I32({}, {n})).Run(),
        I64({}, {40 - n * 10})));
  }
}

TEST(NthElementTest, NanIsLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(
      Same(OpTester("NthElement").Input(F32({5}, {nan, 2, nan, 1, 3})).Input(I32({}, {2})).Run(), F32({}, {3})));
  EXPECT_TRUE(
      Same(OpTester("NthElement").Input(F32({5}, {nan, 2, nan, 1, 3})).Input(I32({}, {3})).Run(), F32({}, {nan})));
}

TEST(NthElementTest, Errors) {
  for (const int32_t n : {2, -1, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    EXPECT_TRUE(Fails(OpTester("NthElement").Input(F32({2}, {1, 2})).Input(I32({}, {n})).Run(), "n: want"));
  }
  EXPECT_TRUE(Fails(OpTester("NthElement").Input(F32({}, {1})).Input(I32({}, {0})).Run()));
  EXPECT_TRUE(Fails(OpTester("NthElement").Input(Zeros(DType::kFloat, {3, 0})).Input(I32({}, {0})).Run()));
}

TEST(NthElementTest, UnknownShapes) {
  EXPECT_EQ(OpTester("NthElement").Unknown(DType::kFloat, {-1, 3, -1}).Unknown(DType::kInt32).InferShape(), "[?,3]");
}

}  // namespace
}  // namespace rivulet

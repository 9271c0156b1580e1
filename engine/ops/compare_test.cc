#include <cstdint>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(CompareTest, ShapesThatDoNotBroadcast) {
  const Tensor x = F32({2}, {1, 2}), y = F32({3}, {1, 2, 3});
  EXPECT_TRUE(Fails(OpTester("Equal").Input(x).Input(y).Run(), "broadcast"));
  EXPECT_TRUE(
      Same(OpTester("Equal").Attr("incompatible_shape_error", false).Input(x).Input(y).Run(), Bools({}, {false})));
  EXPECT_TRUE(
      Same(OpTester("NotEqual").Attr("incompatible_shape_error", false).Input(x).Input(y).Run(), Bools({}, {true})));
  EXPECT_EQ(OpTester("Equal")
                .Attr("incompatible_shape_error", false)
                .Unknown(DType::kFloat, {-1})
                .Unknown(DType::kFloat, {3})
                .InferShape(),
            "?");
  EXPECT_EQ(OpTester("Equal").Unknown(DType::kFloat, {-1}).Unknown(DType::kFloat, {3}).InferShape(), "[3]");
}

TEST(CompareTest, NanIsEqualToNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Same(OpTester("Equal").Input(BF16({1}, {nan})).Input(BF16({1}, {nan})).Run(), Bools({1}, {false})));
  EXPECT_TRUE(Same(OpTester("NotEqual").Input(F32({1}, {nan})).Input(F32({1}, {nan})).Run(), Bools({1}, {true})));
  EXPECT_TRUE(Same(OpTester("LessEqual").Input(F32({1}, {nan})).Input(F32({1}, {nan})).Run(), Bools({1}, {false})));
}

TEST(CompareTest, Signs) {
  EXPECT_TRUE(
      Same(OpTester("Less").Input(I64({2}, {-1, INT64_MIN})).Input(I64({}, {0})).Run(), Bools({2}, {true, true})));
  EXPECT_TRUE(
      Same(OpTester("Less").Input(U64({2}, {UINT64_MAX, 0})).Input(U64({}, {1})).Run(), Bools({2}, {false, true})));
}

TEST(CompareTest, BoolsOfOddBytesAndStrings) {
  const Tensor odd = U8({3}, {0, 2, 255}).Retyped(DType::kBool);
  EXPECT_TRUE(Same(OpTester("Equal").Input(odd).Input(Bools({}, {true})).Run(), Bools({3}, {false, true, true})));
  EXPECT_TRUE(Same(OpTester("NotEqual").Input(odd).Input(Bools({}, {true})).Run(), Bools({3}, {true, false, false})));
  EXPECT_TRUE(Same(OpTester("Equal").Input(Strings({2, 1}, {"a", ""})).Input(Strings({2}, {"a", ""})).Run(),
                   Bools({2, 2}, {true, false, false, true})));
}

TEST(CompareTest, ApproximateEqual) {
  EXPECT_TRUE(Same(OpTester("ApproximateEqual")
                       .Attr("tolerance", 0.5f)
                       .Input(F32({3}, {1, 1, 1}))
                       .Input(F32({3}, {1.5f, 1.6f, 0.5f}))
                       .Run(),
                   Bools({3}, {true, false, true})));
  EXPECT_TRUE(Fails(OpTester("ApproximateEqual").Input(F32({2}, {1, 2})).Input(F32({}, {1})).Run(), "ranks"));
}

}  // namespace
}  // namespace rivulet

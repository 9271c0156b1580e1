#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(InTopKTest, TargetsThatAreNoClass) {
  for (const int64_t target :
       {int64_t{2}, int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(Same(
        OpTester("InTopKV2").Input(F32({2, 2}, {1, 2, 1, 2})).Input(I64({2}, {1, target})).Input(I64({}, {2})).Run(),
        Bools({2}, {true, false})));
  }
}

TEST(InTopKTest, AnyK) {
  for (const int64_t k : {int64_t{INT32_MIN}, int64_t{0}, int64_t{INT32_MAX}}) {
    EXPECT_TRUE(Same(OpTester("InTopK").Attr("k", k).Input(F32({1, 2}, {1, 2})).Input(I32({1}, {0})).Run(),
                     Bools({1}, {k > 0})));
  }
}

TEST(InTopKTest, ErrorsAndUnknownShapes) {
  EXPECT_TRUE(Fails(OpTester("InTopK").Attr("k", 1).Input(F32({2, 1}, {1, 2})).Input(I32({1}, {0})).Run(), "targets"));
  EXPECT_TRUE(Fails(OpTester("InTopK").Attr("k", 1).Input(F32({2}, {1, 2})).Input(I32({1}, {0})).Run()));
  EXPECT_EQ(OpTester("InTopK").Attr("k", 1).Unknown(DType::kFloat).Unknown(DType::kInt32, {3}).InferShape(), "[3]");
}

}  // namespace
}  // namespace rivulet

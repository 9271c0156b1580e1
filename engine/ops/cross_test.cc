#include "engine/ops/op_test_kit.h"

#include <cstdint>

namespace rivulet {
namespace {

TEST(CrossTest, Products) {
  EXPECT_TRUE(
      Same(OpTester("Cross").Input(F32({3}, {1, 2, 3})).Input(F32({3}, {4, 5, 7})).Run(), F32({3}, {-1, 5, -3})));
  EXPECT_TRUE(Same(OpTester("Cross").Input(I32({3}, {INT32_MIN, INT32_MAX, 0})).Input(I32({3}, {2, -3, 0})).Run(),
                   I32({3}, {0, 0, INT32_MIN + 2})));
}

TEST(CrossTest, Errors) {
  EXPECT_TRUE(Fails(OpTester("Cross").Input(F32({}, {1})).Input(F32({}, {1})).Run(), "rank >= 1"));
  EXPECT_TRUE(Fails(OpTester("Cross").Input(F32({2}, {1, 2})).Input(F32({2}, {1, 2})).Run(), "3 elements"));
  EXPECT_TRUE(Fails(OpTester("Cross").Input(Zeros(DType::kFloat, {3, 0})).Input(Zeros(DType::kFloat, {3, 0})).Run(),
                    "3 elements"));
  EXPECT_TRUE(
      Fails(OpTester("Cross").Input(Zeros(DType::kFloat, {2, 3})).Input(Zeros(DType::kFloat, {3})).Run(), "ranks"));
}

}  // namespace
}  // namespace rivulet

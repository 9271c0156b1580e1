#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(WhereTest, Coordinates) {
  EXPECT_TRUE(
      Same(OpTester("Where").Input(Bools({2, 2}, {false, true, true, false})).Run(), I64({2, 2}, {0, 1, 1, 0})));
  EXPECT_TRUE(Same(OpTester("Where").Input(C64({3}, {{0, 0}, {0, 1}, {-0.0f, 0}})).Run(), I64({1, 1}, {1})));
  EXPECT_TRUE(Same(OpTester("Where").Input(Zeros(DType::kInt8, {3, 0, 2})).Run(), I64({0, 3}, {})));
}

TEST(WhereTest, Errors) {
  EXPECT_TRUE(Fails(OpTester("Where").Input(Bools({}, {true})).Run()));
  EXPECT_TRUE(Fails(OpTester("Where").Budget(1000).Input(Make<int8_t>({4}, {1, 1, 1, 1})).Input(I32({}, {0})).Run()));
  std::vector<int8_t> ones(100000, 1);
  EXPECT_TRUE(Fails(OpTester("Where").Budget(100000).Input(Tensor::Of<int8_t>({100000}, ones)).Run()));
}

TEST(WhereTest, UnknownShapes) {
  EXPECT_EQ(OpTester("Where").Unknown(DType::kBool, {-1, 2, 3}).InferShape(), "[?,3]");
  EXPECT_EQ(OpTester("Where").Unknown(DType::kBool).InferShape(), "[?,?]");
}

}  // namespace
}  // namespace rivulet

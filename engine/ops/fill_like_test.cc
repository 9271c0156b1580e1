#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(FillLikeTest, Values) {
  EXPECT_TRUE(Same(OpTester("OnesLike").Input(F16({2}, {5, 6})).Run(), F16({2}, {1, 1})));
  EXPECT_TRUE(Same(OpTester("OnesLike").Input(C128({1}, {{5, 6}})).Run(), C128({1}, {{1, 0}})));
  EXPECT_TRUE(Same(OpTester("OnesLike").Input(Bools({2}, {false, true})).Run(), Bools({2}, {true, true})));
  EXPECT_TRUE(Same(OpTester("ZerosLike").Input(Strings({2}, {"a", "b"})).Run(), Strings({2}, {"", ""})));
  EXPECT_TRUE(Fails(OpTester("OnesLike").Input(Strings({1}, {"a"})).Run(), "string"));
}

// A shape made of ones is known before its model is.
TEST(FillLikeTest, KnownWithoutTheInput) {
  const auto facts = OpTester("OnesLike").Unknown(DType::kInt32, {2}).Infer();
  ASSERT_TRUE(facts.ok());
  ASSERT_TRUE((*facts)[0].value.valid());
  EXPECT_TRUE(Same((*facts)[0].value, I32({2}, {1, 1})));
  const auto unknown = OpTester("OnesLike").Unknown(DType::kInt32, {-1}).Infer();
  ASSERT_TRUE(unknown.ok());
  EXPECT_FALSE((*unknown)[0].value.valid());
  const auto empty = OpTester("ZerosLike").Unknown(DType::kInt64, {0, int64_t{1} << 62}).Infer();
  EXPECT_TRUE(empty.ok());
}

}  // namespace
}  // namespace rivulet

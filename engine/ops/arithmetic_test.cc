#include <cstdint>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ArithmeticTest, IntegersWrapAround) {
  EXPECT_TRUE(Same(OpTester("AddV2").Input(I32({2}, {INT32_MAX, INT32_MIN})).Input(I32({2}, {1, -1})).Run(),
                   I32({2}, {INT32_MIN, INT32_MAX})));
  EXPECT_TRUE(Same(OpTester("Mul").Input(I64({2}, {INT64_MIN, INT64_MAX})).Input(I64({2}, {-1, 2})).Run(),
                   I64({2}, {INT64_MIN, -2})));
  EXPECT_TRUE(Same(OpTester("Mul").Input(U16({1}, {65535})).Input(U16({1}, {65535})).Run(), U16({1}, {1})));
  EXPECT_TRUE(Same(OpTester("Sub").Input(I8({1}, {-128})).Input(I8({1}, {1})).Run(), I8({1}, {127})));
  EXPECT_TRUE(Same(OpTester("SquaredDifference").Input(I32({1}, {INT32_MIN})).Input(I32({1}, {INT32_MAX})).Run(),
                   I32({1}, {1})));
}

TEST(ArithmeticTest, NanWinsInMaximum) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const char* op : {"Maximum", "Minimum"}) {
    EXPECT_TRUE(Same(OpTester(op).Input(F32({2}, {nan, 1})).Input(F32({2}, {1, nan})).Run(), F32({2}, {nan, nan})));
    EXPECT_TRUE(Same(OpTester(op).Input(F64({2}, {nan, 1})).Input(F64({2}, {1, nan})).Run(), F64({2}, {nan, nan})));
  }
}

TEST(ArithmeticTest, JoinsStrings) {
  EXPECT_TRUE(Same(OpTester("Add").Input(Strings({2, 1}, {"a", "b"})).Input(Strings({2}, {"x", ""})).Run(),
                   Strings({2, 2}, {"ax", "a", "bx", "b"})));
  EXPECT_TRUE(Fails(OpTester("AddV2").Input(Strings({1}, {"a"})).Input(Strings({1}, {"b"})).Run(), "string"));
}

TEST(ArithmeticTest, RefusesTextWithoutEnd) {
  const std::string long_text(1 << 20, 'x');
  const Tensor one = Tensor::Of<std::string>({1}, std::span<const std::string>(&long_text, 1));
  auto many = Tensor::Allocate(DType::kString, {4096}, *Allocator::Create());
  ASSERT_TRUE(many.ok());
  const auto got = OpTester("Add").Input(one).Input(*many).Run();
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.status().code(), Code::kResourceExhausted);
}

TEST(ArithmeticTest, MulNoNan) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(Same(OpTester("MulNoNan").Input(F32({3}, {inf, 2, inf})).Input(F32({3}, {0, 3, 1})).Run(),
                   F32({3}, {0, 6, inf})));
}

}  // namespace
}  // namespace rivulet

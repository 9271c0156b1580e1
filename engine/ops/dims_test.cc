#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/dims.h"

namespace rivulet {
namespace {

TEST(Dims, ReadsIntegersOfEveryWidth) {
  const std::vector<int64_t> want{-3, 7};
  EXPECT_EQ(ReadIntegers(I8({2}, {-3, 7})), want);
  EXPECT_EQ(ReadIntegers(I16({2}, {-3, 7})), want);
  EXPECT_EQ(ReadIntegers(I32({2}, {-3, 7})), want);
  EXPECT_EQ(ReadIntegers(I64({2}, {-3, 7})), want);
  EXPECT_EQ(ReadIntegers(U8({1}, {200})), std::vector<int64_t>{200});
  EXPECT_TRUE(ReadIntegers(F32({1}, {1})).empty());
}

TEST(Dims, Shapes) {
  const std::vector<int64_t> dims{2, 0, 3}, negative{2, -1}, many(255, 1);
  ASSERT_TRUE(ShapeOf(dims, "dims").ok());
  EXPECT_EQ(ShapeOf(dims, "dims")->ToString(), "[2,0,3]");
  EXPECT_TRUE(Fails(ShapeOf(negative, "dims"), "dims[1]: want >= 0, got -1"));
  EXPECT_TRUE(Fails(ShapeOf(many, "dims"), "254"));
}

TEST(Dims, WritesWhatFits) {
  const auto allocator = Allocator::Create();
  const std::vector<int64_t> small{1, INT32_MIN, INT32_MAX}, large{int64_t{INT32_MAX} + 1};
  const auto narrow = IntegerTensor(DType::kInt32, {3}, small, *allocator);
  ASSERT_TRUE(narrow.ok());
  EXPECT_TRUE(Same(*narrow, I32({3}, {1, INT32_MIN, INT32_MAX})));
  EXPECT_TRUE(Fails(IntegerTensor(DType::kInt32, {1}, large, *allocator), "does not fit into int32"));
  EXPECT_TRUE(IntegerTensor(DType::kInt64, {1}, large, *allocator).ok());
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(Shape, IsKnownAsSoonAsTheShapeIs) {
  const auto known = OpTester("Shape").Unknown(DType::kFloat, {2, 3}).Infer();
  ASSERT_TRUE(known.ok());
  EXPECT_TRUE(Same((*known)[0].value, I32({2}, {2, 3})));
  const auto open = OpTester("Shape").Unknown(DType::kFloat, {2, -1}).Infer();
  ASSERT_TRUE(open.ok());
  EXPECT_FALSE((*open)[0].value.valid());
  EXPECT_EQ((*open)[0].shape.ToString(), "[2]");
  EXPECT_EQ(OpTester("Shape").Unknown(DType::kFloat).InferShape(), "[?]");
}

TEST(Shape, OfSeveral) {
  const auto known = OpTester("ShapeN")
                         .Attr("N", 2)
                         .Attr("out_type", DType::kInt64)
                         .Unknown(DType::kBool, {4})
                         .Unknown(DType::kBool)
                         .Infer();
  ASSERT_TRUE(known.ok());
  EXPECT_TRUE(Same((*known)[0].value, I64({1}, {4})));
  EXPECT_FALSE((*known)[1].value.valid());
}

TEST(Shape, DimsThatNeedInt64) {
  const Shape wide{int64_t{1} << 40, 0};
  EXPECT_TRUE(Fails(OpTester("Shape").Unknown(DType::kFloat, wide).Infer(), "int32"));
  const auto size =
      OpTester("Size").Attr("out_type", DType::kInt64).Unknown(DType::kFloat, {int64_t{1} << 40, 2}).Infer();
  ASSERT_TRUE(size.ok());
  EXPECT_TRUE(Same((*size)[0].value, I64({}, {int64_t{2} << 40})));
  EXPECT_TRUE(Fails(OpTester("Size").Unknown(DType::kFloat, {int64_t{1} << 40}).Infer(), "int32"));
}

TEST(Shape, RankNeedsNoDims) {
  const auto rank = OpTester("Rank").Unknown(DType::kString, {-1, -1, 2}).Infer();
  ASSERT_TRUE(rank.ok());
  EXPECT_TRUE(Same((*rank)[0].value, I32({}, {3})));
  EXPECT_EQ(OpTester("Rank").Unknown(DType::kString).InferShape(), "[]");
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

std::string Cast(DType from, const Shape& shape, DType to) {
  return OpTester("Bitcast").Attr("type", to).Unknown(from, shape).InferShape();
}

TEST(BitcastTest, Shapes) {
  EXPECT_EQ(Cast(DType::kFloat, {2, 3}, DType::kInt32), "[2,3]");
  EXPECT_EQ(Cast(DType::kDouble, {2, 3}, DType::kUint8), "[2,3,8]");
  EXPECT_EQ(Cast(DType::kUint8, {2, 8}, DType::kDouble), "[2]");
  EXPECT_EQ(Cast(DType::kUint8, {2, -1}, DType::kDouble), "[2]");
  EXPECT_EQ(Cast(DType::kUint8, Shape::UnknownRank(), DType::kDouble), "?");
  EXPECT_NE(Cast(DType::kUint8, {2, 4}, DType::kDouble).find("want a last dim of 8"), std::string::npos);
  EXPECT_NE(Cast(DType::kUint8, {}, DType::kDouble).find("want a last dim of 8"), std::string::npos);
  EXPECT_NE(Cast(DType::kUint8, {0}, DType::kInt16).find("want a last dim of 2"), std::string::npos);
  EXPECT_NE(Cast(DType::kDouble, Shape::OfUnknownDims(Shape::kMaxRank), DType::kInt16).find("rank 255"),
            std::string::npos);
}

TEST(BitcastTest, Bytes) {
  EXPECT_TRUE(Same(OpTester("Bitcast").Attr("type", DType::kUint8).Input(U16({2}, {0x0102, 0xFFFE})).Run(),
                   U8({2, 2}, {2, 1, 0xFE, 0xFF})));
  EXPECT_TRUE(
      Same(OpTester("Bitcast").Attr("type", DType::kFloat).Input(U8({4}, {0, 0, 0x80, 0x3F})).Run(), F32({}, {1})));
  EXPECT_TRUE(Fails(OpTester("Bitcast").Attr("type", DType::kBool).Input(U8({1}, {1})).Run(), "bool"));
}

}  // namespace
}  // namespace rivulet

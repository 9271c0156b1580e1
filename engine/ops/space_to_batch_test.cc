#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

OpTester ToBatch(const Shape& in) { return OpTester("SpaceToBatchND").Unknown(DType::kFloat, in); }
OpTester ToSpace(const Shape& in) { return OpTester("BatchToSpaceND").Unknown(DType::kFloat, in); }

TEST(SpaceToBatch, Shapes) {
  EXPECT_EQ(ToBatch({-1, 4, 6}).ConstInput(I32({1}, {2})).ConstInput(I32({1, 2}, {0, 0})).InferShape(), "[?,2,6]");
  EXPECT_EQ(ToBatch({3, 4, 6}).ConstInput(I32({1}, {2})).Unknown(DType::kInt32).InferShape(), "[6,?,6]");
  EXPECT_EQ(ToBatch({3, 4, 6}).Unknown(DType::kInt32).ConstInput(I32({1, 2}, {0, 0})).InferShape(), "[?,?,6]");
  EXPECT_EQ(ToBatch({3, 4, 6}).Unknown(DType::kInt32).Unknown(DType::kInt32).InferShape(), "[?,?,?]");
  EXPECT_EQ(ToBatch(Shape::UnknownRank()).ConstInput(I32({1}, {2})).Unknown(DType::kInt32).InferShape(), "?");
  EXPECT_EQ(OpTester("SpaceToBatch")
                .Attr("block_size", 2)
                .Unknown(DType::kFloat, {1, 4, -1, 3})
                .ConstInput(I32({2, 2}, {0, 0, 0, 0}))
                .InferShape(),
            "[4,2,?,3]");
}

TEST(SpaceToBatch, Refuses) {
  const auto infer = [](int64_t block, int64_t before) {
    return ToBatch({1, 4}).ConstInput(I64({1}, {block})).ConstInput(I64({1, 2}, {before, 0})).Infer();
  };
  EXPECT_TRUE(infer(2, 2).ok());
  EXPECT_TRUE(Fails(infer(0, 0), "block_shape[0]"));
  EXPECT_TRUE(Fails(infer(kLowest, 0), "block_shape[0]"));
  EXPECT_TRUE(Fails(infer(3, 0), "not a multiple"));
  EXPECT_TRUE(Fails(infer(2, -2), "paddings[0]"));
  EXPECT_TRUE(Fails(infer(2, INT64_MAX), "too large"));
  EXPECT_TRUE(
      Fails(ToBatch({4, 0, 0}).ConstInput(I64({2}, {kHuge, kHuge})).ConstInput(I64({2, 2}, {0, 0, 0, 0})).Infer(),
            "too many places"));
  EXPECT_TRUE(
      Fails(ToBatch({4, 0}).ConstInput(I64({1}, {kHuge})).ConstInput(I64({1, 2}, {0, 0})).Infer(), "too large"));
  EXPECT_TRUE(Fails(ToBatch({4}).ConstInput(I32({1}, {2})).ConstInput(I32({1, 2}, {0, 0})).Infer(), "rank >= 2"));
  EXPECT_TRUE(Fails(ToBatch({4, 4}).ConstInput(I32({1}, {2})).ConstInput(I32({2, 2}, {0, 0, 0, 0})).Infer(), "[1,2]"));
  EXPECT_TRUE(Fails(
      OpTester("SpaceToBatch").Attr("block_size", 2).Unknown(DType::kFloat, {1, 4, 4}).Unknown(DType::kInt32).Infer(),
      "rank 4"));
}

TEST(BatchToSpace, Refuses) {
  const auto infer = [](int64_t batch, int64_t block, int64_t crop) {
    return ToSpace({batch, 4}).ConstInput(I64({1}, {block})).ConstInput(I64({1, 2}, {crop, crop})).Infer();
  };
  EXPECT_TRUE(infer(4, 2, 4).ok());
  EXPECT_TRUE(Fails(infer(3, 2, 0), "not a multiple"));
  EXPECT_TRUE(Fails(infer(4, 2, 5), "crops[0]"));
  EXPECT_TRUE(Fails(infer(4, 2, INT64_MAX), "crops[0]"));
  EXPECT_TRUE(Fails(infer(4, 2, -1), "want >= 0"));
  EXPECT_TRUE(Fails(infer(0, kHuge, 0), "too large"));
  EXPECT_TRUE(Fails(infer(4, -2, 0), "block_shape[0]"));
  EXPECT_TRUE(Fails(ToSpace({4, 4}).ConstInput(I32({1}, {2})).Unknown(DType::kInt32, {1, 3}).Infer(), "[1,2]"));
}

// More padding than blocks hold, so that whole blocks have nothing but zeros.
TEST(SpaceToBatch, PaddingWiderThanABlock) {
  EXPECT_TRUE(
      Same(OpTester("SpaceToBatchND").Input(F32({1, 1}, {7})).Input(I32({1}, {2})).Input(I32({1, 2}, {4, 3})).Run(),
           F32({2, 4}, {0, 0, 7, 0, 0, 0, 0, 0})));
}

}  // namespace
}  // namespace rivulet

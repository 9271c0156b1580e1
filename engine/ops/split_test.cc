#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Split, ShapesThatArePartlyKnown) {
  EXPECT_EQ(
      OpTester("Split").Attr("num_split", 2).ConstInput(I32({}, {0})).Unknown(DType::kFloat, {-1, 3}).InferShape(1),
      "[?,3]");
  EXPECT_EQ(
      OpTester("Split").Attr("num_split", 2).Unknown(DType::kInt32, {}).Unknown(DType::kFloat, {4, 3}).InferShape(1),
      "[?,?]");
  EXPECT_EQ(
      OpTester("Split").Attr("num_split", 1).Unknown(DType::kInt32, {}).Unknown(DType::kFloat, {4, 3}).InferShape(),
      "[4,3]");
  EXPECT_EQ(OpTester("Split").Attr("num_split", 2).ConstInput(I32({}, {0})).Unknown(DType::kFloat).InferShape(), "?");
}

TEST(Split, Refuses) {
  const auto split = [](int axis, const Shape& shape, int num) {
    return OpTester("Split").Attr("num_split", num).ConstInput(I32({}, {axis})).Unknown(DType::kFloat, shape).Infer();
  };
  EXPECT_TRUE(Fails(split(0, {5}, 2), "2 equal pieces"));
  EXPECT_TRUE(Fails(split(1, {4}, 2), "split_dim"));
  EXPECT_TRUE(Fails(split(INT32_MIN, {4}, 2), "split_dim"));
  EXPECT_TRUE(Fails(split(0, {}, 1), "scalar"));
  EXPECT_TRUE(Fails(split(0, {4}, 0), "num_split"));
  EXPECT_TRUE(
      Fails(OpTester("Split").Attr("num_split", 2).Input(I32({}, {3})).Input(F32({2}, {1, 2})).Run(), "split_dim"));
}

TEST(SplitV, OneSizeMayBeOpen) {
  const auto shape = [](const Tensor& sizes, const Shape& in) {
    return OpTester("SplitV")
        .Attr("num_split", 2)
        .Unknown(DType::kFloat, in)
        .ConstInput(sizes)
        .ConstInput(I32({}, {0}))
        .InferShape(1);
  };
  EXPECT_EQ(shape(I32({2}, {2, -1}), {7, 3}), "[5,3]");
  EXPECT_EQ(shape(I32({2}, {2, -1}), {-1, 3}), "[?,3]");
  EXPECT_EQ(shape(I8({2}, {2, 5}), {-1, 3}), "[5,3]");
  EXPECT_EQ(OpTester("SplitV")
                .Attr("num_split", 2)
                .Unknown(DType::kFloat, {7, 3})
                .Unknown(DType::kInt64, {2})
                .ConstInput(I32({}, {0}))
                .InferShape(),
            "[?,3]");
}

TEST(SplitV, Refuses) {
  const auto split = [](const Tensor& sizes) {
    return OpTester("SplitV").Attr("num_split", 2).Input(F32({3}, {1, 2, 3})).Input(sizes).Input(I32({}, {0})).Run();
  };
  EXPECT_TRUE(Same(split(I64({2}, {-1, 2})), F32({1}, {1})));
  EXPECT_TRUE(Fails(split(I64({2}, {2, 2})), "add up"));
  EXPECT_TRUE(Fails(split(I64({2}, {-1, 4})), "add up"));
  EXPECT_TRUE(Fails(split(I64({2}, {-1, -1})), "only one"));
  EXPECT_TRUE(Fails(split(I64({2}, {kLowest, 3})), "want >= -1"));
  EXPECT_TRUE(Fails(split(I64({2}, {kHuge, kHuge})), "too large"));
  EXPECT_TRUE(Fails(split(I64({3}, {1, 1, 1})), "2 sizes"));
}

TEST(Unpack, NumIsTheDim) {
  EXPECT_EQ(OpTester("Unpack").Attr("num", 2).Attr("axis", 1).Unknown(DType::kFloat, {-1, 2, 3}).InferShape(1),
            "[?,3]");
  EXPECT_EQ(OpTester("Unpack").Attr("num", 2).Unknown(DType::kFloat).InferShape(), "?");
  EXPECT_TRUE(Fails(OpTester("Unpack").Attr("num", 3).Unknown(DType::kFloat, {2, 3}).Infer(), "'num'"));
  EXPECT_TRUE(Fails(OpTester("Unpack").Attr("num", 1).Unknown(DType::kFloat, {}).Infer(), "'axis'"));
  EXPECT_TRUE(
      Fails(OpTester("Unpack").Attr("num", 1).Attr("axis", kLowest).Unknown(DType::kFloat, {1}).Infer(), "'axis'"));
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Size(const Tensor& indices, const Tensor& values, const Tensor& shape) {
  return OpTester("SetSize").Input(indices).Input(values).Input(shape);
}

OpTester Mixed(const Tensor& dense, const Tensor& indices, const Tensor& values, const Tensor& shape) {
  return OpTester("DenseToSparseSetOperation")
      .Attr("set_operation", "union")
      .Attr("validate_indices", false)
      .Input(dense)
      .Input(indices)
      .Input(values)
      .Input(shape);
}

TEST(SetOperationTest, WhatIsWrong) {
  const Tensor two = I64({2, 2}, {0, 0, 1, 2}), values = I32({2}, {5, 5});
  EXPECT_TRUE(Fails(Size(I64({1, 1}, {0}), I32({1}, {5}), I64({1}, {2})).Run(), "rank 2 or more, got 1"));
  EXPECT_TRUE(Fails(Size(two, values, I64({2}, {2, -3})).Run(), "dims >= 0, got -3"));
  EXPECT_TRUE(Fails(Size(two, values, I64({2}, {2, 2})).Run(), "indices[1]: want an index inside of [2,2], got [1,2]"));
  EXPECT_TRUE(Fails(Size(I64({2, 2}, {1, 2, 0, 0}), values, I64({2}, {2, 3})).Run(), "ascending"));
  const int64_t large = int64_t{1} << 40;
  EXPECT_TRUE(Fails(Size(two, values, I64({2}, {large, large})).Run(), "does not fit into 64 bits"));
  EXPECT_TRUE(Fails(Size(two, values, I64({2}, {large, 3})).Budget(1 << 20).Run(), "budget"));
  EXPECT_TRUE(Fails(OpTester("DenseToDenseSetOperation")
                        .Attr("set_operation", "a^b")
                        .Input(I32({1, 1}, {1}))
                        .Input(I32({1, 1}, {1}))
                        .Run(),
                    "want a-b, b-a, intersection or union, got 'a^b'"));
}

// What TensorFlow does not check without validate_indices, and computes places outside of the result from.
TEST(SetOperationTest, IndicesOutsideAreRefusedInAnyCase) {
  for (const int64_t at : {int64_t{-1}, int64_t{2}, INT64_MIN, INT64_MAX}) {
    EXPECT_TRUE(Fails(Size(I64({1, 2}, {at, 0}), I32({1}, {5}), I64({2}, {2, 3})).Attr("validate_indices", false).Run(),
                      "indices[0]"));
  }
}

// Sets without elements take no time, however many there are.
TEST(SetOperationTest, DenseSetsWithoutElements) {
  const int64_t many = int64_t{1} << 50;
  const auto got =
      Mixed(Zeros(DType::kInt32, {many, 0}), I64({1, 2}, {many - 1, 1}), I32({1}, {7}), I64({2}, {many, 2}));
  EXPECT_TRUE(Same(got.Run(), I64({1, 2}, {many - 1, 0}), 0));
  EXPECT_TRUE(Same(got.Run(), I64({2}, {many, 1}), 2));
}

TEST(SetOperationTest, UnknownShapes) {
  EXPECT_EQ(Size(I64({0, 3}, {}), I32({0}, {}), I64({3}, {2, 4, 5})).InferShape(), "[?,?]");
  EXPECT_EQ(
      OpTester("SetSize").Unknown(DType::kInt64).Unknown(DType::kInt32).ConstInput(I64({3}, {2, 4, 5})).InferShape(),
      "[2,4]");
  const auto tester = OpTester("DenseToDenseSetOperation")
                          .Attr("set_operation", "union")
                          .Unknown(DType::kInt32)
                          .Unknown(DType::kInt32, {-1, -1, 3});
  EXPECT_EQ(tester.InferShape(0), "[?,3]");
  EXPECT_EQ(tester.InferShape(2), "[3]");
}

}  // namespace
}  // namespace rivulet

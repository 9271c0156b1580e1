#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Joined(const Tensor& indices, const Tensor& values, const Tensor& shape) {
  return OpTester("SparseCrossV2")
      .Attr("N", 1)
      .Attr("sparse_types", {values.dtype()})
      .Attr("dense_types", {DType::kInt64})
      .Input(indices)
      .Input(values)
      .Input(shape)
      .Input(I64({2, 2}, {7, 8, 9, 10}))
      .Input(Strings({}, {"-"}));
}

TEST(SparseCrossTest, LastColumnIsTheFastest) {
  const auto got = Joined(I64({2, 2}, {1, 0, 1, 1}), Strings({2}, {"a", "b"}), I64({2}, {2, 2})).Run();
  EXPECT_TRUE(Same(got, I64({4, 2}, {1, 0, 1, 1, 1, 2, 1, 3}), 0));
  EXPECT_TRUE(Same(got, Strings({4}, {"a-9", "a-10", "b-9", "b-10"}), 1));
  EXPECT_TRUE(Same(got, I64({2}, {2, 4}), 2));
}

// TensorFlow leaves the values out whose rows it has passed or that are none.
TEST(SparseCrossTest, IndicesOutOfPlace) {
  const auto run = [](std::initializer_list<int64_t> indices) {
    return Joined(I64({2, 2}, indices), I64({2}, {1, 2}), I64({2}, {2, 2})).Run();
  };
  EXPECT_TRUE(Fails(run({1, 0, 0, 0}), "sparse input 0: index 1: want rows in order, got row 0 after row 1"));
  EXPECT_TRUE(Fails(run({0, 0, 2, 0}), "index 1: want one inside of [2,2], got [2,0]"));
  EXPECT_TRUE(Fails(run({-1, 0, 0, 0}), "got [-1,0]"));
}

TEST(SparseCrossTest, RowsThatDiffer) {
  EXPECT_TRUE(
      Fails(Joined(I64({1, 2}, {0, 0}), I64({1}, {1}), I64({2}, {3, 2})).Run(), "dense input 0: want 3 rows, got 2"));
  EXPECT_TRUE(Fails(Joined(I64({0, 2}, {}), I64({0}, {}), I64({2}, {-1, 2})).Run(), "got -1"));
}

// Rows without values are not walked.
TEST(SparseCrossTest, ManyEmptyRows) {
  const int64_t rows = int64_t{1} << 60;
  const auto got = OpTester("SparseCrossHashed")
                       .Attr("N", 1)
                       .Attr("sparse_types", {DType::kInt64})
                       .Attr("dense_types", std::vector<DType>{})
                       .Input(I64({1, 2}, {rows - 1, 0}))
                       .Input(I64({1}, {-1}))
                       .Input(I64({2}, {rows, 1}))
                       .Input(I64({}, {1}))
                       .Input(Bools({}, {false}))
                       .Input(I64({2}, {0, 0}))
                       .Run();
  EXPECT_TRUE(Same(got, I64({1, 2}, {rows - 1, 0}), 0));
  EXPECT_TRUE(Same(got, I64({1}, {0}), 1));
}

TEST(RaggedCrossTest, WhatIsWrong) {
  const auto run = [](const char* order, std::initializer_list<int64_t> splits) {
    return OpTester("RaggedCross")
        .Attr("Nsparse", 0)
        .Attr("input_order", order)
        .Attr("hashed_output", true)
        .Attr("num_buckets", 0)
        .Attr("hash_key", 0)
        .Attr("ragged_values_types", {DType::kInt64})
        .Attr("ragged_splits_types", {DType::kInt64})
        .Attr("sparse_values_types", std::vector<DType>{})
        .Attr("dense_types", std::vector<DType>{})
        .Attr("out_values_type", DType::kInt64)
        .Attr("out_row_splits_type", DType::kInt32)
        .Input(I64({2}, {1, 2}))
        .Input(Make<int64_t>({static_cast<int64_t>(splits.size())}, splits))
        .Run();
  };
  EXPECT_TRUE(Same(run("R", {0, 0, 2}), I32({3}, {0, 0, 2}), 1));
  EXPECT_TRUE(Fails(run("R", {0, 3, 2}), "ragged input 0: row splits: want no decrease, got 2 after 3"));
  EXPECT_TRUE(Fails(run("R", {0, 1}), "want row splits from 0 to 2, the number of values, got 0 to 1"));
  EXPECT_TRUE(Fails(run("R", {}), "at least one row split"));
  EXPECT_TRUE(Fails(run("", {0, 2}), "attr 'input_order': want 1 of the letter R, got 0"));
  EXPECT_TRUE(Fails(run("RX", {0, 2}), "letters R, S and D only"));
}

}  // namespace
}  // namespace rivulet

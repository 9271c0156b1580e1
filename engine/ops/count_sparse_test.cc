#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Dense(const Tensor& values, const Tensor& weights) {
  return OpTester("DenseCountSparseOutput").Attr("binary_output", false).Input(values).Input(weights);
}

TEST(CountSparseTest, WhatIsWrong) {
  const Tensor none = F32({0}, {});
  EXPECT_TRUE(Fails(Dense(I32({2}, {5, -1}), none).Run(), "values[1]: want >= 0, got -1"));
  EXPECT_TRUE(Fails(Dense(I32({2}, {5, 1}), F32({1}, {1})).Run(), "weights: want none, or shape [2], got [1]"));
  EXPECT_TRUE(Fails(Dense(I32({1, 1, 1}, {5}), none).Run(), "rank 1 or 2"));
  EXPECT_TRUE(Fails(Dense(I64({1}, {INT64_MAX}), none).Run(), "too large"));
  const auto ragged = [&](const Tensor& splits) {
    return OpTester("RaggedCountSparseOutput")
        .Attr("binary_output", false)
        .Input(splits)
        .Input(I32({2}, {1, 1}))
        .Input(none)
        .Run();
  };
  EXPECT_TRUE(Fails(ragged(I64({2}, {0, 3})), "from 0 to the number of values, 2, got 0 to 3"));
  EXPECT_TRUE(Fails(ragged(I64({1}, {0})), "at least 2, got 1"));
}

// What TensorFlow writes outside of its memory for.
TEST(BincountRowsTest, NumbersAndWeightsThatAreNotThere) {
  const auto sparse = [](int32_t number, const Tensor& weights) {
    return OpTester("SparseBincount")
        .Input(I64({2, 2}, {0, 0, 1, 1}))
        .Input(I32({2}, {1, number}))
        .Input(I64({2}, {2, 3}))
        .Input(I32({}, {4}))
        .Input(weights)
        .Run();
  };
  EXPECT_TRUE(Fails(sparse(-7, F32({0}, {})), "values[1]: want >= 0, got -7"));
  EXPECT_TRUE(Fails(sparse(1, F32({1}, {1})), "weights: want none or 2, got 1"));
}

}  // namespace
}  // namespace rivulet

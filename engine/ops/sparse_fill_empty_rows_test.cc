#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

Result<std::vector<Tensor>> RunOp(const Tensor& indices, const Tensor& values, const Tensor& shape) {
  return OpTester("SparseFillEmptyRows")
      .Budget(1 << 20)
      .Input(indices)
      .Input(values)
      .Input(shape)
      .Input(F32({}, {-1}))
      .Run();
}

TEST(SparseFillEmptyRowsTest, WhatIsWrong) {
  for (const int64_t row : {int64_t{2}, int64_t{-1}, kMin, kMax}) {
    EXPECT_TRUE(Fails(RunOp(I64({1, 2}, {row, 0}), F32({1}, {1}), I64({2}, {2, 3})), "indices[0]"));
  }
  for (const int64_t rows : {int64_t{-1}, kMin, kMax, int64_t{1} << 40, int64_t{0}}) {
    EXPECT_TRUE(Fails(RunOp(I64({1, 2}, {0, 0}), F32({1}, {1}), I64({2}, {rows, 3})))) << rows;
  }
  EXPECT_TRUE(Fails(RunOp(I64({1, 2}, {0, 0}), F32({2}, {1, 2}), I64({2}, {2, 3})), "as many values"));
  EXPECT_TRUE(Fails(RunOp(I64({1, 2}, {0, 0}), F32({1}, {1}), I64({1}, {2})), "dense_shape"));
  EXPECT_TRUE(Fails(RunOp(I64({1, 0}, {}), F32({1}, {1}), I64({0}, {})), "at least one"));
}

TEST(SparseFillEmptyRowsTest, KeepsTheOrderWithinRows) {
  const auto got = RunOp(I64({4, 1}, {2, 0, 2, 0}), F32({4}, {1, 2, 3, 4}), I64({1}, {4}));
  EXPECT_TRUE(Same(got, I64({6, 1}, {0, 0, 1, 2, 2, 3}), 0));
  EXPECT_TRUE(Same(got, F32({6}, {2, 4, -1, 1, 3, -1}), 1));
  EXPECT_TRUE(Same(got, Bools({4}, {false, true, false, true}), 2));
  EXPECT_TRUE(Same(got, I64({4}, {3, 0, 4, 1}), 3));
}

TEST(SparseFillEmptyRowsTest, Gradient) {
  for (const int64_t at : {int64_t{2}, int64_t{-1}, kMin, kMax}) {
    EXPECT_TRUE(Fails(OpTester("SparseFillEmptyRowsGrad").Input(I64({1}, {at})).Input(F32({2}, {1, 2})).Run(),
                      "reverse_index_map"));
  }
  const auto got = OpTester("SparseFillEmptyRowsGrad").Input(I64({2}, {1, 1})).Input(I8({3}, {100, 7, 100})).Run();
  EXPECT_TRUE(Same(got, I8({2}, {7, 7}), 0));
  EXPECT_TRUE(Same(got, I8({}, {-56}), 1));
}

TEST(SparseFillEmptyRowsTest, UnknownShapes) {
  const auto tester = OpTester("SparseFillEmptyRows")
                          .Unknown(DType::kInt64)
                          .Unknown(DType::kFloat, {5})
                          .Unknown(DType::kInt64, {3})
                          .Unknown(DType::kFloat);
  EXPECT_EQ(tester.InferShape(0), "[?,3]");
  EXPECT_EQ(tester.InferShape(2), "[?]");
  EXPECT_EQ(tester.InferShape(3), "[5]");
}

}  // namespace
}  // namespace rivulet

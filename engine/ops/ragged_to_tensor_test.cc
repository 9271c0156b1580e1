#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Dense(const Tensor& shape, const Tensor& values, const std::vector<const char*>& types) {
  return OpTester("RaggedTensorToTensor")
      .Attr("num_row_partition_tensors", static_cast<int64_t>(types.size()))
      .Attr("row_partition_types", types)
      .Input(shape)
      .Input(values)
      .Input(F32({}, {-1}));
}

// Where TensorFlow reads what lies behind the values, or puts values into rows of others.
TEST(RaggedToTensorTest, WhatTensorFlowLetsPass) {
  const Tensor free = I64({2}, {-1, -1}), values = F32({3}, {1, 2, 3});
  EXPECT_TRUE(Fails(Dense(free, values, {"ROW_SPLITS"}).Input(I64({3}, {0, 2, 4})).Run(), "want 4 or more"));
  EXPECT_TRUE(Fails(
      Dense(free, values, {"FIRST_DIM_SIZE", "VALUE_ROWIDS"}).Input(I64({}, {3})).Input(I64({4}, {0, 0, 1, 1})).Run(),
      "want 4 or more"));
  EXPECT_TRUE(Fails(
      Dense(free, values, {"FIRST_DIM_SIZE", "VALUE_ROWIDS"}).Input(I64({}, {3})).Input(I64({3}, {1, 0, 2})).Run(),
      "do not decrease"));
}

TEST(RaggedToTensorTest, LargeResults) {
  const Tensor values = F32({3}, {1, 2, 3}), splits = I64({3}, {0, 2, 3});
  const int64_t large = int64_t{1} << 40;
  EXPECT_TRUE(
      Fails(Dense(I64({2}, {large, large}), values, {"ROW_SPLITS"}).Input(splits).Run(), "larger than any memory"));
  EXPECT_TRUE(Fails(Dense(I64({2}, {large, 3}), values, {"ROW_SPLITS"}).Budget(1 << 20).Input(splits).Run(), "budget"));
  EXPECT_TRUE(Fails(Dense(I64({2}, {-1, -1}), values, {"FIRST_DIM_SIZE", "VALUE_ROWIDS"})
                        .Budget(1 << 20)
                        .Input(I64({}, {large}))
                        .Input(I64({3}, {0, 1, 2}))
                        .Run(),
                    "budget"));
}

// Texts that are repeated count, not only the strings.
TEST(RaggedToTensorTest, TextOfDefaults) {
  const std::string text(1000, 'x');
  EXPECT_TRUE(Fails(OpTester("RaggedTensorToTensor")
                        .Attr("num_row_partition_tensors", int64_t{1})
                        .Attr("row_partition_types", {"ROW_SPLITS"})
                        .Input(I64({2}, {100, 100}))
                        .Input(Strings({1}, {"a"}))
                        .Input(Tensor::Scalar(text))
                        .Input(I64({2}, {0, 1}))
                        .Budget(1 << 20)
                        .Run(),
                    "budget"));
}

TEST(RaggedToTensorTest, UnknownShapes) {
  const auto tester = OpTester("RaggedTensorToTensor")
                          .Attr("num_row_partition_tensors", int64_t{1})
                          .Attr("row_partition_types", {"ROW_SPLITS"})
                          .ConstInput(I64({3}, {5, -1, -1}))
                          .Unknown(DType::kFloat, {-1, 2})
                          .Unknown(DType::kFloat)
                          .Unknown(DType::kInt64);
  EXPECT_EQ(tester.InferShape(), "[5,?,2]");
}

}  // namespace
}  // namespace rivulet

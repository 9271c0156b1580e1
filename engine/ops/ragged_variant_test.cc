#include "engine/base/object.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Tensor Rows(const Tensor& splits, const Tensor& values) {
  auto got = OpTester("RaggedTensorToVariant")
                 .Attr("RAGGED_RANK", int64_t{1})
                 .Attr("batched_input", true)
                 .Input(splits)
                 .Input(values)
                 .Run();
  return got.ok() ? (*got)[0] : Tensor();
}

OpTester Slope(const Tensor& rows, const Tensor& splits, const Tensor& shape) {
  return OpTester("RaggedTensorToVariantGradient")
      .Attr("Tvalues", DType::kFloat)
      .Input(rows)
      .Input(splits)
      .Input(shape);
}

// A variant that was never set means zeros.
TEST(RaggedVariantTest, GradientOfWhatWasNotUsed) {
  Tensor rows = Rows(I64({4}, {0, 2, 2, 3}), F32({3}, {1, 2, 3}));
  ASSERT_TRUE(rows.valid());
  rows.data<ObjectRef>()[0] = nullptr;
  EXPECT_TRUE(Same(Slope(rows, I64({4}, {0, 2, 2, 3}), I32({1}, {3})).Run(), F32({3}, {0, 0, 3})));
  for (const Tensor& splits : {I64({1}, {0}), I64({2}, {2, 0}), I64({2}, {0, 4}), I64({2}, {0, INT64_MAX})}) {
    EXPECT_TRUE(Fails(Slope(rows, splits, I32({1}, {3})).Run(), "row_splits"));
  }
}

TEST(RaggedVariantTest, WhatIsWrong) {
  const Tensor rows = Rows(I64({3}, {0, 2, 3}), F32({3}, {1, 2, 3}));
  ASSERT_TRUE(rows.valid());
  const Tensor splits = I64({3}, {0, 2, 3});
  EXPECT_TRUE(Fails(Slope(rows, splits, I32({1}, {4})).Run(), "want 4 values in all"));
  EXPECT_TRUE(Fails(Slope(rows, splits, I32({1}, {2})).Run(), "want 2 values in all"));
  EXPECT_TRUE(Fails(Slope(rows, splits, I32({1}, {-1})).Run(), "dense_values_shape"));
  EXPECT_TRUE(Fails(Slope(rows, splits, I32({0}, {})).Run(), "dense_values_shape"));
  const auto back = [&](const Tensor& from, int64_t was, int64_t out) {
    return OpTester("RaggedTensorFromVariant")
        .Attr("input_ragged_rank", was)
        .Attr("output_ragged_rank", out)
        .Attr("Tvalues", DType::kFloat)
        .Input(from)
        .Run();
  };
  EXPECT_TRUE(Fails(back(rows, 1, 2), "variant 0: want 1 row splits, got 0"));
  EXPECT_TRUE(Fails(back(rows, -1, 0), "output_ragged_rank"));
  EXPECT_TRUE(Fails(back(rows, 1, 1), "output_ragged_rank"));
  EXPECT_TRUE(Fails(back(Zeros(DType::kVariant, {2}), 0, 1), "never set"));
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Serialize(const Tensor& indices, const Tensor& values, const Tensor& shape, DType form) {
  return OpTester("SerializeManySparse").Attr("out_type", form).Input(indices).Input(values).Input(shape).Run();
}

OpTester Deserialize(const Tensor& serialized, DType dtype) {
  return OpTester("DeserializeSparse").Attr("dtype", dtype).Input(serialized);
}

TEST(DeserializeSparseTest, ComesBack) {
  const Tensor indices = I64({3, 2}, {0, 1, 2, 0, 2, 3}), shape = I64({2}, {4, 5});
  for (const Tensor& values : {F32({3}, {1, 2, 3}), Strings({3}, {"a", "", "b"}), Bools({3}, {true, false, true})}) {
    for (const DType form : {DType::kString, DType::kVariant}) {
      const auto rows = Serialize(indices, values, shape, form);
      ASSERT_TRUE(rows.ok());
      const auto got = Deserialize((*rows)[0], values.dtype()).Run();
      EXPECT_TRUE(Same(got, indices, 0));
      EXPECT_TRUE(Same(got, values, 1));
      EXPECT_TRUE(Same(got, shape, 2));
    }
  }
}

TEST(DeserializeSparseTest, WhatIsWrong) {
  const Tensor row = (*Serialize(I64({1, 2}, {0, 1}), F32({1}, {1}), I64({2}, {1, 5}), DType::kString))[0];
  EXPECT_TRUE(Fails(Deserialize(row, DType::kInt32).Run(), "serialized_sparse[0, 1]"));
  EXPECT_TRUE(Fails(Deserialize(Strings({}, {"a"}), DType::kFloat).Run(), "rank"));
  EXPECT_TRUE(Fails(Deserialize(Strings({2}, {"a", "b"}), DType::kFloat).Run(), "three values"));
  EXPECT_TRUE(Fails(Deserialize(Zeros(DType::kString, {0, 3}), DType::kFloat).Run(), "want elements"));
  EXPECT_TRUE(Fails(Deserialize(Zeros(DType::kVariant, {3}), DType::kFloat).Run(), "never set"));
  EXPECT_TRUE(
      Fails(Serialize(I64({1, 2}, {1, 1}), F32({1}, {1}), I64({2}, {1, 5}), DType::kString), "inside of [1,5]"));
  EXPECT_TRUE(Fails(Serialize(I64({1, 1}, {0}), F32({1}, {1}), I64({1}, {1}), DType::kString), "rank 2 or more"));
  EXPECT_TRUE(
      Fails(Serialize(I64({1, 2}, {0, 1}), Zeros(DType::kVariant, {1}), I64({2}, {1, 5}), DType::kString), "no bytes"));
}

// Many positions without elements share what they are, but their strings count.
TEST(DeserializeSparseTest, EmptyRowsCountIntoTheBudget) {
  EXPECT_TRUE(Fails(OpTester("SerializeManySparse")
                        .Input(I64({0, 2}, {}))
                        .Input(F32({0}, {}))
                        .Input(I64({2}, {int64_t{1} << 40, 5}))
                        .Budget(1 << 20)
                        .Run(),
                    "budget"));
}

// Variants within variants are freed by as many calls within calls.
TEST(DeserializeSparseTest, NestedVariants) {
  const Tensor at = I64({3, 1}, {0, 1, 2}), shape = I64({1}, {3});
  Tensor values = F32({3}, {1, 2, 3});
  Status status;
  int depth = 0;
  for (; depth < 1000 && status.ok(); ++depth) {
    auto got = OpTester("SerializeSparse").Attr("out_type", DType::kVariant).Input(at).Input(values).Input(shape).Run();
    status = got.status();
    if (got.ok()) values = (*got)[0];
  }
  EXPECT_TRUE(FailsWith(status, "variants within variants"));
  EXPECT_GT(depth, 60);
}

}  // namespace
}  // namespace rivulet

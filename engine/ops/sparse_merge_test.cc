#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Add(const Tensor& a, const Tensor& b, const Tensor& shape, const Tensor& thresh) {
  return OpTester("SparseAdd")
      .Input(a)
      .Input(F32({a.dim(0)}, {1}))
      .Input(I64({1}, {3}))
      .Input(b)
      .Input(F32({b.dim(0)}, {2}))
      .Input(shape)
      .Input(thresh);
}

TEST(SparseMergeTest, WhatDoesNotGoTogether) {
  const Tensor one = I64({1, 1}, {1});
  EXPECT_TRUE(Fails(Add(one, one, I64({1}, {4}), F32({}, {0})).Run(), "shapes"));
  EXPECT_TRUE(Fails(Add(one, one, I64({2}, {3, 3}), F32({}, {0})).Run(), "coordinates"));
  EXPECT_TRUE(Fails(Add(one, one, I64({1}, {3}), I32({}, {0})).Run(), "thresh"));
  EXPECT_TRUE(Fails(Add(one, one, I64({1}, {3}), F32({1}, {0})).Run()));
}

TEST(SparseMergeTest, UnknownShapes) {
  const auto shape = OpTester("SparseAdd")
                         .Unknown(DType::kInt64, {-1, 2})
                         .Unknown(DType::kFloat)
                         .Unknown(DType::kInt64)
                         .Unknown(DType::kInt64)
                         .Unknown(DType::kFloat)
                         .Unknown(DType::kInt64)
                         .Unknown(DType::kFloat)
                         .InferShape();
  EXPECT_EQ(shape, "[?,2]");
}

}  // namespace
}  // namespace rivulet

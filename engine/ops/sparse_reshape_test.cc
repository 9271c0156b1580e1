#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

Result<std::vector<Tensor>> RunOp(const Tensor& indices, const Tensor& from, const Tensor& to) {
  return OpTester("SparseReshape").Budget(1 << 20).Input(indices).Input(from).Input(to).Run();
}

TEST(SparseReshapeTest, ShapesThatAreWrong) {
  const Tensor index = I64({1, 2}, {0, 0});
  for (const int64_t dim : {int64_t{-2}, kMin, kMax, int64_t{1} << 62, int64_t{-1}}) {
    EXPECT_TRUE(Fails(RunOp(index, I64({2}, {3, dim}), I64({1}, {-1})), "input_shape")) << dim;
    if (dim == -1) continue;
    EXPECT_TRUE(Fails(RunOp(index, I64({2}, {2, 3}), I64({2}, {4, dim})), "new_shape")) << dim;
  }
  EXPECT_TRUE(Fails(RunOp(index, I64({2}, {2, 3}), I64({2}, {-1, -1})), "only one"));
  EXPECT_TRUE(Fails(RunOp(index, I64({2}, {2, 3}), I64({2}, {-1, 0})), "-1"));
  EXPECT_TRUE(Fails(RunOp(index, I64({2}, {2, 3}), I64({2}, {4, -1})), "divide"));
  EXPECT_TRUE(Fails(RunOp(index, I64({3}, {2, 3, 1}), I64({1}, {6})), "input_shape"));
  EXPECT_TRUE(Fails(RunOp(index, I64({2}, {0, 3}), I64({1}, {0})), "without elements"));
}

TEST(SparseReshapeTest, IndicesOutsideDoNotTrap) {
  for (const int64_t index : {kMin, kMax, int64_t{-1}}) {
    EXPECT_TRUE(RunOp(I64({1, 2}, {index, index}), I64({2}, {2, 3}), I64({3}, {1, 6, 1})).ok());
  }
}

TEST(SparseReshapeTest, ManyIndicesOfNothing) {
  const Tensor none = Zeros(DType::kInt64, {int64_t{1} << 50, 0});
  EXPECT_TRUE(RunOp(none, I64({0}, {}), I64({0}, {})).ok());
  EXPECT_TRUE(Fails(RunOp(none, I64({0}, {}), I64({1}, {1}))));
}

TEST(SparseReshapeTest, UnknownShapes) {
  const auto tester =
      OpTester("SparseReshape").Unknown(DType::kInt64, {-1, 2}).Unknown(DType::kInt64).Unknown(DType::kInt64, {3});
  EXPECT_EQ(tester.InferShape(0), "[?,3]");
  EXPECT_EQ(tester.InferShape(1), "[3]");
}

}  // namespace
}  // namespace rivulet

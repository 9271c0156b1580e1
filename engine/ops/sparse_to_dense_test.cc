#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> RunOp(const Tensor& indices, const Tensor& shape, const Tensor& values,
                                  bool validate = true) {
  return OpTester("SparseToDense")
      .Budget(1 << 20)
      .Attr("validate_indices", validate)
      .Input(indices)
      .Input(shape)
      .Input(values)
      .Input(F32({}, {-1}))
      .Run();
}

TEST(SparseToDenseTest, IndicesThatAreWrong) {
  for (const int64_t index :
       {int64_t{3}, int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    for (const bool validate : {true, false}) {
      EXPECT_TRUE(Fails(RunOp(I64({1}, {index}), I64({1}, {3}), F32({}, {1}), validate), "sparse_indices[0]"));
      EXPECT_TRUE(Fails(RunOp(I64({1, 2}, {0, index}), I64({2}, {1, 3}), F32({}, {1}), validate), "sparse_indices[0]"));
    }
  }
  EXPECT_TRUE(Fails(RunOp(I32({2}, {1, 1}), I32({1}, {3}), F32({}, {1})), "repeated"));
  EXPECT_TRUE(Fails(RunOp(I32({2}, {1, 0}), I32({1}, {3}), F32({}, {1})), "out of order"));
  EXPECT_TRUE(Same(RunOp(I32({2}, {1, 1}), I32({1}, {3}), F32({2}, {5, 6}), false), F32({3}, {-1, 6, -1})));
}

TEST(SparseToDenseTest, ShapesThatAreWrong) {
  for (const int64_t dim :
       {int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), int64_t{1} << 40}) {
    EXPECT_TRUE(Fails(RunOp(I64({1}, {0}), I64({1}, {dim}), F32({}, {1}))));
  }
  EXPECT_TRUE(Fails(RunOp(I32({1, 2}, {0, 0}), I32({1}, {3}), F32({}, {1})), "output_shape"));
  EXPECT_TRUE(Fails(RunOp(I32({1}, {0}), I32({1}, {3}), F32({2}, {1, 2})), "sparse_values"));
  EXPECT_TRUE(Fails(RunOp(Zeros(DType::kInt32, {0, 300}), Zeros(DType::kInt32, {300}), F32({}, {1})), "254"));
}

// Indices without coordinates take no memory: their number must not count.
TEST(SparseToDenseTest, ManyIndicesOfNothing) {
  const Tensor none = Zeros(DType::kInt32, {int64_t{1} << 50, 0});
  EXPECT_TRUE(Same(RunOp(none, I32({0}, {}), F32({}, {7}), false), F32({}, {7})));
  EXPECT_TRUE(Fails(RunOp(none, I32({0}, {}), F32({}, {7})), "repeated"));
}

TEST(SparseToDenseTest, UnknownShapes) {
  const auto shape = [](const Shape& shape) {
    return OpTester("SparseToDense")
        .Unknown(DType::kInt32)
        .Unknown(DType::kInt32, shape)
        .Unknown(DType::kFloat)
        .Unknown(DType::kFloat)
        .InferShape();
  };
  EXPECT_EQ(shape({3}), "[?,?,?]");
  EXPECT_EQ(shape(Shape::UnknownRank()), "?");
}

}  // namespace
}  // namespace rivulet

#include "engine/base/object.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Tensor Only(const Result<std::vector<Tensor>>& results) {
  EXPECT_TRUE(results.ok()) << results.status().ToString();
  return results.ok() ? (*results)[0] : Tensor();
}

Result<std::vector<Tensor>> Make(const Tensor& indices, const Tensor& values, const Tensor& dims) {
  return OpTester("SparseTensorToCSRSparseMatrix").Input(indices).Input(values).Input(dims).Run();
}

Tensor Diagonal() { return Only(Make(I64({2, 2}, {0, 0, 1, 1}), F32({2}, {1, 2}), I64({2}, {2, 2}))); }

Result<std::vector<Tensor>> Dense(const Tensor& matrix) {
  return OpTester("CSRSparseMatrixToDense").Input(matrix).Attr("type", DType::kFloat).Run();
}

TEST(SparseCsr, HoldsWhatItIsGiven) { EXPECT_TRUE(Same(Dense(Diagonal()), F32({2, 2}, {1, 0, 0, 2}))); }

TEST(SparseCsr, WantsMatricesOrBatches) {
  EXPECT_TRUE(Fails(Make(I64({1, 1}, {0}), F32({1}, {1}), I64({1}, {4})), "rank 2 or 3, got rank 1"));
  EXPECT_TRUE(Fails(Make(I64({1, 4}, {0, 0, 0, 0}), F32({1}, {1}), I64({4}, {1, 1, 1, 1})), "rank 2 or 3, got rank 4"));
  EXPECT_TRUE(Fails(Make(I64({1, 2}, {0, 3}), F32({1}, {1}), I64({2}, {2, 3})), "indices[0,1]: want [0, 3), got 3"));
  EXPECT_TRUE(Fails(Make(I64({2, 3}, {1, 0, 0, 0, 0, 0}), F32({2}, {1, 2}), I64({3}, {2, 1, 1})),
                    "indices[1,0]: want matrices in their order, got 0 after 1"));
  EXPECT_TRUE(Fails(Make(I64({0, 2}, {}), F32({0}, {}), I64({2}, {int64_t{1} << 40, 1})),
                    "want dims in [0, 2147483647), got 1099511627776"));
  EXPECT_TRUE(
      Fails(Make(I64({0, 3}, {}), F32({0}, {}), I64({3}, {2147483646, 2147483646, 1})), "is larger than any memory"));
}

TEST(SparseCsr, WantsItsOwnKindOfVariant) {
  EXPECT_TRUE(Fails(Dense(ScalarOf(DType::kVariant, nullptr)),
                    "input 0: want a CSR sparse matrix, got a variant that was never set"));
  EXPECT_TRUE(Fails(Dense(Only(OpTester("EmptyTensorMap").Run())), "want a CSR sparse matrix, got tensor map"));
}

TEST(SparseCsr, ProductsWantOperandsThatFit) {
  const auto product = [](const Tensor& b, const char* flag) {
    OpTester op("SparseMatrixMatMul");
    op.Input(Diagonal()).Input(b);
    if (flag != nullptr) op.Attr("transpose_a", true).Attr(flag, true);
    return op.Run();
  };
  EXPECT_TRUE(Same(product(F32({2, 1}, {3, 4}), nullptr), F32({2, 1}, {3, 8})));
  EXPECT_TRUE(Fails(product(F32({3, 1}, {1, 2, 3}), nullptr), "b: want 2 rows, as a has columns, got 3"));
  EXPECT_TRUE(Fails(product(F32({1, 2, 1}, {1, 2}), nullptr), "b: want rank 2, as a has, got 3"));
  EXPECT_TRUE(Fails(product(F32({2, 1}, {1, 2}), "adjoint_a"), "want one of transpose_a and adjoint_a, got both"));
}

Result<std::vector<Tensor>> Factor(const Tensor& matrix, const Tensor& order) {
  const auto factor =
      OpTester("SparseMatrixSparseCholesky").Input(matrix).Input(order).Attr("type", DType::kFloat).Run();
  return factor.ok() ? Dense((*factor)[0]) : factor;
}

TEST(SparseCsr, CholeskyFactorOfRowsInAnotherOrder) {
  const Tensor matrix = Only(Make(I64({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1}), F32({4}, {10, 2, 2, 4}), I64({2}, {2, 2})));
  EXPECT_TRUE(Same(Factor(matrix, I32({2}, {1, 0})), F32({2, 2}, {2, 0, 1, 3})));
  EXPECT_TRUE(Fails(Factor(matrix, I32({2}, {1, 2})), "permutation[1]: want [0, 2), got 2"));
  EXPECT_TRUE(Fails(Factor(matrix, I32({2}, {-1, 0})), "permutation[0]: want [0, 2), got -1"));
  EXPECT_TRUE(Fails(Factor(matrix, I32({2}, {1, 1})), "permutation: want each number once, got 1 again"));
  EXPECT_TRUE(Fails(Factor(matrix, I32({3}, {0, 1, 2})), "permutation: want shape [2], as input has rows, got [3]"));
  const Tensor zero = Only(Make(I64({0, 2}, {}), F32({0}, {}), I64({2}, {2, 2})));
  EXPECT_TRUE(Fails(Factor(zero, I32({2}, {0, 1})), "want a positive definite matrix; row 0 leaves 0"));
  // TensorFlow's process ends for it.
  const Tensor none = Only(Make(I64({0, 2}, {}), F32({0}, {}), I64({2}, {0, 0})));
  EXPECT_TRUE(Same(Factor(none, I32({0}, {})), F32({0, 0}, {})));
}

}  // namespace
}  // namespace rivulet

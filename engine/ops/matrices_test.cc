#include "engine/ops/op_test_kit.h"

#include <cmath>
#include <limits>

#include "engine/graph/graph.h"

namespace rivulet {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Matrices, SayWhatIsWrong) {
  const Tensor singular = F32({2, 2}, {1, 2, 2, 4});
  for (const char* op : {"MatrixInverse", "Lu"}) {
    EXPECT_TRUE(Fails(OpTester(op).Input(singular).Run(), "want invertible matrices"));
    EXPECT_TRUE(Fails(OpTester(op).Unknown(DType::kFloat, {2, 3}).Infer(), "want square matrices, got shape [2,3]"));
    EXPECT_TRUE(Fails(OpTester(op).Unknown(DType::kFloat, {3}).Infer(), "rank >= 2"));
  }
  EXPECT_TRUE(Fails(OpTester("MatrixSolve").Input(singular).Input(F32({3, 1}, {1, 2, 3})).Run(),
                    "as many rows as the matrix has, 2"));
  EXPECT_TRUE(Fails(OpTester("MatrixSolve").Unknown(DType::kFloat, {2, 2, 2}).Unknown(DType::kFloat, {3, 2, 1}).Infer(),
                    "same batch"));
  EXPECT_TRUE(Fails(
      OpTester("MatrixTriangularSolve").Unknown(DType::kFloat, {2, 2, 2}).Unknown(DType::kFloat, {3, 2, 1}).Infer(),
      "that broadcast"));
  EXPECT_TRUE(Fails(OpTester("SelfAdjointEigV2").Input(F32({2, 2}, {1, kNan, kNan, 1})).Run(), "finite"));
  EXPECT_TRUE(Fails(OpTester("TridiagonalSolve")
                        .Attr("perturb_singular", true)
                        .Attr("partial_pivoting", false)
                        .Unknown(DType::kFloat, {3, 2})
                        .Unknown(DType::kFloat, {2, 1})
                        .Infer(),
                    "perturb_singular"));
}

TEST(Matrices, UnknownShapes) {
  EXPECT_EQ(OpTester("MatrixInverse").Unknown(DType::kFloat).InferShape(), "?");
  EXPECT_EQ(OpTester("MatrixDeterminant").Unknown(DType::kFloat, {-1, 4, -1}).InferShape(), "[?]");
  EXPECT_EQ(OpTester("Qr").Unknown(DType::kFloat, {-1, 4, 3}).InferShape(1), "[?,3,3]");
  EXPECT_EQ(OpTester("Qr").Attr("full_matrices", true).Unknown(DType::kFloat, {4, -1}).InferShape(0), "[4,4]");
  EXPECT_EQ(OpTester("SelfAdjointEig").Unknown(DType::kFloat, {-1, 3}).InferShape(), "[4,3]");
  EXPECT_EQ(OpTester("Lu").Unknown(DType::kFloat, {2, -1, 3}).InferShape(1), "[2,3]");
  EXPECT_EQ(OpTester("MatrixTriangularSolve")
                .Unknown(DType::kFloat, {2, 1, 3, 3})
                .Unknown(DType::kFloat, {5, -1, 2})
                .InferShape(),
            "[2,5,3,2]");
}

// TensorFlow leaves the other triangle unset.
TEST(Matrices, NotPositiveDefinite) {
  EXPECT_TRUE(Same(OpTester("Cholesky").Input(F32({2, 2}, {4, 9, 3, 1})).Run(), F32({2, 2}, {kNan, 0, kNan, kNan})));
}

TEST(Matrices, MemoryIsWithinTheBudget) {
  EXPECT_TRUE(Fails(OpTester("MatrixInverse").Budget(1 << 12).Input(Zeros(DType::kFloat, {40, 40})).Run(), "memory"));
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(MatrixDiag, Shapes) {
  EXPECT_EQ(OpTester("MatrixDiag").Unknown(DType::kFloat, {-1, 3}).InferShape(), "[?,3,3]");
  const auto shape = [](const Shape& in, const Tensor& k) {
    return OpTester("MatrixDiagV3")
        .Unknown(DType::kFloat, in)
        .ConstInput(k)
        .ConstInput(I32({}, {-1}))
        .ConstInput(I32({}, {-1}))
        .Unknown(DType::kFloat, {})
        .InferShape();
  };
  EXPECT_EQ(shape({4, 2, 3}, I32({2}, {0, 1})), "[4,3,3]");
  EXPECT_EQ(shape({-1, 2, 3}, I32({2}, {0, 1})), "[?,?,?]");
  EXPECT_EQ(shape({2, 3}, I32({}, {-2})), "[2,5,5]");
  EXPECT_EQ(OpTester("MatrixDiagV2")
                .Unknown(DType::kFloat, {2, 3})
                .Unknown(DType::kInt32)
                .Unknown(DType::kInt32)
                .Unknown(DType::kInt32)
                .Unknown(DType::kFloat)
                .InferShape(),
            "?");
}

TEST(MatrixDiag, SizesThatDoNotFitTheBand) {
  const auto infer = [](int32_t k, int32_t rows, int32_t columns) {
    return OpTester("MatrixDiagV3")
        .Unknown(DType::kFloat, {3})
        .ConstInput(I32({}, {k}))
        .ConstInput(I32({}, {rows}))
        .ConstInput(I32({}, {columns}))
        .Unknown(DType::kFloat, {})
        .Infer();
  };
  EXPECT_TRUE(infer(1, 3, 4).ok());
  EXPECT_TRUE(infer(1, 5, 4).ok());
  EXPECT_TRUE(Fails(infer(1, 3, 3), "do not make"));
  EXPECT_TRUE(Fails(infer(0, 4, 4), "do not make"));
  EXPECT_TRUE(Fails(infer(0, -2, 3), "do not make"));
  EXPECT_TRUE(Fails(infer(0, INT32_MIN, INT32_MAX), "do not make"));
  const auto huge = OpTester("MatrixDiagV3")
                        .Budget(1 << 20)
                        .Input(F32({1}, {1}))
                        .Input(I32({}, {INT32_MIN}))
                        .Input(I32({}, {-1}))
                        .Input(I32({}, {-1}))
                        .Input(F32({}, {0}))
                        .Run();
  EXPECT_FALSE(huge.ok());
}

// As many diagonals as one likes, of no elements.
TEST(MatrixDiag, EmptyDiagonals) {
  const auto run = [](const Shape& diagonal, const Tensor& k) {
    return OpTester("MatrixDiagV3")
        .Budget(1 << 20)
        .Input(Zeros(DType::kFloat, diagonal))
        .Input(k)
        .Input(I32({}, {-1}))
        .Input(I32({}, {-1}))
        .Input(F32({}, {0}))
        .Run();
  };
  const auto band = run({2000001, 0}, I32({2}, {-1000000, 1000000}));  // most of it beyond the matrix
  ASSERT_TRUE(band.ok());
  EXPECT_EQ((*band)[0].shape(), Shape({0, 0}));
  EXPECT_FALSE(run({0}, I32({}, {1000000})).ok());  // of a million rows and columns
}

TEST(MatrixDiagPart, Shapes) {
  EXPECT_EQ(OpTester("MatrixDiagPart").Unknown(DType::kFloat, {-1, 3, 5}).InferShape(), "[?,3]");
  EXPECT_EQ(OpTester("MatrixDiagPartV3")
                .Unknown(DType::kFloat, {-1, 3, 5})
                .ConstInput(I32({2}, {-1, 2}))
                .Unknown(DType::kFloat, {})
                .InferShape(),
            "[?,4,3]");
  EXPECT_EQ(OpTester("MatrixDiagPartV3")
                .Unknown(DType::kFloat, {3, -1})
                .ConstInput(I32({2}, {0, 1}))
                .Unknown(DType::kFloat, {})
                .InferShape(),
            "[2,?]");
  EXPECT_TRUE(Fails(OpTester("MatrixDiagPartV3")
                        .Unknown(DType::kFloat, {3, 3})
                        .ConstInput(I32({}, {3}))
                        .Unknown(DType::kFloat, {})
                        .Infer(),
                    "outside"));
  EXPECT_TRUE(Fails(OpTester("MatrixDiagPart").Unknown(DType::kFloat, {3}).Infer(), "rank >= 2"));
}

TEST(MatrixSetDiag, WantsTheBandsShape) {
  const auto infer = [](const Shape& diagonal) {
    return OpTester("MatrixSetDiagV3")
        .Unknown(DType::kFloat, {2, 3, 3})
        .Unknown(DType::kFloat, diagonal)
        .ConstInput(I32({2}, {0, 1}))
        .Infer();
  };
  EXPECT_TRUE(infer({2, 2, 3}).ok());
  EXPECT_TRUE(infer({-1, 2, -1}).ok());
  EXPECT_TRUE(Fails(infer({2, 3}), "want shape [2,2,3]"));
  EXPECT_TRUE(Fails(infer({2, 3, 3}), "want shape [2,2,3]"));
  // Whatever k is, the output looks the same: the run checks.
  const auto run = [](int32_t k) {
    return OpTester("MatrixSetDiagV2").Input(F32({2, 2}, {1, 2, 3, 4})).Input(F32({1}, {9})).Input(I32({}, {k})).Run();
  };
  EXPECT_TRUE(Same(run(1), F32({2, 2}, {1, 9, 3, 4})));
  EXPECT_TRUE(Fails(run(0), "want shape [2]"));
  EXPECT_TRUE(Fails(run(2), "outside"));
  EXPECT_TRUE(Fails(run(INT32_MIN), "outside"));
}

}  // namespace
}  // namespace rivulet

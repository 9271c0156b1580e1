#include "engine/ops/op_test_kit.h"

#include <cmath>
#include <vector>

#include "engine/graph/graph.h"

namespace rivulet {
namespace {

// Whatever signs the columns have, the factors make the matrix; also with equal values, and with zeros among them.
TEST(Svd, MakesTheMatrix) {
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{40, 40}, {40, 7}, {7, 40}, {33, 32}}) {
    for (const int period : {3, 50}) {
      std::vector<double> x(static_cast<size_t>(m * n));
      for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * i % static_cast<size_t>(period) % 7) - 1;
      const auto got = OpTester("Svd").Input(Tensor::Of<double>({m, n}, x)).Run();
      ASSERT_TRUE(got.ok());
      const int64_t p = std::min(m, n);
      const double *s = (*got)[0].data<double>(), *u = (*got)[1].data<double>(), *v = (*got)[2].data<double>();
      for (int64_t k = 0; k + 1 < p; ++k) EXPECT_GE(s[k], s[k + 1]);
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          double sum = 0;
          for (int64_t k = 0; k < p; ++k) sum += u[i * p + k] * s[k] * v[j * p + k];
          ASSERT_NEAR(sum, x[static_cast<size_t>(i * n + j)], 1e-11);
        }
      }
    }
  }
}

TEST(Svd, Shapes) {
  EXPECT_EQ(OpTester("Svd").Unknown(DType::kFloat, {-1, 4, 3}).InferShape(1), "[?,4,3]");
  EXPECT_EQ(OpTester("Svd").Attr("full_matrices", true).Unknown(DType::kFloat, {4, -1}).InferShape(1), "[4,4]");
  EXPECT_EQ(OpTester("Svd").Attr("compute_uv", false).Unknown(DType::kFloat, {4, 3}).InferShape(1), "[]");
  EXPECT_TRUE(Fails(OpTester("Svd").Unknown(DType::kFloat, {4}).Infer(), "rank >= 2"));
}

TEST(MatrixSolveLs, SaysWhatIsWrong) {
  const Tensor ones = F32({3, 2}, {1, 1, 1, 1, 1, 1}), rhs = F32({3, 1}, {1, 2, 3});
  EXPECT_TRUE(Fails(OpTester("MatrixSolveLs").Input(ones).Input(rhs).Input(F64({}, {0})).Run(), "full rank"));
  EXPECT_TRUE(Fails(OpTester("MatrixSolveLs").Input(ones).Input(rhs).Input(F64({}, {-1})).Run(), "l2_regularizer"));
  EXPECT_TRUE(Fails(OpTester("MatrixSolveLs").Input(ones).Input(rhs).Input(F64({}, {NAN})).Run(), "l2_regularizer"));
  EXPECT_TRUE(Near(OpTester("MatrixSolveLs").Attr("fast", false).Input(ones).Input(rhs).Input(F64({}, {0})).Run(),
                   F32({2, 1}, {1, 1})));
  // Nothing is asked: TensorFlow leaves the answer unset.
  EXPECT_TRUE(Same(OpTester("MatrixSolveLs")
                       .Input(Zeros(DType::kFloat, {0, 2}))
                       .Input(Zeros(DType::kFloat, {0, 1}))
                       .Input(F64({}, {0}))
                       .Run(),
                   F32({2, 1}, {0, 0})));
}

}  // namespace
}  // namespace rivulet

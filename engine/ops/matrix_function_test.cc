#include "engine/ops/op_test_kit.h"

#include <cmath>
#include <numbers>

#include "engine/graph/graph.h"

namespace rivulet {
namespace {

TEST(MatrixFunction, KnownValues) {
  // A turn by one radian; far from zero, so that it is squared many times; nilpotent.
  const double c = std::cos(1.0), s = std::sin(1.0);
  EXPECT_TRUE(Near(OpTester("MatrixExponential").Input(F64({2, 2}, {0, -1, 1, 0})).Run(), F64({2, 2}, {c, -s, s, c}), 0,
                   1e-13f, 1e-13f));
  EXPECT_TRUE(Near(OpTester("MatrixExponential").Input(F64({1, 1}, {100})).Run(), F64({1, 1}, {std::exp(100.0)}), 0,
                   1e-12f, 1e-12f));
  EXPECT_TRUE(Near(OpTester("MatrixExponential").Input(F64({2, 2}, {0, 5, 0, 0})).Run(), F64({2, 2}, {1, 5, 0, 1}), 0,
                   1e-13f, 1e-13f));
  EXPECT_TRUE(Near(OpTester("MatrixSquareRoot").Input(F64({2, 2}, {4, 5, 0, 9})).Run(), F64({2, 2}, {2, 1, 0, 3}), 0,
                   1e-13f, 1e-13f));
  EXPECT_TRUE(Near(OpTester("MatrixLogarithm").Input(C128({1, 1}, {{-1, 0}})).Run(),
                   C128({1, 1}, {{0, std::numbers::pi}}), 0, 1e-13f, 1e-13f));
}

TEST(MatrixFunction, NoRealRoot) {
  const auto got = OpTester("MatrixSquareRoot").Input(F64({2, 2}, {-1, 0, 0, -1})).Run();
  ASSERT_TRUE(got.ok());
  for (const double x : (*got)[0].values<double>()) EXPECT_TRUE(std::isnan(x));
}

TEST(Eig, SaysWhatIsWrong) {
  const auto eig = [](const Tensor& x, DType to) { return OpTester("Eig").Attr("Tout", to).Input(x).Run(); };
  EXPECT_TRUE(Fails(eig(F32({2, 2}, {1, NAN, NAN, 1}), DType::kComplex64), "finite"));
  EXPECT_TRUE(Fails(eig(F32({2, 2}, {1, 0, 0, 1}), DType::kComplex128), "Tout: want the complex type of float32"));
  EXPECT_TRUE(Fails(eig(F32({1, 2}, {1, 0}), DType::kComplex64), "square"));
  EXPECT_TRUE(Same(eig(F32({2, 2}, {3, 0, 0, 1}), DType::kComplex64), C64({2}, {{3, 0}, {1, 0}})));
  // TensorFlow's second vector is 0, which is none.
  EXPECT_TRUE(
      Same(eig(F32({2, 2}, {0, 0, 0, 0}), DType::kComplex64), C64({2, 2}, {{1, 0}, {0, 0}, {0, 0}, {1, 0}}), 1));
}

}  // namespace
}  // namespace rivulet

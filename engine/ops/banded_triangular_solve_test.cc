#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Solve(const Tensor& bands, const Tensor& rhs, bool lower, bool adjoint) {
  return OpTester("BandedTriangularSolve").Input(bands).Input(rhs).Attr("lower", lower).Attr("adjoint", adjoint).Run();
}

// A x for the matrix that the bands stand for, element by element as the operator's head comment defines it.
std::vector<double> Product(const Tensor& bands, const std::vector<double>& x, bool lower, bool adjoint) {
  const auto b = bands.dim(0), n = bands.dim(1);
  std::vector<double> y(x.size(), 0.0);
  for (int64_t r = 0; r < b; ++r) {
    for (int64_t i = 0; i < n; ++i) {
      const int64_t j = lower ? i - r : i + r;
      if (j < 0 || j >= n) continue;
      const double element = bands.data<double>()[(lower ? r : b - 1 - r) * n + i];
      y[static_cast<size_t>(adjoint ? j : i)] += element * x[static_cast<size_t>(adjoint ? i : j)];
    }
  }
  return y;
}

TEST(BandedTriangularSolve, TheProductIsTheRightSide) {
  const Tensor lower = F64({3, 4}, {2, 4, 5, 8, 100, 3, -1, 2, 100, 100, 7, 6});
  const Tensor upper = F64({3, 4}, {7, 6, 100, 100, 3, -1, 2, 100, 2, 4, 5, 8});
  for (const bool is_lower : {true, false}) {
    for (const bool adjoint : {true, false}) {
      const Tensor& bands = is_lower ? lower : upper;
      const Tensor rhs = F64({4, 1}, {1, 2, -3, 5});
      const auto solved = Solve(bands, rhs, is_lower, adjoint);
      ASSERT_TRUE(solved.ok()) << solved.status().ToString();
      const double* x = (*solved)[0].data<double>();
      const std::vector<double> again = Product(bands, {x, x + 4}, is_lower, adjoint);
      for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(again[i], rhs.data<double>()[i], 1e-12) << is_lower << adjoint << i;
    }
  }
}

TEST(BandedTriangularSolve, TheAdjointIsConjugated) {
  const Complex64 i(0, 1);
  EXPECT_TRUE(Near(Solve(C64({1, 1}, {i}), C64({1, 1}, {1}), true, false), C64({1, 1}, {-i})));
  EXPECT_TRUE(Near(Solve(C64({1, 1}, {i}), C64({1, 1}, {1}), true, true), C64({1, 1}, {i})));
}

TEST(BandedTriangularSolve, BatchesBroadcast) {
  EXPECT_TRUE(Near(Solve(F64({2, 1, 1}, {2, 4}), F64({1, 2}, {4, 8}), true, false), F64({2, 1, 2}, {2, 4, 1, 2})));
}

TEST(BandedTriangularSolve, SaysWhatIsWrong) {
  EXPECT_TRUE(Fails(Solve(F64({1, 2}, {1, 0}), F64({2, 1}, {1, 1}), true, false), "a zero on the diagonal"));
  EXPECT_TRUE(Fails(Solve(F64({2, 1}, {1, 1}), F64({1, 1}, {1}), true, false), "at most as many diagonals"));
  EXPECT_TRUE(Fails(Solve(F64({1, 2}, {1, 1}), F64({3, 1}, {1, 1, 1}), true, false), "rhs: want as many rows"));
  EXPECT_TRUE(Fails(Solve(F64({0, 2}, {}), F64({2, 1}, {1, 1}), true, false), "want a diagonal and an element"));
}

}  // namespace
}  // namespace rivulet

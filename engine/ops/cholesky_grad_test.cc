#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Gradient(const Tensor& l, const Tensor& grad) { return OpTester("CholeskyGrad").Input(l).Input(grad); }

// Of one number a = l^2: dl/da = 1 / 2l.
TEST(CholeskyGrad, OfOneNumberIsThatOfARoot) {
  EXPECT_TRUE(Near(Gradient(F64({2, 1, 1}, {4, 0.5}), F64({2, 1, 1}, {1, 3})).Run(), F64({2, 1, 1}, {0.125, 3})));
}

TEST(CholeskyGrad, ReadsLowerTrianglesOnly) {
  const auto plain = Gradient(F64({2, 2}, {2, 0, 1, 3}), F64({2, 2}, {1, 0, 5, 2})).Run();
  ASSERT_TRUE(plain.ok());
  EXPECT_TRUE(Same(Gradient(F64({2, 2}, {2, 9, 1, 3}), F64({2, 2}, {1, -7, 5, 2})).Run(), (*plain)[0]));
}

TEST(CholeskyGrad, SaysWhatIsWrong) {
  const Tensor two = Zeros(DType::kFloat, {2, 2});
  EXPECT_TRUE(Fails(Gradient(Zeros(DType::kFloat, {2, 3}), two).Infer(), "l: want square matrices, got shape [2,3]"));
  EXPECT_TRUE(Fails(Gradient(two, Zeros(DType::kFloat, {4})).Infer(), "grad: want"));
  EXPECT_TRUE(Fails(Gradient(two, Zeros(DType::kFloat, {3, 3})).Infer(), "3"));
  EXPECT_TRUE(Fails(Gradient(Zeros(DType::kFloat, {5, 2, 2}), Zeros(DType::kFloat, {4, 2, 2})).Infer(), "4"));
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Grad(const Tensor& dy, const Tensor& x, bool training) {
  OpTester op("FusedBatchNormGrad");
  op.Attr("epsilon", 0.0f)
      .Attr("is_training", training)
      .Input(dy)
      .Input(x)
      .Input(F32({1}, {2}))
      .Input(F32({1}, {2}))
      .Input(F32({1}, {4}));
  return op;
}

TEST(BatchNormGrad, InferenceScales) {
  const auto got = Grad(F32({1, 1, 2, 1}, {1, 3}), F32({1, 1, 2, 1}, {0, 4}), false).Run();
  EXPECT_TRUE(Near(got, F32({1, 1, 2, 1}, {1, 3})));
  EXPECT_TRUE(Near(got, F32({1}, {2}), 1));
  EXPECT_TRUE(Near(got, F32({1}, {4}), 2));
  EXPECT_TRUE(Same(got, Zeros(DType::kFloat, {0}), 3));
  EXPECT_TRUE(Same(got, Zeros(DType::kFloat, {0}), 4));
}

TEST(BatchNormGrad, TrainingIsFlatAlongShiftAndScale) {
  // The mean of x is 2 and its variance 4, so a gradient that is constant, or grows with x, has no effect.
  const Tensor x = F32({1, 1, 2, 1}, {0, 4});
  EXPECT_TRUE(Near(Grad(F32({1, 1, 2, 1}, {5, 5}), x, true).Run(), F32({1, 1, 2, 1}, {0, 0})));
  EXPECT_TRUE(Near(Grad(F32({1, 1, 2, 1}, {-1, 1}), x, true).Run(), F32({1, 1, 2, 1}, {0, 0})));
}

TEST(BatchNormGrad, ShapesMustAgree) {
  EXPECT_TRUE(Fails(Grad(F32({1, 1, 2, 1}, {1, 3}), F32({1, 1, 1, 1}, {0}), true).Run()));
  EXPECT_TRUE(Fails(Grad(F32({1, 1, 1, 2}, {1, 3}), F32({1, 1, 1, 2}, {0, 1}), true).Run(), "elements"));
  EXPECT_TRUE(Fails(Grad(F32({2}, {1, 3}), F32({2}, {0, 1}), true).Run(), "rank 4"));
  EXPECT_TRUE(
      Same(Grad(Zeros(DType::kFloat, {0, 1, 2, 1}), Zeros(DType::kFloat, {0, 1, 2, 1}), true).Run(), F32({1}, {0}), 1));
}

}  // namespace
}  // namespace rivulet

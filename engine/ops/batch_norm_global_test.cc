#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Norm(const Tensor& t, const Tensor& gamma, bool scale) {
  OpTester op("BatchNormWithGlobalNormalization");
  op.Attr("variance_epsilon", 0.0f).Attr("scale_after_normalization", scale);
  op.Input(t).Input(F32({1}, {1})).Input(F32({1}, {4})).Input(F32({1}, {10})).Input(gamma);
  return op;
}
const Tensor kT = F32({1, 1, 2, 1}, {1, 5});

TEST(BatchNormGlobal, GammaOnlyIfAsked) {
  EXPECT_TRUE(Near(Norm(kT, F32({1}, {3}), true).Run(), F32({1, 1, 2, 1}, {10, 16})));
  EXPECT_TRUE(Near(Norm(kT, F32({1}, {3}), false).Run(), F32({1, 1, 2, 1}, {10, 12})));
}

TEST(BatchNormGlobal, Gradient) {
  OpTester op("BatchNormWithGlobalNormalizationGrad");
  op.Attr("variance_epsilon", 0.0f).Attr("scale_after_normalization", true);
  op.Input(kT).Input(F32({1}, {1})).Input(F32({1}, {4})).Input(F32({1}, {3})).Input(F32({1, 1, 2, 1}, {1, 1}));
  const auto got = op.Run();
  EXPECT_TRUE(Near(got, F32({1, 1, 2, 1}, {1.5f, 1.5f})));
  EXPECT_TRUE(Near(got, F32({1}, {-3}), 1));
  EXPECT_TRUE(Near(got, F32({1}, {-0.75f}), 2));
  EXPECT_TRUE(Near(got, F32({1}, {2}), 3));
  EXPECT_TRUE(Near(got, F32({1}, {2}), 4));
}

TEST(BatchNormGlobal, ShapesAreChecked) {
  EXPECT_TRUE(Fails(Norm(kT, F32({2}, {3, 3}), true).Run(), "elements"));
  EXPECT_TRUE(Fails(Norm(F32({2}, {1, 5}), F32({1}, {3}), true).Run(), "rank 4"));
  EXPECT_TRUE(Fails(Norm(kT, F32({}, {3}), true).Run(), "rank 1"));
}

}  // namespace
}  // namespace rivulet

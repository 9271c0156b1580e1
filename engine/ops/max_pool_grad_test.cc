#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Grad(const char* op) {
  OpTester tester(op);
  tester.Attr("ksize", {1, 1, 2, 1}).Attr("strides", {1, 1, 2, 1}).Attr("padding", "VALID");
  return tester;
}

TEST(MaxPoolGrad, TiesByRule) {
  const Tensor x = F32({1, 1, 2, 1}, {3, 3}), y = F32({1, 1, 1, 1}, {3}), g = F32({1, 1, 1, 1}, {7});
  EXPECT_TRUE(Same(Grad("MaxPoolGrad").Input(x).Input(y).Input(g).Run(), F32({1, 1, 2, 1}, {7, 0})));
  EXPECT_TRUE(
      Same(Grad("MaxPoolGradGrad").Input(x).Input(y).Input(F32({1, 1, 2, 1}, {4, 5})).Run(), F32({1, 1, 1, 1}, {4})));
  OpTester deep("MaxPool3DGrad");
  deep.Attr("ksize", {1, 1, 1, 2, 1}).Attr("strides", {1, 1, 1, 2, 1}).Attr("padding", "VALID");
  EXPECT_TRUE(Same(
      deep.Input(F32({1, 1, 1, 2, 1}, {3, 3})).Input(F32({1, 1, 1, 1, 1}, {3})).Input(F32({1, 1, 1, 1, 1}, {7})).Run(),
      F32({1, 1, 1, 2, 1}, {7, 7})));
}

TEST(MaxPoolGrad, ShapesMustAgree) {
  const Tensor x = F32({1, 1, 2, 1}, {3, 3}), y = F32({1, 1, 1, 1}, {3});
  EXPECT_TRUE(Fails(Grad("MaxPoolGrad").Input(x).Input(x).Input(y).Run(), "orig_output"));
  EXPECT_TRUE(Fails(Grad("MaxPoolGrad").Input(x).Input(y).Input(x).Run(), "grad"));
  EXPECT_TRUE(Fails(Grad("MaxPoolGradGrad").Input(x).Input(y).Input(y).Run(), "grad"));
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    EXPECT_TRUE(Fails(
        Grad("MaxPoolGrad").Attr("ksize", {int64_t{1}, bad, int64_t{2}, int64_t{1}}).Input(x).Input(y).Input(y).Run(),
        "ksize"));
  }
  EXPECT_TRUE(Fails(
      Grad("MaxPoolGrad").Attr("ksize", {1, 1, 1, 2}).Attr("strides", {1, 1, 1, 2}).Input(x).Input(y).Input(y).Run(),
      "channels"));
}

TEST(MaxPoolGrad, WindowsFromInputs) {
  const Tensor x = U64({1, 1, 2, 1}, {1, ~uint64_t{0}}), y = U64({1, 1, 1, 1}, {~uint64_t{0}}),
               g = U64({1, 1, 1, 1}, {7});
  const Tensor k = I32({4}, {1, 1, 2, 1});
  EXPECT_TRUE(
      Same(OpTester("MaxPoolGradV2").Attr("padding", "VALID").Input(x).Input(y).Input(g).Input(k).Input(k).Run(),
           U64({1, 1, 2, 1}, {0, 7})));
  EXPECT_TRUE(Fails(OpTester("MaxPoolGradV2")
                        .Attr("padding", "VALID")
                        .Input(x)
                        .Input(y)
                        .Input(g)
                        .Input(k)
                        .Input(I32({4}, {1, 0, 1, 1}))
                        .Run()));
  EXPECT_EQ(OpTester("MaxPoolGradGradV2")
                .Attr("padding", "VALID")
                .Unknown(DType::kFloat)
                .Unknown(DType::kFloat)
                .Unknown(DType::kFloat)
                .Unknown(DType::kInt32)
                .Unknown(DType::kInt32)
                .InferShape(),
            "[?,?,?,?]");
}

}  // namespace
}  // namespace rivulet

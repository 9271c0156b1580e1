#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(MatMul, EveryPathGivesTheSameProduct) {
  const Tensor a = F32({2, 3}, {1, 2, 3, 4, 5, 6}), at = F32({3, 2}, {1, 4, 2, 5, 3, 6});
  const Tensor b = F32({3, 2}, {1, 0, 0, 1, 1, 1}), bt = F32({2, 3}, {1, 0, 1, 0, 1, 1});
  const Tensor want = F32({2, 2}, {4, 5, 10, 11});
  for (const bool constant : {false, true}) {
    for (const bool ta : {false, true}) {
      for (const bool tb : {false, true}) {
        OpTester op("MatMul");
        op.Attr("transpose_a", ta).Attr("transpose_b", tb).Input(ta ? at : a);
        if (constant) {
          op.ConstInput(tb ? bt : b);
        } else {
          op.Input(tb ? bt : b);
        }
        EXPECT_TRUE(Same(op.Run(), want)) << constant << ta << tb;
      }
    }
  }
}

TEST(MatMul, NothingToSumGivesZeros) {
  for (const bool constant : {false, true}) {
    OpTester op("MatMul");
    op.Input(Zeros(DType::kFloat, {2, 0}));
    if (constant) {
      op.ConstInput(Zeros(DType::kFloat, {0, 3}));
    } else {
      op.Input(Zeros(DType::kFloat, {0, 3}));
    }
    EXPECT_TRUE(Same(op.Run(), Zeros(DType::kFloat, {2, 3})));
  }
}

TEST(MatMul, TransposeDoesNotConjugate) {
  EXPECT_TRUE(
      Same(OpTester("MatMul").Attr("transpose_a", true).Input(C64({1, 1}, {{1, 2}})).Input(C64({1, 1}, {{0, 1}})).Run(),
           C64({1, 1}, {{-2, 1}})));
}

TEST(MatMul, ShapesAreChecked) {
  EXPECT_TRUE(Fails(OpTester("MatMul").Input(F32({1, 2}, {1, 2})).Input(F32({1, 2}, {1, 2})).Run(), "inner sizes"));
  EXPECT_TRUE(Fails(OpTester("MatMul").Input(F32({2}, {1, 2})).Input(F32({1, 2}, {1, 2})).Run(), "rank 2"));
  EXPECT_EQ(
      OpTester("MatMul").Attr("transpose_b", true).Unknown(DType::kFloat).Unknown(DType::kFloat, {7, -1}).InferShape(),
      "[?,7]");
  EXPECT_TRUE(Fails(OpTester("MatMul")
                        .Budget(1 << 20)
                        .Input(Zeros(DType::kFloat, {1 << 20, 0}))
                        .Input(Zeros(DType::kFloat, {0, 1 << 20}))
                        .Run()));
}

TEST(MatMul, HalfIsSummedInFloat) {
  Tensor ones = Zeros(DType::kHalf, {1, 5000});
  for (int i = 0; i < 5000; ++i) ones.data<Half>()[i] = Half(1.0f);
  EXPECT_TRUE(
      Same(OpTester("MatMul").Attr("transpose_b", true).Input(ones).ConstInput(ones).Run(), F16({1, 1}, {5000})));
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(BatchMatMul, BroadcastsAndFoldsRows) {
  const Tensor x = F32({2, 1, 2}, {1, 2, 3, 4}), y = F32({2, 1}, {10, 1});
  const Tensor want = F32({2, 1, 1}, {12, 34});
  EXPECT_TRUE(Same(OpTester("BatchMatMulV2").Input(x).Input(y).Run(), want));
  EXPECT_TRUE(Same(OpTester("BatchMatMulV2").Input(x).ConstInput(y).Run(), want));
  EXPECT_TRUE(Same(
      OpTester("BatchMatMulV2").Attr("adj_x", true).Input(F32({2, 2, 1}, {1, 2, 3, 4})).ConstInput(y).Run(), want));
  EXPECT_TRUE(Same(OpTester("BatchMatMulV2").Input(F32({1, 2}, {1, 2})).Input(F32({2, 2, 1}, {10, 1, 20, 2})).Run(),
                   F32({2, 1, 1}, {12, 24})));
}

TEST(BatchMatMul, AdjointConjugates) {
  EXPECT_TRUE(Same(
      OpTester("BatchMatMulV2").Attr("adj_x", true).Input(C128({1, 1}, {{1, 2}})).Input(C128({1, 1}, {{0, 1}})).Run(),
      C128({1, 1}, {{2, 1}})));
}

TEST(BatchMatMul, FirstVersionDoesNotBroadcast) {
  EXPECT_TRUE(Fails(OpTester("BatchMatMul").Input(F32({1, 1, 2}, {1, 2})).Input(F32({2, 2, 1}, {1, 2, 3, 4})).Run()));
  EXPECT_TRUE(Fails(OpTester("BatchMatMul").Input(F32({1, 1, 2}, {1, 2})).Input(F32({2, 1}, {1, 2})).Run()));
}

TEST(BatchMatMul, MixedTypes) {
  OpTester op("BatchMatMulV3");
  op.Attr("Tout", DType::kInt32).Input(U8({1, 2}, {255, 255})).Input(I8({2, 1}, {-128, 127}));
  EXPECT_TRUE(Same(op.Run(), I32({1, 1}, {-255})));
  EXPECT_TRUE(
      Fails(OpTester("BatchMatMulV3").Attr("Tout", DType::kInt32).Input(F32({1, 1}, {1})).Input(F32({1, 1}, {1})).Run(),
            "of one type"));
  EXPECT_TRUE(
      Fails(OpTester("BatchMatMulV3").Attr("Tout", DType::kInt16).Input(I8({1, 1}, {1})).Input(I8({1, 1}, {1})).Run(),
            "of one type"));
}

TEST(BatchMatMul, Int16WrapsAround) {
  EXPECT_TRUE(
      Same(OpTester("BatchMatMulV2").Input(I16({1, 2}, {-32768, 32767})).Input(I16({2, 1}, {-32768, 32767})).Run(),
           I16({1, 1}, {1})));
}

TEST(BatchMatMul, ShapesAreChecked) {
  EXPECT_TRUE(Fails(OpTester("BatchMatMulV2").Input(F32({2}, {1, 2})).Input(F32({2, 1}, {1, 2})).Run(), "rank"));
  EXPECT_TRUE(
      Fails(OpTester("BatchMatMulV2").Input(F32({1, 2}, {1, 2})).Input(F32({1, 2}, {1, 2})).Run(), "inner sizes"));
  EXPECT_TRUE(Fails(OpTester("BatchMatMulV2").Input(F32({2, 1, 1}, {1, 2})).Input(F32({3, 1, 1}, {1, 2, 3})).Run(),
                    "broadcast"));
  EXPECT_EQ(
      OpTester("BatchMatMulV2").Unknown(DType::kFloat, {-1, 1, 3, 4}).Unknown(DType::kFloat, {5, -1, 2}).InferShape(),
      "[?,5,3,2]");
  EXPECT_EQ(OpTester("BatchMatMulV2").Unknown(DType::kFloat).Unknown(DType::kFloat, {4, 2}).InferShape(), "?");
}

}  // namespace
}  // namespace rivulet

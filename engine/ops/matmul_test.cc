#include <cstring>

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

// Weights that need no floats are kept in fewer bytes for few rows, not for many: to the same bits.
TEST(MatMul, FewRowsAreAsRowsOfMany) {
  constexpr int64_t k = 600, n = 450;
  for (const DType dtype : {DType::kFloat, DType::kHalf}) {
    Tensor weights = Zeros(dtype, {k, n});
    for (int64_t i = 0; i < k * n; ++i) {
      const float code = static_cast<float>((i * 7919 + i / n) % 251 - 125);
      if (dtype == DType::kHalf) {
        weights.data<Half>()[i] = Half(code / 64);
      } else {
        weights.data<float>()[i] = code * 0.0123f;
      }
    }
    Tensor many = Zeros(dtype, {8, k}), one = Zeros(dtype, {1, k});
    for (int64_t i = 0; i < 8 * k; ++i) {
      const float value = static_cast<float>(i % 97) / 64 - 0.5f;
      if (dtype == DType::kHalf) {
        many.data<Half>()[i] = Half(value);
      } else {
        many.data<float>()[i] = value;
      }
    }
    std::memcpy(one.raw(), many.raw(), one.bytes());
    OpTester few("MatMul"), rows("MatMul");
    few.Input(one).ConstInput(weights);
    rows.Input(many).ConstInput(weights);
    const auto got = few.Run(), want = rows.Run();
    ASSERT_TRUE(got.ok() && want.ok());
    EXPECT_EQ(std::memcmp((*got)[0].raw(), (*want)[0].raw(), (*got)[0].bytes()), 0) << Name(dtype);
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

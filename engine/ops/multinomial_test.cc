#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Draw(const Tensor& logits, const Tensor& count) {
  OpTester tester("StatelessMultinomial");
  tester.Budget(1 << 20).Input(logits).Input(count).Input(I64({2}, {1, 2}));
  return tester;
}

TEST(Multinomial, ImpossibleClassesAreNotDrawn) {
  const float inf = 1.0f / 0.0f;
  const auto out = Draw(F32({1, 5}, {-inf, inf, 0, 0.0f / 0.0f, 0}), I32({}, {200})).Run();
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  for (int64_t i = 0; i < 200; ++i) EXPECT_TRUE((*out)[0].data<int64_t>()[i] == 2 || (*out)[0].data<int64_t>()[i] == 4);
}

TEST(Multinomial, KnowsWhatShapesSay) {
  EXPECT_EQ(OpTester("Multinomial").Unknown(DType::kFloat).Unknown(DType::kInt32).InferShape(), "[?,?]");
  EXPECT_EQ(OpTester("Multinomial").Unknown(DType::kHalf, {3, -1}).ConstInput(I32({}, {7})).InferShape(), "[3,7]");
}

TEST(Multinomial, RefusesOtherShapes) {
  const Tensor logits = F32({1, 2}, {0, 1}), count = I32({}, {3});
  EXPECT_TRUE(Fails(Draw(F32({2}, {0, 1}), count).Run(), "rank"));
  EXPECT_TRUE(Fails(Draw(Zeros(DType::kFloat, {2, 0}), count).Run(), "class"));
  EXPECT_TRUE(Fails(Draw(logits, I32({1}, {3})).Run(), "rank"));
  EXPECT_TRUE(Fails(Draw(logits, I32({}, {-1})).Run(), "num_samples"));
  EXPECT_TRUE(Fails(Draw(logits, I32({}, {2147483647})).Run()));
  EXPECT_TRUE(
      Fails(OpTester("StatelessMultinomial").Input(logits).Input(count).Input(I64({3}, {1, 2, 3})).Run(), "seed"));
  EXPECT_TRUE(Fails(OpTester("StatelessMultinomial").Input(logits).Input(count).Input(I64({}, {1})).Run(), "rank"));
  EXPECT_TRUE(Fails(OpTester("Multinomial").Input(logits).Input(I32({}, {-2147483647})).Run(), "num_samples"));
}

}  // namespace
}  // namespace rivulet

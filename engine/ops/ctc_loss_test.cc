#include <cmath>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Loss(const Tensor& inputs, const Tensor& indices, const Tensor& values, const Tensor& lengths) {
  return OpTester("CTCLoss").Input(inputs).Input(indices).Input(values).Input(lengths);
}

TEST(CtcLossTest, WhatIsWrong) {
  const Tensor inputs = Zeros(DType::kFloat, {3, 1, 3});
  const Tensor one = I64({1, 2}, {0, 0});
  EXPECT_TRUE(Fails(Loss(inputs, I64({0, 2}, {}), I32({0}, {}), I32({1}, {3})).Run(), "sequence 0 has none"));
  EXPECT_TRUE(Fails(Loss(inputs, one, I32({1}, {-1}), I32({1}, {3})).Run(), "labels_values[0]"));
  EXPECT_TRUE(Fails(Loss(inputs, one, I32({1}, {1}), I32({1}, {4})).Run(), "sequence_length[0]: want [0, 3], got 4"));
  EXPECT_TRUE(Fails(Loss(inputs, one, I32({1}, {1}), I32({1}, {0})).Run(), "cannot spell its 1 labels"));
  EXPECT_TRUE(Fails(Loss(inputs, I64({1, 2}, {1, 0}), I32({1}, {1}), I32({1}, {3})).Run(), "labels_indices[0]"));
  EXPECT_TRUE(Fails(Loss(inputs, I64({2, 2}, {0, 1, 0, 0}), I32({2}, {1, 1}), I32({1}, {3})).Run(), "ascending"));
  EXPECT_TRUE(Fails(Loss(inputs, I64({1, 3}, {0, 0, 0}), I32({1}, {1}), I32({1}, {3})).Run(), "rows of 3"));
  EXPECT_TRUE(Fails(OpTester("CTCLossV2")
                        .Attr("ctc_merge_repeated", false)
                        .Input(inputs)
                        .Input(one)
                        .Input(I32({1}, {1}))
                        .Input(I32({1}, {3}))
                        .Run(),
                    "'ctc_merge_repeated': want true"));
}

// Labels that are blanks alone: every step is a blank.
TEST(CtcLossTest, Blanks) {
  const auto got = Loss(Zeros(DType::kDouble, {3, 1, 2}), I64({1, 2}, {0, 0}), I32({1}, {1}), I32({1}, {3})).Run();
  EXPECT_TRUE(Near(got, F64({1}, {3 * std::log(2.0)}), 0));
  EXPECT_TRUE(Near(got, F64({3, 1, 2}, {0.5, -0.5, 0.5, -0.5, 0.5, -0.5}), 1));
}

TEST(CtcLossTest, TablesCountIntoTheBudget) {
  const auto tester = Loss(Zeros(DType::kFloat, {4000, 1, 2}), I64({1, 2}, {0, 0}), I32({1}, {0}), I32({1}, {4000}));
  EXPECT_TRUE(OpTester(tester).Budget(1 << 20).Run().ok());
  EXPECT_TRUE(Fails(OpTester(tester).Budget(1 << 16).Run(), "budget"));
}

}  // namespace
}  // namespace rivulet

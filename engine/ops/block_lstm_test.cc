#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// One unit, one feature, all weights zero but the gates' biases.
OpTester Block(const char* op, int64_t steps, const Tensor& b) {
  const auto f = DType::kFloat;
  return OpTester(op)
      .Input(I64({}, {steps}))
      .Input(Zeros(f, {3, 1, 1}))
      .Input(F32({1, 1}, {0.25f}))
      .Input(Zeros(f, {1, 1}))
      .Input(Zeros(f, {2, 4}))
      .Input(Zeros(f, {1}))
      .Input(Zeros(f, {1}))
      .Input(Zeros(f, {1}))
      .Input(b);
}

// A gate far below zero is shut, one far above is open: the state is kept, or the input is taken.
TEST(BlockLstmTest, OrderOfTheGates) {
  const float shut = -100, open = 100;
  const Tensor forget_third = F32({4}, {shut, 0, open, open}), forget_second = F32({4}, {shut, open, 0, open});
  EXPECT_TRUE(Near(Block("BlockLSTM", 3, forget_third).Run(), F32({3, 1, 1}, {0.25f, 0.25f, 0.25f}), 1));
  EXPECT_TRUE(Near(Block("BlockLSTMV2", 3, forget_second).Run(), F32({3, 1, 1}, {0.25f, 0.25f, 0.25f}), 1));
  EXPECT_TRUE(Near(Block("BlockLSTM", 1, F32({4}, {open, open, shut, open})).Run(), F32({3, 1, 1}, {1, 0, 0}), 1));
}

// What TensorFlow leaves as it was after the last step is zero here.
TEST(BlockLstmTest, AfterTheLastStep) {
  for (size_t i = 0; i < 7; ++i) {
    const auto got = Block("BlockLSTM", 0, F32({4}, {1, 1, 1, 1})).Run();
    EXPECT_TRUE(Same(got, Zeros(DType::kFloat, {3, 1, 1}), i)) << i;
  }
}

TEST(BlockLstmTest, WhatIsWrong) {
  EXPECT_TRUE(Fails(Block("BlockLSTM", 4, F32({4}, {0, 0, 0, 0})).Run(), "seq_len_max: want [0, 3], got 4"));
  EXPECT_TRUE(Fails(Block("BlockLSTMV2", -1, F32({4}, {0, 0, 0, 0})).Run(), "seq_len_max: want [0, 3], got -1"));
  EXPECT_TRUE(Fails(Block("BlockLSTM", 1, F32({3}, {0, 0, 0})).Run(), "b: want shape [4], got [3]"));
}

TEST(BlockLstmTest, GradientChecksWhatTensorFlowTrusts) {
  const auto grad = [](int64_t steps, const Shape& values, const Shape& last) {
    OpTester tester("BlockLSTMGrad");
    tester.Attr("use_peephole", false).Input(I64({}, {steps})).Input(Zeros(DType::kFloat, {3, 1, 1}));
    for (const Shape& shape : {Shape{1, 1}, Shape{1, 1}, Shape{2, 4}, Shape{1}, Shape{1}, Shape{1}, Shape{4}}) {
      tester.Input(Zeros(DType::kFloat, shape));
    }
    for (int i = 0; i < 8; ++i) tester.Input(Zeros(DType::kFloat, values));
    return tester.Input(Zeros(DType::kFloat, last)).Run();
  };
  const Shape good{3, 1, 1};
  EXPECT_TRUE(Same(grad(3, good, good), Zeros(DType::kFloat, {2, 4}), 3));
  EXPECT_TRUE(Fails(grad(4, good, good), "seq_len_max: want [0, 3], got 4"));
  EXPECT_TRUE(Fails(grad(-1, good, good), "seq_len_max: want [0, 3], got -1"));
  EXPECT_TRUE(Fails(grad(3, {2, 1, 1}, good), "i: want shape [3,1,1], got [2,1,1]"));
  EXPECT_TRUE(Fails(grad(3, good, {3, 1, 2}), "h_grad: want shape [3,1,1], got [3,1,2]"));
}

TEST(BlockLstmTest, ScratchCountsIntoTheBudget) {
  const auto f = DType::kFloat;
  OpTester cell("LSTMBlockCell");
  for (const Shape& shape :
       {Shape{64, 8}, Shape{64, 16}, Shape{64, 16}, Shape{24, 64}, Shape{16}, Shape{16}, Shape{16}, Shape{64}}) {
    cell.Input(Zeros(f, shape));
  }
  EXPECT_TRUE(OpTester(cell).Budget(1 << 20).Run().ok());
  EXPECT_TRUE(Fails(OpTester(cell).Budget(1 << 15).Run(), "budget"));
}

}  // namespace
}  // namespace rivulet

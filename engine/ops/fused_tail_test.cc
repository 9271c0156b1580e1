#include "engine/ops/fused_tail.h"

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// [1, 2] * 1 with whatever follows.
OpTester FusedMatMul(const std::vector<std::string>& ops, const std::vector<Tensor>& args) {
  OpTester op("_FusedMatMul");
  op.Attr("fused_ops", ops).Attr("num_args", static_cast<int64_t>(args.size()));
  op.Input(F32({1, 1}, {1})).Input(F32({1, 2}, {-1, 2}));
  for (const Tensor& arg : args) op.Input(arg);
  return op;
}

TEST(FusedTail, OrderIsBiasThenAddendThenActivation) {
  EXPECT_TRUE(Near(FusedMatMul({"BiasAdd", "Add", "Relu"}, {F32({2}, {0.25f, 1}), F32({1, 2}, {0.5f, -10})}).Run(),
                   F32({1, 2}, {0, 0})));
  EXPECT_TRUE(Near(FusedMatMul({"BiasAdd", "Add"}, {F32({2}, {0.25f, 1}), F32({1, 2}, {0.5f, -10})}).Run(),
                   F32({1, 2}, {-0.25f, -7})));
  EXPECT_TRUE(Near(FusedMatMul({"LeakyRelu"}, {}).Run(), F32({1, 2}, {-0.2f, 2})));
  EXPECT_TRUE(Near(FusedMatMul({}, {}).Run(), F32({1, 2}, {-1, 2})));
}

TEST(FusedTail, BatchNormBeforeTheAddend) {
  const std::vector<Tensor> args = {F32({2}, {2, 2}), F32({2}, {1, 1}), F32({2}, {0, 1}), F32({2}, {4, 1}),
                                    F32({1, 2}, {-1, 1})};
  EXPECT_TRUE(
      Near(FusedMatMul({"FusedBatchNorm", "Add", "Relu6"}, args).Attr("epsilon", 0.0f).Run(), F32({1, 2}, {0, 4})));
}

// Known parameters go into the filter, with the same result.
TEST(FusedTail, KnownBatchNormIsPacked) {
  OpTester op("_FusedMatMul");
  op.Attr("fused_ops", std::vector<std::string>{"FusedBatchNorm", "Add", "Relu6"}).Attr("num_args", int64_t{5});
  op.Attr("epsilon", 0.0f).Input(F32({1, 1}, {1})).ConstInput(F32({1, 2}, {-1, 2}));
  for (const Tensor& arg : {F32({2}, {2, 2}), F32({2}, {1, 1}), F32({2}, {0, 1}), F32({2}, {4, 1})}) op.ConstInput(arg);
  EXPECT_TRUE(Near(op.Input(F32({1, 2}, {-1, 1})).Run(), F32({1, 2}, {0, 4})));
}

TEST(FusedTail, WhatIsNotInTheGrammarIsRefused) {
  EXPECT_TRUE(Fails(FusedMatMul({"Relu", "BiasAdd"}, {F32({2}, {0, 0})}).Run(), "BiasAdd"));
  EXPECT_TRUE(Fails(FusedMatMul({"Softmax"}, {}).Run(), "Softmax"));
  EXPECT_TRUE(Fails(FusedMatMul({"BiasAdd", "BiasAdd"}, {F32({2}, {0, 0}), F32({2}, {0, 0})}).Run(), "fused_ops"));
}

TEST(FusedTail, ArgsAreChecked) {
  EXPECT_TRUE(Fails(FusedMatMul({"BiasAdd"}, {}).Run(), "args"));
  EXPECT_TRUE(Fails(FusedMatMul({"BiasAdd"}, {F32({3}, {0, 0, 0})}).Run(), "want 2 values"));
  EXPECT_TRUE(Fails(FusedMatMul({"BiasAdd"}, {F32({}, {0})}).Run(), "channel"));
  EXPECT_TRUE(Fails(FusedMatMul({"BiasAdd"}, {F32({2, 2}, {0, 0, 0, 0})}).Run(), "channel"));
  EXPECT_TRUE(Fails(FusedMatMul({"Add"}, {F32({2}, {0, 0})}).Run(), "addend"));
  EXPECT_TRUE(Fails(FusedMatMul({"Add"}, {F32({2, 1}, {0, 0})}).Run(), "addend"));
  EXPECT_TRUE(Fails(FusedMatMul({"FusedBatchNorm"}, {F32({2}, {0, 0})}).Run(), "args"));
}

}  // namespace
}  // namespace rivulet

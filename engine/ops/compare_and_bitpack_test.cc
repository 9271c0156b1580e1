#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Pack(const Tensor& input, const Tensor& threshold) {
  return OpTester("CompareAndBitpack").Input(input).Input(threshold);
}

// The first of 8 is the highest bit; equal is not above.
TEST(CompareAndBitpack, PutsEightIntoAByte) {
  EXPECT_TRUE(Same(Pack(F32({2, 8}, {1, 0, 2, -1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0}), F32({}, {1})).Run(),
                   U8({2, 1}, {0x21, 0})));
  EXPECT_TRUE(Same(Pack(I8({0, 16}, {}), I8({}, {0})).Run(), U8({0, 2}, {})));
  EXPECT_EQ(OpTester("CompareAndBitpack").Unknown(DType::kFloat, {-1, 24}).Unknown(DType::kFloat).InferShape(),
            "[?,3]");
}

TEST(CompareAndBitpack, SaysWhatIsWrong) {
  EXPECT_TRUE(
      Fails(Pack(Zeros(DType::kFloat, {2, 7}), F32({}, {1})).Infer(), "want a last dim that 8 divides, got [2,7]"));
  EXPECT_TRUE(Fails(Pack(F32({}, {1}), F32({}, {1})).Infer(), "input 0: want rank >= 1, got shape []"));
  EXPECT_TRUE(Fails(Pack(Zeros(DType::kFloat, {8}), F32({2}, {1, 2})).Infer(), "input 1: want rank 0, got shape"));
  EXPECT_TRUE(Fails(Pack(Zeros(DType::kFloat, {8}), I32({}, {1})).Infer(), "'threshold': want float32, got int32"));
}

}  // namespace
}  // namespace rivulet

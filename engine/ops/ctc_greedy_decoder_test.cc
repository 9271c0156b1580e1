#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Decoder(int32_t first, int32_t second) {
  OpTester tester("CTCGreedyDecoder");
  return tester.Input(F32({2, 2, 2}, {3, 1, 0, 2, 1, 3, 2, 0})).Input(I32({2}, {first, second}));
}

TEST(CtcGreedyDecoder, ASequenceOfNegativeLengthHasNoSteps) {
  EXPECT_TRUE(Same(Decoder(-7, 1).Run(), F32({2, 1}, {0, -2}), 3));
}

TEST(CtcGreedyDecoder, ALengthBeyondTheStepsIsRefused) {
  EXPECT_TRUE(Fails(Decoder(2, 3).Run(), "sequence_length[1]: want at most 2, got 3"));
}

}  // namespace
}  // namespace rivulet

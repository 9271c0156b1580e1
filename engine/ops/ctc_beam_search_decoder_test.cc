#include <cmath>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Decoder(const Tensor& inputs, const Tensor& lengths, int64_t width, int64_t paths) {
  return OpTester("CTCBeamSearchDecoder")
      .Attr("beam_width", width)
      .Attr("top_paths", paths)
      .Input(inputs)
      .Input(lengths);
}

TEST(CtcBeamSearchDecoderTest, WhatIsWrong) {
  const Tensor inputs = Zeros(DType::kFloat, {2, 1, 3});
  EXPECT_TRUE(Fails(Decoder(inputs, I32({1}, {2}), 1, 2).Run(), "'top_paths': want at most beam_width, 1, got 2"));
  EXPECT_TRUE(Fails(Decoder(inputs, I32({1}, {0}), 3, 2).Run(), "want at most the 1 paths that were found, got 2"));
  EXPECT_TRUE(Fails(Decoder(inputs, I32({1}, {3}), 3, 1).Run(), "sequence_length[0]: want at most 2, got 3"));
  EXPECT_TRUE(Fails(Decoder(inputs, I32({2}, {1, 1}), 3, 1).Run(), "one for each of 1 sequences, got 2"));
  EXPECT_TRUE(Fails(Decoder(Zeros(DType::kFloat, {0, 1, 3}), I32({1}, {0}), 3, 1).Run(), "want elements"));
}

// A beam that holds every prefix takes what the steps allow, a narrow one stays small however long the sequence is.
TEST(CtcBeamSearchDecoderTest, MemoryIsThatOfTheBeam) {
  const Tensor steps = Zeros(DType::kFloat, {400, 1, 30});
  const Tensor length = I32({1}, {400});
  EXPECT_TRUE(Decoder(steps, length, 4, 1).Budget(1 << 20).Run().ok());
  EXPECT_TRUE(Fails(Decoder(steps, length, (int64_t{1} << 31) - 1, 1).Budget(1 << 20).Run(), "budget"));
}

// Two steps "a" 0.3, blank 0.7 and "a" 0.4, blank 0.6: the best path is blank blank, but "a" is likelier in sum.
TEST(CtcBeamSearchDecoderTest, SumsOverPaths) {
  const Tensor inputs = F64({2, 1, 2}, {std::log(0.3), std::log(0.7), std::log(0.4), std::log(0.6)});
  const auto got = Decoder(inputs, I32({1}, {2}), 4, 2).Run();
  EXPECT_TRUE(Same(got, I64({1}, {0}), 2));
  EXPECT_TRUE(Same(got, I64({0}, {}), 3));
  EXPECT_TRUE(Near(got, F64({1, 2}, {std::log(0.58), std::log(0.42)}), 6));
}

}  // namespace
}  // namespace rivulet

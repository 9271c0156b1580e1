#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Ngrams(std::vector<int64_t> widths, int64_t pad_width) {
  OpTester tester("StringNGrams");
  tester.Attr("separator", " ").Attr("ngram_widths", widths).Attr("left_pad", "<").Attr("right_pad", ">");
  tester.Attr("pad_width", pad_width).Attr("preserve_short_sequences", false);
  return tester;
}

TEST(StringNGrams, Errors) {
  const Tensor data = Strings({2}, {"a", "b"});
  EXPECT_TRUE(Fails(Ngrams({0}, 0).Input(data).Input(I64({2}, {0, 2})).Run(), "want widths in [1, 2147483647], got 0"));
  EXPECT_TRUE(Fails(Ngrams({1}, 0).Input(data).Input(I64({2}, {0, 3})).Run(), "data_splits[1]: want [0, 2], got 3"));
  EXPECT_TRUE(Fails(Ngrams({1}, 0).Input(data).Input(I64({2}, {1, 2})).Run(), "want a first split of 0, got 1"));
}

// Two strings and pads without end.
TEST(StringNGrams, WithinTheBudget) {
  const auto run =
      Ngrams({2147483647}, 2147483647).Input(Strings({2}, {"a", "b"})).Input(I64({2}, {0, 2})).Budget(1 << 20).Run();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace rivulet

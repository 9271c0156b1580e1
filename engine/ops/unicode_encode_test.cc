#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(UnicodeEncode, Splits) {
  const auto run = [](const Tensor& splits) {
    return OpTester("UnicodeEncode").Attr("output_encoding", "UTF-8").Input(I32({2}, {97, 98})).Input(splits).Run();
  };
  EXPECT_TRUE(Same(run(I64({3}, {0, 0, 2})), Strings({2}, {"", "ab"})));
  EXPECT_TRUE(Fails(run(I64({3}, {0, 3, 2})), "want them in order, got 2 after 3"));
  EXPECT_TRUE(Fails(run(I64({2}, {0, 1})), "want a last split of 2, got 1"));
  EXPECT_TRUE(Fails(run(I64({2}, {1, 2})), "want a first split of 0, got 1"));
  EXPECT_TRUE(Fails(run(I64({0}, {})), "want at least one"));
}

}  // namespace
}  // namespace rivulet

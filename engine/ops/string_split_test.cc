#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(StringSplit, Ranks) {
  EXPECT_TRUE(Fails(OpTester("StringSplitV2").Input(Strings({}, {"a"})).Input(Strings({}, {""})).Run(), "rank"));
  EXPECT_TRUE(Fails(OpTester("StringSplit").Input(Strings({1}, {"a"})).Input(Strings({1}, {""})).Run(), "rank"));
  EXPECT_EQ(OpTester("StringSplit").Unknown(DType::kString).Unknown(DType::kString).InferShape(), "[?,2]");
}

// What is split is again the string, whatever the separator.
TEST(StringSplit, PartsAndSeparatorsAreTheString) {
  const std::string text = "a,,b,ab,,,";
  for (const std::string separator : {",", ",,", "b", "x"}) {
    const auto run =
        OpTester("StringSplitV2").Input(Tensor::Scalar(text).Reshaped({1})).Input(Tensor::Scalar(separator)).Run();
    ASSERT_TRUE(run.ok());
    std::string joined;
    bool first = true;
    for (const std::string& part : (*run)[1].values<std::string>()) {
      joined += first ? part : separator + part;
      first = false;
    }
    EXPECT_EQ(joined, text);
  }
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(Regex, WrongExpressions) {
  if (OpTester("StaticRegexFullMatch").Attr("pattern", "a").Input(Strings({1}, {"a"})).Run().status().code() ==
      Code::kUnimplemented) {
    GTEST_SKIP() << "built without RE2";
  }
  EXPECT_TRUE(Fails(OpTester("StaticRegexFullMatch").Attr("pattern", "(").Input(Strings({1}, {"a"})).Run(),
                    "no regular expression: '(': missing )"));
  EXPECT_TRUE(Fails(OpTester("RegexFullMatch").Input(Strings({1}, {"a"})).Input(Strings({}, {"a(?=b)"})).Run(),
                    "invalid perl operator"));
}

// Each of a thousand letters becomes the whole text.
TEST(Regex, WithinTheBudget) {
  const std::string text(1000, 'a'), rewrite(100000, 'b');
  const auto run = OpTester("StaticRegexReplace")
                       .Attr("pattern", "a")
                       .Attr("rewrite", rewrite)
                       .Input(Tensor::Scalar(text))
                       .Budget(1 << 20)
                       .Run();
  if (run.status().code() == Code::kUnimplemented) GTEST_SKIP() << "built without RE2";
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace rivulet

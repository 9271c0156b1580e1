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

TEST(Regex, WrongExpressionsAreQuoted) {
  const auto status_of = [](const std::string& pattern) {
    return OpTester("StaticRegexFullMatch").Attr("pattern", pattern).Input(Strings({1}, {"a"})).Run().status();
  };
  if (status_of("a").code() == Code::kUnimplemented) GTEST_SKIP() << "built without RE2";
  EXPECT_LT(status_of(std::string(100000, '(')).message().size(), 1000u);
  const Status status = status_of("a(?\n\x1b[2J");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.message().find_first_of("\n\x1b"), std::string_view::npos) << status.message();
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

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Decode(const char* encoding, const char* errors) {
  return OpTester("UnicodeDecode")
      .Attr("input_encoding", encoding)
      .Attr("errors", errors)
      .Input(Strings({1}, {"a\xFF"}))
      .Run();
}

TEST(UnicodeAttrs, EncodingsThatAreRefused) {
  const auto run = Decode("Shift_JIS", "replace");
  EXPECT_EQ(run.status().code(), Code::kUnimplemented);
  EXPECT_TRUE(Fails(
      run,
      "want UTF-8, UTF-16, UTF-32 (or with -BE, -LE), US-ASCII, ISO-8859-1, -15 or windows-1252, got 'Shift_JIS'"));
}

TEST(UnicodeAttrs, Errors) {
  EXPECT_TRUE(Same(Decode("utf_8", "replace"), I32({2}, {97, 65533}), 1));
  EXPECT_TRUE(Same(Decode("utf_8", "ignore"), I32({1}, {97}), 1));
  EXPECT_TRUE(Fails(Decode("utf_8", "strict"), "byte 1 of 'a\\xff' is no character of the encoding"));
  EXPECT_TRUE(Fails(Decode("utf_8", "none"), "want strict, replace or ignore, got 'none'"));
}

}  // namespace
}  // namespace rivulet

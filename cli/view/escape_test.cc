#include "cli/view/escape.h"

#include <gtest/gtest.h>

#include <utility>

namespace rivulet::cli::view {
namespace {

TEST(Escape, CleanTextKeepsUtf8) {
  const std::string fine = "conv/ƒ × 輸入 😀\xEF\xBF\xBF\xF4\x8F\xBF\xBF";
  EXPECT_EQ(CleanText(fine), fine);
}

TEST(Escape, CleanTextReplacesTheRest) {
  for (const char* bad : {"\x01", "\n", "\x7f", "\x80", "\xff", "\xc0\x80", "\xc2\x85", "\xe2\x80\xae", "\xe2\x80\xa8",
                          "\xe2\x81\xa6", "\xc3"}) {
    const std::string cleaned = CleanText(std::string("a") + bad + "b");
    EXPECT_EQ(cleaned.substr(0, 4), "a\xEF\xBF\xBD") << bad;
    EXPECT_EQ(cleaned.back(), 'b');
  }
  // Overlong, a surrogate, beyond the last: a mark for each byte.
  for (const char* bad : {"\xe0\x80\x80", "\xed\xa0\x80"}) EXPECT_EQ(CleanText(bad).size(), 9u);
  EXPECT_EQ(CleanText("\xf4\x90\x80\x80").size(), 12u);
}

TEST(Escape, SharedStartEndsWhereACharacterEnds) {
  const auto units = [](const char* a, const char* b) {
    const SharedStart one = FindSharedStart(a, b), other = FindSharedStart(b, a);
    EXPECT_EQ(one.bytes, other.bytes);
    EXPECT_EQ(one.units, other.units);
    return std::pair(one.bytes, one.units);
  };
  EXPECT_EQ(units("net/conv_1", "net/conv_2"), std::pair(size_t{9}, 9));
  EXPECT_EQ(units("net", "net/conv"), std::pair(size_t{3}, 3));
  EXPECT_EQ(units("", "net"), std::pair(size_t{0}, 0));
  // 輸 and 輹 share two of three bytes, 😀 and 😁 three of four.
  EXPECT_EQ(units("a輸", "a輹"), std::pair(size_t{1}, 1));
  EXPECT_EQ(units("輸😀a", "輸😀b"), std::pair(size_t{7}, 3));
  EXPECT_EQ(units("輸😀", "輸😁"), std::pair(size_t{3}, 1));
}

TEST(Escape, Markup) {
  EXPECT_EQ(XmlText("<a href=\"x\" o='y'>&"), "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(DotText("a\"b\\c"), "a\\\"b\\\\c");
  EXPECT_EQ(ScriptJson("\"</script><!-- & -->\""), "\"\\u003c/script\\u003e\\u003c!-- \\u0026 --\\u003e\"");
}

}  // namespace
}  // namespace rivulet::cli::view

#include "cli/view/escape.h"

#include <gtest/gtest.h>

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

TEST(Escape, Markup) {
  EXPECT_EQ(XmlText("<a href=\"x\" o='y'>&"), "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(DotText("a\"b\\c"), "a\\\"b\\\\c");
  EXPECT_EQ(ScriptJson("\"</script><!-- & -->\""), "\"\\u003c/script\\u003e\\u003c!-- \\u0026 --\\u003e\"");
}

}  // namespace
}  // namespace rivulet::cli::view

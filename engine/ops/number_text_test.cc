#include "engine/ops/number_text.h"

#include <gtest/gtest.h>

#include <clocale>
#include <limits>

namespace rivulet {
namespace {

TEST(NumberText, EveryNumberComesBack) {
  for (const float value : {0.1f, 1.0f / 3, 3.4028235e38f, 1.17549435e-38f, 16777217.0f}) {
    std::string text;
    AppendShortest(value, &text);
    float back = 0;
    EXPECT_TRUE(ReadNumber(text, &back));
    EXPECT_EQ(back, value) << text;
  }
  for (const int64_t value : {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), int64_t{-1}}) {
    std::string text;
    AppendInteger({}, value, &text);
    int64_t back = 0;
    EXPECT_TRUE(ReadNumber(text, &back));
    EXPECT_EQ(back, value) << text;
  }
}

// A program may have set a locale whose decimal point is a comma; it has no say in a model's answers.
TEST(NumberText, AnyLocale) {
  const char* found = nullptr;
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"}) {
    if (found == nullptr) found = std::setlocale(LC_NUMERIC, name);
  }
  if (found == nullptr) GTEST_SKIP() << "no locale with a decimal comma is installed";
  std::string text;
  AppendReal({.precision = 2, .conversion = 'f'}, 1.5, &text);
  double back = 0;
  const bool read = ReadNumber("1.25", &back), with_comma = ReadNumber("1,25", &back);
  std::setlocale(LC_NUMERIC, "C");
  EXPECT_EQ(text, "1.50");
  EXPECT_TRUE(read);
  EXPECT_FALSE(with_comma);
}

}  // namespace
}  // namespace rivulet

#include "engine/base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace rivulet {
namespace {

TEST(Glob, StarsAndBytes) {
  EXPECT_TRUE(GlobMatches("", ""));
  EXPECT_FALSE(GlobMatches("", "a"));
  EXPECT_FALSE(GlobMatches("a", ""));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("*", ".hidden"));
  EXPECT_TRUE(GlobMatches("a?c", "abc"));
  EXPECT_FALSE(GlobMatches("a?c", "ac"));
  EXPECT_TRUE(GlobMatches("*.txt", "words.txt"));
  EXPECT_FALSE(GlobMatches("*.txt", "words.txt~"));
  EXPECT_TRUE(GlobMatches("part-*-of-**", "part-1-of-of-2"));
  EXPECT_FALSE(GlobMatches("*ab*ab*ab", "abab"));
}

TEST(Glob, Sets) {
  EXPECT_TRUE(GlobMatches("a[1-3x]", "a2"));
  EXPECT_TRUE(GlobMatches("a[1-3x]", "ax"));
  EXPECT_FALSE(GlobMatches("a[1-3x]", "a4"));
  EXPECT_TRUE(GlobMatches("a[!1]", "a2"));
  EXPECT_TRUE(GlobMatches("a[^1]", "a2"));
  EXPECT_FALSE(GlobMatches("a[!1]", "a1"));
  EXPECT_TRUE(GlobMatches("[]]", "]"));
  EXPECT_TRUE(GlobMatches("[!]]", "a"));
  EXPECT_TRUE(GlobMatches("[a-]", "-"));
  EXPECT_TRUE(GlobMatches("[\\]]", "]"));
  EXPECT_TRUE(GlobMatches("[a", "[a"));
  EXPECT_FALSE(GlobMatches("[a", "a"));
  EXPECT_TRUE(GlobMatches("[\x80-\xff]", "\xe4"));
}

TEST(Glob, WhatIsNoPattern) {
  EXPECT_TRUE(GlobMatches("b\\[1\\]", "b[1]"));
  EXPECT_TRUE(GlobMatches("a\\", "a\\"));
  EXPECT_FALSE(GlobMatches("a\\*", "ab"));
  EXPECT_TRUE(IsGlob("a\\b") && IsGlob("*") && IsGlob("?") && IsGlob("["));
  EXPECT_FALSE(IsGlob("a-]{b}!^"));
}

// A matcher that tries all stars again would never end here.
TEST(GlobHostile, ManyStars) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(4000, 'a')));
}

}  // namespace
}  // namespace rivulet

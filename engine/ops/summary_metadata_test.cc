#include "engine/ops/summary_metadata.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

using std::string_literals::operator""s;

TEST(SummaryMetadata, IsWrittenInOrderAndWithoutDefaults) {
  EXPECT_EQ(RewrittenSummaryMetadata("\x1a\x01z\x12\x01y"), "\x12\x01y\x1a\x01z");
  EXPECT_EQ(RewrittenSummaryMetadata("\x0a\x02\x0a\x00\x12\x00 \x00"s), "\x0a\x00"s);
  EXPECT_EQ(RewrittenSummaryMetadata(" \x01"), " \x01");
}

TEST(SummaryMetadata, TakesTheLastTextAndJoinsMessages) {
  EXPECT_EQ(RewrittenSummaryMetadata("\x12\x01y\x12\x01z"), "\x12\x01z");
  EXPECT_EQ(RewrittenSummaryMetadata("\x0a\x03\x0a\x01p\x0a\x03\x12\x01q"), "\x0a\x06\x0a\x01p\x12\x01q");
}

TEST(SummaryMetadata, KeepsWhatItDoesNotKnow) {
  EXPECT_EQ(RewrittenSummaryMetadata("0\x00\x12\x01y"s), "\x12\x01y0\x00"s);
  EXPECT_EQ(RewrittenSummaryMetadata("\x10\x05"), "\x10\x05") << "a text's number with another wire type";
}

TEST(SummaryMetadata, IsEmptyWhereItIsBroken) {
  EXPECT_EQ(RewrittenSummaryMetadata("\x12\x05y"), "");
  EXPECT_EQ(RewrittenSummaryMetadata("\x12\x01\xff"), "");
  EXPECT_EQ(RewrittenSummaryMetadata("\x0a\x02\x0a\x05"), "");
}

}  // namespace
}  // namespace rivulet

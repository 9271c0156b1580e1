#include "engine/ops/op_test_kit.h"
#include "engine/ops/unicode_tables.h"

namespace rivulet {
namespace {

TEST(StringCase, Encoding) {
  EXPECT_TRUE(Fails(OpTester("StringLower").Attr("encoding", "latin-1").Input(Strings({1}, {"A"})).Run(),
                    "want utf-8 or nothing, got 'latin-1'"));
}

TEST(UnicodeTables, EdgesOfTheirRanges) {
  EXPECT_EQ(UpperCase(U"az{`"), U"AZ{`");
  EXPECT_EQ(LowerCase(U"AZ@["), U"az@[");
  EXPECT_EQ(UpperCase(U"\U0010FFFF\u00DF"), U"\U0010FFFFSS");
  EXPECT_EQ(LowerCase(U"\u039F\u03A3 \u03A3"), U"\u03BF\u03C2 \u03C3");
  EXPECT_EQ(ScriptOf('a'), 25);
  EXPECT_EQ(ScriptOf(0x10FFFF), 103);
  EXPECT_EQ(ScriptOf(0x110000), -1);
  EXPECT_EQ(ScriptOf(-1), -1);
}

}  // namespace
}  // namespace rivulet

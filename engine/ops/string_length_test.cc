#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(StringLength, Unit) {
  const auto run = [](const char* unit) {
    return OpTester("StringLength").Attr("unit", unit).Input(Strings({1}, {"a\xC3\xA9"})).Run();
  };
  EXPECT_TRUE(Same(run("BYTE"), I32({1}, {3})));
  EXPECT_TRUE(Same(run("UTF8_CHAR"), I32({1}, {2})));
  EXPECT_TRUE(Fails(run("WORD"), "want BYTE or UTF8_CHAR, got 'WORD'"));
}

}  // namespace
}  // namespace rivulet

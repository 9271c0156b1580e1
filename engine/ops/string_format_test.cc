#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(StringFormat, AsManyPlaceholdersAsInputs) {
  const auto format = [](const char* text) {
    return OpTester("StringFormat")
        .Attr("T", std::vector<DType>{DType::kInt32})
        .Attr("template", text)
        .Input(I32({}, {7}))
        .Run();
  };
  EXPECT_TRUE(Same(format("<%s>"), Strings({}, {"<7>"})));
  EXPECT_TRUE(Fails(format("none"), "want one placeholder for each of 1 inputs, got 0"));
  EXPECT_TRUE(Fails(format("%s %s"), "got 2"));
}

}  // namespace
}  // namespace rivulet

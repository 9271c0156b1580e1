#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(DecodeCompressed, Errors) {
  const auto run = [](const char* type) {
    return OpTester("DecodeCompressed").Attr("compression_type", type).Input(Strings({1}, {"none of this"})).Run();
  };
  EXPECT_TRUE(Same(run(""), Strings({1}, {"none of this"})));
  EXPECT_TRUE(Fails(run("zlib"), "want ZLIB, GZIP or none, got 'zlib'"));
  EXPECT_EQ(run("ZSTD").status().code(), Code::kUnimplemented);
  EXPECT_TRUE(Fails(run("GZIP"), ""));
}

}  // namespace
}  // namespace rivulet

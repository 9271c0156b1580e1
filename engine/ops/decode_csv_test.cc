#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Csv(const char* record, const Tensor& fallback) {
  return OpTester("DecodeCSV")
      .Attr("OUT_TYPE", std::vector<DType>{fallback.dtype(), DType::kString})
      .Input(Strings({2}, {"1,x", record}))
      .Input(fallback)
      .Input(Strings({}, {"-"}))
      .Run();
}

TEST(DecodeCsv, Errors) {
  EXPECT_TRUE(Same(Csv("\"2\",\"a\"\"b\"", I32({1}, {7})), I32({2}, {1, 2})));
  EXPECT_TRUE(Same(Csv(",", I32({1}, {7})), Strings({2}, {"x", "-"}), 1));
  EXPECT_TRUE(Fails(Csv(",y", I32({0}, {})), "record 1: field 0 is missing and has no default"));
  EXPECT_TRUE(Fails(Csv("z,y", I32({1}, {7})), "record 1: field 0: want a int32, got 'z'"));
  EXPECT_TRUE(Fails(Csv("1,2,3", I32({1}, {7})), "record 1: want 2 fields, got 3"));
  EXPECT_TRUE(Fails(Csv("1,\"2", I32({1}, {7})), "record 1: a quoted field wants a quote"));
  EXPECT_TRUE(Fails(Csv("1,2", I32({2}, {7, 8})), "record_defaults[0]: want at most one element, got shape [2]"));
}

}  // namespace
}  // namespace rivulet

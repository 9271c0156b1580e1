#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// { feature_lists { feature_list { key: "q" value { feature { int64_list { value: 5 } } } } } }
constexpr char kMessage[] = "\x12\x10\x0A\x0E\x0A\x01q\x12\x09\x0A\x07\x1A\x05\x0A\x03\x05\x06\x07";

OpTester Lists(const char* key, std::vector<std::string> assumed_empty) {
  OpTester tester("ParseSequenceExample");
  const std::vector<std::string> none;
  tester.Attr("feature_list_dense_missing_assumed_empty", assumed_empty).Attr("context_sparse_keys", none);
  tester.Attr("context_dense_keys", none).Attr("feature_list_sparse_keys", none);
  tester.Attr("feature_list_dense_keys", std::vector<std::string>{key}).Attr("Nfeature_list_dense", 1);
  tester.Attr("feature_list_dense_types", std::vector<DType>{DType::kInt64});
  tester.Attr("feature_list_dense_shapes", std::vector<Shape>{Shape{3}});
  tester.Input(Strings({1}, {kMessage})).Input(Strings({1}, {"clip"}));
  return tester;
}

TEST(ParseSequenceExample, Lists) {
  EXPECT_TRUE(Same(Lists("q", {}).Run(), I64({1, 1, 3}, {5, 6, 7})));
  EXPECT_TRUE(Same(Lists("r", {"r"}).Run(), I64({1}, {0}), 1));
  EXPECT_TRUE(Fails(Lists("r", {}).Run(), "example 0, 'clip': feature list 'r': it is missing"));
}

}  // namespace
}  // namespace rivulet

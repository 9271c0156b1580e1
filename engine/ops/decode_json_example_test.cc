#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Json(const std::string& text) {
  Tensor input = Strings({}, {""});
  *input.data<std::string>() = text;
  return OpTester("DecodeJSONExample").Input(input);
}

TEST(DecodeJsonExample, ErrorsSayWhereAndWhat) {
  EXPECT_TRUE(Fails(Json("{\"features\":[]}").Run(),
                    "example 0: this is no JSON of a tf.Example: offset 12: want '{', got '['"));
  EXPECT_TRUE(Fails(Json("{\"feature\":{}}").Run(), "offset 11: no field is called 'feature' here, got '{'"));
  EXPECT_TRUE(Fails(Json("{").Run(), "offset 1: want a name, got the end"));
  EXPECT_TRUE(Fails(Json("{features:{feature:{a:{int64List:{value:[1.5]}}}}}").Run(), "want an int64, not '1.5'"));
  EXPECT_TRUE(Fails(Json("{features:{feature:{a:{bytesList:{value:[\"?\"]}}}}}").Run(), "want base64, not '?'"));
}

TEST(DecodeJsonExample, NestingIsBounded) {
  EXPECT_TRUE(Fails(Json("{features:{feature:{a:{int64List:{value:" + std::string(1000000, '[')).Run(),
                    "want nesting of at most 100"));
}

TEST(DecodeJsonExample, EveryStartAndEveryChangeEnds) {
  const std::string text =
      "{features:{feature:{\"a\\u00e4\\ud83d\\ude00\":{int64List:{value:[1,-2e1,null]}},b:{bytesList:{value:'YQ=='}}}}"
      "}";
  ASSERT_TRUE(Json(text).Run().ok());
  for (size_t length = 0; length < text.size(); ++length) EXPECT_TRUE(Fails(Json(text.substr(0, length)).Run()));
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char c : {'\0', '"', '\\', '[', '{', '}', '9', ',', '\xFF'}) {
      std::string changed = text;
      changed[at] = c;
      const auto got = Json(changed).Run();
      if (!got.ok()) EXPECT_TRUE(Fails(got));
    }
  }
}

}  // namespace
}  // namespace rivulet

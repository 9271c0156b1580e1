#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(Base64, WhatIsEncodedComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes.push_back(static_cast<char>(i * 7));
  for (const bool pad : {false, true}) {
    for (size_t length = 0; length < 5; ++length) {
      const Tensor text = Tensor::Scalar(bytes.substr(length * 50, 290 - length * 50 + length % 3));
      const auto encoded = OpTester("EncodeBase64").Attr("pad", pad).Input(text).Run();
      ASSERT_TRUE(encoded.ok());
      EXPECT_TRUE(Same(OpTester("DecodeBase64").Input((*encoded)[0]).Run(), text));
    }
  }
}

TEST(Base64, Errors) {
  EXPECT_TRUE(
      Fails(OpTester("DecodeBase64").Input(Strings({2}, {"YQ", "Y"})).Run(), "element 1: no base64: 1 characters"));
  EXPECT_TRUE(Fails(OpTester("DecodeBase64").Input(Strings({1}, {"a+b"})).Run(), "character '+' at 1"));
}

}  // namespace
}  // namespace rivulet

#include "engine/import/sniff.h"

#include <gtest/gtest.h>

#include <string>

namespace rivulet {
namespace {

using std::string_literals::operator""s;

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(Sniff, TextOfAnySystem) {
  EXPECT_TRUE(LooksLikeText(Bytes("node {\n  name: \"x\"\n}\n")));
  EXPECT_TRUE(LooksLikeText(Bytes("node {\r\n\tname: \"x\"\r\n}\r\n")));
  EXPECT_TRUE(LooksLikeText(Bytes("# größer\n")));
  EXPECT_FALSE(LooksLikeText(Bytes("")));
  EXPECT_FALSE(LooksLikeText(Bytes("node\0"s)));
  EXPECT_FALSE(LooksLikeText(Bytes("\n\x90\x40\n\x88\x40" + std::string(8200, 'x'))));  // a node with a long name
  EXPECT_FALSE(LooksLikeText(Bytes("\n\x0f\n\x01x\x12\x0bPlaceholder")));
}

TEST(Sniff, OtherFormatsByName) {
  const auto names = [](const std::string& bytes) { return std::string(DescribeForeignFile(Bytes(bytes))); };
  EXPECT_EQ(names("\x08\x01\x12\x05saved"s), "");  // a SavedModel is read
  EXPECT_NE(names("\x08\x07\x12\x07pytorch"s).find("ONNX"), std::string::npos);
  EXPECT_NE(names("\x1c\0\0\0TFL3"s).find("Lite"), std::string::npos);
  EXPECT_NE(names("PK\x03\x04").find("zip"), std::string::npos);
  const std::string keras = "PK\x03\x04" + std::string(26, 'x') + "metadata.json{}";
  EXPECT_NE(names(keras).find(".keras"), std::string::npos);
  EXPECT_EQ(names("XX" + keras.substr(2)).find(".keras"), std::string::npos) << "such bytes may be anybody's";
  EXPECT_NE(names("  {\"a\": 1}").find("JSON"), std::string::npos);
  EXPECT_EQ(names("PK"), "");
  EXPECT_EQ(names("node { name: \"x\" }"), "");
  EXPECT_EQ(names("\x0a\x05\x0a\x03one"), "");  // a GraphDef
}

}  // namespace
}  // namespace rivulet

#include "engine/ops/message_types.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

std::string Bytes(int tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag << 3 | 2));
  size_t size = content.size();
  for (; size >= 0x80; size >>= 7) out.push_back(static_cast<char>(size | 0x80));
  out.push_back(static_cast<char>(size));
  return out + content;
}

TEST(MessageTypes, NestedMessagesAreBounded) {
  std::string message = Bytes(1, "M");
  for (int i = 0; i < 1000; ++i) message = Bytes(1, "M") + Bytes(3, message);
  const auto types = MessageTypes::Parse(Bytes(1, Bytes(4, message)));
  ASSERT_FALSE(types.ok());
  EXPECT_NE(types.status().message().find("nested deeper than"), std::string::npos);
}

TEST(MessageTypes, RefusesWithTheName) {
  const auto refuses = [](const std::string& file, const char* why) {
    const auto types = MessageTypes::Parse(Bytes(1, file));
    ASSERT_FALSE(types.ok());
    EXPECT_NE(types.status().message().find(why), std::string::npos) << types.status().message();
  };
  refuses(Bytes(1, "a") + Bytes(3, "b"), "file 'a': it imports 'b', which is not before it");
  refuses(Bytes(12, "editions"), "want syntax 'proto2' or 'proto3', got 'editions'");
  refuses(Bytes(4, Bytes(1, "M")) + Bytes(5, Bytes(1, "M") + Bytes(2, Bytes(1, "A"))), "the name 'M' is there twice");
  refuses(Bytes(4, Bytes(1, "M") + Bytes(2, Bytes(1, "x") + "\x18\x01\x28\x63")), "no type has number 99");
  refuses(Bytes(4, Bytes(1, "M") + Bytes(2, Bytes(1, "x") + "\x18\x01\x20\x01" + Bytes(6, "Y"))), "is called 'Y'");
}

TEST(MessageTypes, Unescapes) {
  std::string out;
  EXPECT_TRUE(Unescape("a\\n\\101\\x4a\\u00e4\\U0001F600\\ud83d\\ude00\\\\", &out));
  EXPECT_EQ(out, "a\nAJ\xC3\xA4\xF0\x9F\x98\x80\xF0\x9F\x98\x80\\");
  for (const char* bad : {"\\", "\\q", "\\x", "\\u12", "\\U00110000"}) EXPECT_FALSE(Unescape(bad, &out)) << bad;
}

}  // namespace
}  // namespace rivulet

#include "engine/import/snappy.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace rivulet {
namespace {

using std::string_literals::operator""s;

std::string Decode(const std::string& bytes, uint64_t limit = 1 << 20) {
  auto out = SnappyDecode({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, limit);
  return out.ok() ? std::string(out->begin(), out->end()) : out.status().ToString();
}

TEST(Snappy, Literals) {
  EXPECT_EQ(Decode("\0"s), "");
  EXPECT_EQ(Decode("\x03\x08"
                   "abc"s),
            "abc");
  // Length in one byte, in two.
  EXPECT_EQ(Decode("\x46\xf0\x45"s + std::string(70, 'x')), std::string(70, 'x'));
  EXPECT_EQ(Decode("\xac\x02\xf4\x2b\x01"s + std::string(300, 'y')), std::string(300, 'y'));
  EXPECT_EQ(Decode("\x03\xf8\x02\0\0"
                   "abc"s),
            "abc");
  EXPECT_EQ(Decode("\x03\xfc\x02\0\0\0"
                   "abc"s),
            "abc");
}

TEST(Snappy, Copies) {
  // "abcd", then 4 bytes from 4 before: each of the three forms.
  EXPECT_EQ(Decode("\x08\x0c"
                   "abcd"
                   "\x01\x04"s),
            "abcdabcd");
  EXPECT_EQ(Decode("\x08\x0c"
                   "abcd"
                   "\x0e\x04\x00"s),
            "abcdabcd");
  EXPECT_EQ(Decode("\x08\x0c"
                   "abcd"
                   "\x0f\x04\0\0\0"s),
            "abcdabcd");
  // Offset 1: the copy reads what it writes.
  EXPECT_EQ(Decode("\x41\x00"
                   "a"
                   "\xfe\x01\x00"s),
            std::string(65, 'a'));
}

TEST(Snappy, Broken) {
  const auto data_loss = [](const std::string& bytes) { return Decode(bytes).starts_with("DATA_LOSS"); };
  EXPECT_TRUE(data_loss(""));
  EXPECT_TRUE(data_loss("\xff\xff\xff\xff\xff\x01"s));  // length of more than 32 bits
  EXPECT_TRUE(
      data_loss("\x03\x08"
                "ab"s));  // cut in a literal
  EXPECT_TRUE(
      data_loss("\x03\x04"
                "ab"s));  // one byte too few
  EXPECT_TRUE(
      data_loss("\x03\x0c"
                "abcd"s));              // one too many
  EXPECT_TRUE(data_loss("\x03\xf0"s));  // cut in a length
  EXPECT_TRUE(
      data_loss("\x03\xfc\xff\xff\xff\xff"
                "abc"s));
  EXPECT_TRUE(
      data_loss("\x08\x0c"
                "abcd"
                "\x01\x05"s));  // before the beginning
  EXPECT_TRUE(
      data_loss("\x08\x0c"
                "abcd"
                "\x01\x00"s));  // offset 0
  EXPECT_TRUE(
      data_loss("\x06\x0c"
                "abcd"
                "\x01\x04"s));  // copy longer than the rest
  EXPECT_TRUE(
      data_loss("\x08\x0c"
                "abcd"
                "\x01"s));  // cut in a copy
  EXPECT_TRUE(
      data_loss("\x08\x0c"
                "abcd"
                "\x0e\x04"s));
}

// A few bytes that say 4 GiB are refused before memory is asked for.
TEST(Snappy, Bombs) {
  EXPECT_TRUE(Decode("\xff\xff\xff\xff\x0f\x00"
                     "a"s,
                     uint64_t{1} << 40)
                  .starts_with("DATA_LOSS"));
  EXPECT_TRUE(Decode("\x41\x00"
                     "a"
                     "\xfe\x01\x00"s,
                     64)
                  .starts_with("RESOURCE_EXHAUSTED"));
}

}  // namespace
}  // namespace rivulet

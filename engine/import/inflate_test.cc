#include "engine/import/inflate.h"

#include <string>

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

using std::string_literals::operator""s;

// zlib.compress(b'a' * 1000, 9) of Python.
const std::string kThousand = "\x78\xda\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\x00\xf9\xd8\x7a\xf8"s;

Result<std::vector<uint8_t>> Unpack(const std::string& bytes, uint64_t limit = 1 << 20) {
  return Inflate(AsBytes(bytes), limit);
}

bool HasZlib() { return Unpack("").status().code() != Code::kUnimplemented; }

TEST(Inflate, WhatPythonCompressed) {
  if (!HasZlib()) GTEST_SKIP() << "this build has no zlib";
  const auto out = Unpack(kThousand);
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ(*out, std::vector<uint8_t>(1000, 'a'));
  EXPECT_TRUE(Unpack(kThousand, 1000).ok());
}

TEST(InflateHostile, G2_MoreThanTheLimit) {
  if (!HasZlib()) GTEST_SKIP() << "this build has no zlib";
  ExpectErrorWith(Unpack(kThousand, 999).status(), Code::kResourceExhausted, {"more than 999"});
  // Blocks of stored bytes that never end: a stream of one MiB that is given 64 KiB.
  std::string endless = "\x78\x01"s;
  for (int i = 0; i < 32; ++i) endless += "\x00"s + Little(0x8000, 2) + Little(0x7FFF, 2) + std::string(0x8000, 'x');
  ExpectErrorWith(Unpack(endless, 1 << 16).status(), Code::kResourceExhausted, {"more than 65536"});
}

TEST(InflateHostile, G2_BrokenStreams) {
  if (!HasZlib()) GTEST_SKIP() << "this build has no zlib";
  for (size_t cut = 0; cut < kThousand.size(); ++cut) {
    ExpectErrorWith(Unpack(kThousand.substr(0, cut)).status(), Code::kDataLoss, {"broken or cut"});
  }
  for (size_t at = 2; at < kThousand.size(); ++at) {
    std::string flipped = kThousand;
    flipped[at] ^= 4;
    const auto out = Unpack(flipped);
    if (!out.ok()) EXPECT_EQ(CodeName(out.status().code()), CodeName(Code::kDataLoss)) << out.status().ToString();
  }
  std::string wrong_sum = kThousand;
  wrong_sum.back() ^= 1;
  ExpectErrorWith(Unpack(wrong_sum).status(), Code::kDataLoss, {"broken"});
}

}  // namespace
}  // namespace rivulet

#include "engine/base/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string_view>
#include <vector>

namespace rivulet {

uint32_t Crc32cByTable(std::span<const uint8_t> bytes);  // what processors without the instruction use

namespace {

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// The examples of RFC 3720, appendix B.4, and the polynomial's usual check value.
TEST(Crc32c, KnownValues) {
  EXPECT_EQ(Crc32c(Bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::vector<uint8_t>(32, 0)), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::vector<uint8_t>(32, 0xFF)), 0x62A8AB43u);
  std::vector<uint8_t> rising(32);
  std::iota(rising.begin(), rising.end(), uint8_t{0});
  EXPECT_EQ(Crc32c(rising), 0x46DD794Eu);
  EXPECT_EQ(Crc32c({}), 0u);
}

TEST(Crc32c, PiecesAndBothWaysAgree) {
  std::vector<uint8_t> bytes(1000);
  uint32_t state = 1;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  for (size_t length = 0; length <= 100; ++length) {
    for (size_t start = 0; start < 9; ++start) {
      const std::span<const uint8_t> piece = std::span<const uint8_t>(bytes).subspan(start, length);
      const uint32_t whole = Crc32c(piece);
      EXPECT_EQ(whole, Crc32cByTable(piece)) << start << " " << length;
      EXPECT_EQ(whole, ExtendCrc32c(Crc32c(piece.first(length / 3)), piece.subspan(length / 3)));
    }
  }
}

TEST(Crc32c, Mask) {
  EXPECT_EQ(MaskCrc32c(0), 0xA282EAD8u);
  EXPECT_EQ(MaskCrc32c(0xE3069283u), ((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xA282EAD8u);
}

}  // namespace
}  // namespace rivulet

// For the tests of this folder: files put together byte by byte, so that every field can be wrong.
#ifndef RIVULET_ENGINE_MEDIA_TEST_BYTES_H_
#define RIVULET_ENGINE_MEDIA_TEST_BYTES_H_

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/media/image.h"

namespace rivulet::testing {

using namespace std::string_view_literals;
using namespace std::string_literals;

inline std::string Le(uint64_t value, int num_bytes) {
  std::string out;
  for (int i = 0; i < num_bytes; ++i) out += static_cast<char>(i < 8 ? value >> (8 * i) & 0xff : 0);
  return out;
}

inline std::string Be32(uint32_t value) {
  std::string out;
  for (int i = 3; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

inline uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

// zlib data of stored blocks.
inline std::string Stored(std::string_view bytes) {
  std::string out = "\x78\x01";
  uint32_t a = 1, b = 0;
  for (const char byte : bytes) {
    a = (a + static_cast<uint8_t>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  do {
    const size_t count = std::min<size_t>(bytes.size(), 65535);
    out += static_cast<char>(count == bytes.size());
    out += Le(count, 2) + Le(~count, 2);
    out += bytes.substr(0, count);
    bytes.remove_prefix(count);
  } while (!bytes.empty());
  return out + Be32(b << 16 | a);
}

inline std::string PngChunk(std::string_view type, std::string_view body) {
  const std::string checked = std::string(type) + std::string(body);
  return Be32(static_cast<uint32_t>(body.size())) + checked + Be32(Crc32(checked));
}

inline const std::string kPngSignature = "\x89PNG\r\n\x1a\n";

inline std::string PngHeader(uint32_t width, uint32_t height, int depth, int color_type, bool interlaced = false) {
  return PngChunk("IHDR", Be32(width) + Be32(height) + static_cast<char>(depth) + static_cast<char>(color_type) +
                              std::string(2, '\0') + static_cast<char>(interlaced));
}

// `rows` with a filter byte in front of each.
inline std::string Png(uint32_t width, uint32_t height, int depth, int color_type, std::string_view rows,
                       std::string_view chunks = {}, bool interlaced = false) {
  return kPngSignature + PngHeader(width, height, depth, color_type, interlaced) + std::string(chunks) +
         PngChunk("IDAT", Stored(rows)) + PngChunk("IEND", "");
}

inline std::string Text(const Status& status) { return status.ToString(); }

struct Decoded {
  Status status;
  ImageInfo info;
  std::vector<uint8_t> pixels;
};

// Both steps.
inline Decoded Decode(std::string_view file, const ImageOptions& options = {}) {
  Decoded out;
  auto info = InspectImage(AsBytes(file), options);
  if (!info.ok()) {
    out.status = info.status();
    return out;
  }
  out.info = *info;
  out.pixels.resize(static_cast<size_t>(out.info.bytes()));
  out.status = DecodeImage(AsBytes(file), options, out.pixels);
  return out;
}

// Skips the tests of a format whose library this build lacks.
class CodecTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (InspectPng(AsBytes(kPngSignature), {}).status().code() == Code::kUnimplemented) GTEST_SKIP();
  }
};

// A refusal with this code whose sentence has all the fragments.
inline void ExpectRefused(const Status& status, Code code, std::initializer_list<std::string_view> fragments) {
  EXPECT_EQ(CodeName(status.code()), CodeName(code)) << Text(status);
  for (const std::string_view fragment : fragments) {
    EXPECT_NE(status.message().find(fragment), std::string_view::npos)
        << "no '" << fragment << "' in: " << Text(status);
  }
}

}  // namespace rivulet::testing

#endif  // RIVULET_ENGINE_MEDIA_TEST_BYTES_H_

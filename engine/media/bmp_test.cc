#include <climits>

#include "engine/media/test_bytes.h"

namespace rivulet::testing {
namespace {

struct Bmp {
  int64_t width = 3;
  int64_t height = 2;
  int bits = 24;
  uint32_t offset = 54;
  uint32_t header = 40;
  uint32_t compression = 0;
  int64_t row_bytes = 12;
  int64_t num_rows = 2;

  // Pixel bytes count up from 0.
  std::string Bytes() const {
    std::string out = "BM" + Le(0, 8) + Le(offset, 4) + Le(header, 4) + Le(static_cast<uint64_t>(width), 4) +
                      Le(static_cast<uint64_t>(height), 4) + Le(1, 2) + Le(static_cast<uint64_t>(bits), 2) +
                      Le(compression, 4) + Le(0, 20);
    for (int64_t i = 0; i < row_bytes * num_rows; ++i) out += static_cast<char>(i);
    return out;
  }
};

std::vector<uint8_t> Pixels(const Bmp& bmp, int channels = 0) {
  ImageOptions options;
  options.channels = channels;
  const Decoded decoded = Decode(bmp.Bytes(), options);
  EXPECT_TRUE(decoded.status.ok()) << Text(decoded.status);
  return decoded.pixels;
}

TEST(DecodeBmp, TurnsRowsAndColors) {
  using V = std::vector<uint8_t>;
  EXPECT_EQ(Pixels({}), (V{14, 13, 12, 17, 16, 15, 20, 19, 18, 2, 1, 0, 5, 4, 3, 8, 7, 6}));
  EXPECT_EQ(Pixels({.height = -2}), (V{2, 1, 0, 5, 4, 3, 8, 7, 6, 14, 13, 12, 17, 16, 15, 20, 19, 18}));
  EXPECT_EQ(Pixels({.width = 1, .height = 1, .num_rows = 1}, 4), (V{2, 1, 0, 255}));
  EXPECT_EQ(Pixels({.width = 2, .height = -1, .bits = 32, .num_rows = 1}), (V{2, 1, 0, 3, 6, 5, 4, 7}));
  EXPECT_EQ(Pixels({.width = 2, .height = -1, .bits = 32, .num_rows = 1}, 3), (V{2, 1, 0, 6, 5, 4}));
  EXPECT_EQ(Pixels({.width = 2, .height = -1, .bits = 32, .compression = 3, .num_rows = 1}),
            (V{2, 1, 0, 3, 6, 5, 4, 7}));
  EXPECT_EQ(Pixels({.bits = 8, .row_bytes = 4}), (V{4, 5, 6, 0, 1, 2}));
  EXPECT_EQ(Pixels({.width = 1, .height = 1, .bits = 8}, 3), (V{0, 0, 0}));
}

TEST(DecodeBmp, WidensTo16Bits) {
  ImageOptions options;
  options.bits = 16;
  const Decoded decoded = Decode(Bmp{.width = 1, .height = -1, .num_rows = 1}.Bytes(), options);
  ASSERT_TRUE(decoded.status.ok());
  const uint16_t* values = reinterpret_cast<const uint16_t*>(decoded.pixels.data());
  EXPECT_EQ(values[0], 512);
  EXPECT_EQ(values[2], 0);
}

void ExpectBad(const Bmp& bmp, std::initializer_list<std::string_view> fragments, Code code = Code::kInvalidArgument) {
  ExpectRefused(Decode(bmp.Bytes()).status, code, fragments);
}

// H10
TEST(DecodeBmp, RefusesWrongHeaders) {
  ExpectBad({.offset = 1000}, {"from byte 1000", "78 bytes"});
  ExpectBad({.offset = 0xfffffff0}, {"from byte 4294967280"});
  ExpectBad({.offset = 2}, {"from byte 2 on"});
  ExpectBad({.height = INT_MIN}, {"height -2147483648"});
  ExpectBad({.height = 0}, {"above 0", "0 x 3"});
  ExpectBad({.width = 0}, {"above 0", "2 x 0"});
  ExpectBad({.width = -3}, {"above 0", "2 x -3"});
  ExpectBad({.width = INT_MAX, .height = INT_MAX}, {"2147483647 x 2147483647", "limit"}, Code::kResourceExhausted);
  ExpectBad({.width = 16384, .height = 16384}, {"16384 rows of 49152 bytes"});
  for (const int bits : {0, 1, 4, 16, 65535}) {
    ExpectBad({.bits = bits}, {"want 8, 24 or 32 bits per pixel", std::to_string(bits)});
  }
  for (const uint32_t compression : {1u, 2u, 4u, 0xffffffffu}) {
    ExpectBad({.bits = 8, .compression = compression}, {"want uncompressed", std::to_string(compression)});
  }
  ExpectBad({.compression = 3}, {"compression 3"});
  ExpectBad({.header = 12}, {"header of 40 bytes", "12"});
}

TEST(DecodeBmp, RefusesEveryPrefix) {
  const std::string file = Bmp().Bytes();
  for (size_t i = 0; i < file.size(); ++i) {
    ExpectRefused(Decode(file.substr(0, i)).status, Code::kInvalidArgument, {i < 2 ? "found" : "BMP"});
  }
}

// H12
TEST(DecodeBmp, RefusesWrongChannels) {
  for (const int channels : {-1, 1, 2, 5, 7}) {
    ImageOptions options;
    options.channels = channels;
    ExpectRefused(Decode(Bmp().Bytes(), options).status, Code::kInvalidArgument,
                  {"channels: want 0, 3 or 4", std::to_string(channels)});
  }
}

// H13, and 8 bits without a palette.
TEST(DecodeBmp, AcceptsWhatDoesNotMatter) {
  EXPECT_TRUE(Decode(Bmp().Bytes() + "garbage").status.ok());
  EXPECT_TRUE(Decode(Bmp{.bits = 8, .row_bytes = 4}.Bytes()).status.ok());
}

TEST(DecodeBmp, HonoursTheLimit) {
  ImageOptions options;
  options.limits.pixels = 5;
  ExpectRefused(Decode(Bmp().Bytes(), options).status, Code::kResourceExhausted, {"2 x 3", "limit is 5"});
  options.limits.pixels = 6;
  EXPECT_TRUE(Decode(Bmp().Bytes(), options).status.ok());
}

TEST(DecodeBmp, Stops) {
  const std::atomic<bool> cancel{true};
  ImageOptions options;
  options.stop = StopToken(&cancel, StopToken::Clock::time_point::max());
  EXPECT_EQ(Decode(Bmp().Bytes(), options).status.code(), Code::kCancelled);
}

}  // namespace
}  // namespace rivulet::testing

#include <cstring>

#include "engine/media/test_bytes.h"

namespace rivulet::testing {
namespace {

using V = std::vector<uint8_t>;

class DecodePngTest : public CodecTest {};
class EncodePngTest : public CodecTest {};

Decoded With(std::string_view file, int channels, int bits = 8) {
  ImageOptions options;
  options.channels = channels;
  options.bits = bits;
  return Decode(file, options);
}

V Pixels(std::string_view file, int channels = 0) {
  const Decoded decoded = With(file, channels);
  EXPECT_TRUE(decoded.status.ok()) << Text(decoded.status);
  return decoded.pixels;
}

std::vector<uint16_t> Pixels16(std::string_view file, int channels = 0) {
  const Decoded decoded = With(file, channels, 16);
  EXPECT_TRUE(decoded.status.ok()) << Text(decoded.status);
  std::vector<uint16_t> out(decoded.pixels.size() / 2);
  std::memcpy(out.data(), decoded.pixels.data(), decoded.pixels.size());
  return out;
}

TEST_F(DecodePngTest, Channels) {
  const std::string gray = Png(2, 1, 8, 0, "\0\x10\x80"sv);
  EXPECT_EQ(Pixels(gray), (V{0x10, 0x80}));
  EXPECT_EQ(Pixels(gray, 2), (V{0x10, 255, 0x80, 255}));
  EXPECT_EQ(Pixels(gray, 3), (V{0x10, 0x10, 0x10, 0x80, 0x80, 0x80}));
  EXPECT_EQ(Pixels(gray, 4), (V{0x10, 0x10, 0x10, 255, 0x80, 0x80, 0x80, 255}));
  const std::string rgba = Png(1, 1, 8, 6, "\0\x0a\x14\x1e\x28"sv);
  EXPECT_EQ(Pixels(rgba), (V{10, 20, 30, 40}));
  EXPECT_EQ(Pixels(rgba, 3), (V{10, 20, 30}));
  EXPECT_EQ(Pixels(rgba, 1), (V{18}));  // 0.299 r + 0.587 g + 0.114 b
  EXPECT_EQ(Pixels(rgba, 2), (V{18, 40}));
  const std::string gray_alpha = Png(1, 1, 8, 4, "\0\x0a\x14"sv);
  EXPECT_EQ(Pixels(gray_alpha), (V{10, 20}));
  EXPECT_EQ(Pixels(gray_alpha, 1), (V{10}));
  EXPECT_EQ(Pixels(gray_alpha, 4), (V{10, 10, 10, 20}));
}

TEST_F(DecodePngTest, SmallDepthsAreStretched) {
  EXPECT_EQ(Pixels(Png(8, 1, 1, 0, "\0\xa5"sv)), (V{255, 0, 255, 0, 0, 255, 0, 255}));
  EXPECT_EQ(Pixels(Png(4, 1, 2, 0, "\0\x1b"sv)), (V{0, 85, 170, 255}));
  EXPECT_EQ(Pixels(Png(2, 1, 4, 0, "\0\x1f"sv)), (V{17, 255}));
}

TEST_F(DecodePngTest, Palette) {
  const std::string palette = PngChunk("PLTE", "\x01\x02\x03\x04\x05\x06");
  EXPECT_EQ(Pixels(Png(2, 1, 8, 3, "\0\1\0"sv, palette)), (V{4, 5, 6, 1, 2, 3}));
  const std::string with_alpha = palette + PngChunk("tRNS", "\x40");
  EXPECT_EQ(Pixels(Png(2, 1, 8, 3, "\0\1\0"sv, with_alpha)), (V{4, 5, 6, 255, 1, 2, 3, 0x40}));
  EXPECT_EQ(Pixels(Png(2, 1, 8, 3, "\0\1\0"sv, with_alpha), 3), (V{4, 5, 6, 1, 2, 3}));
}

TEST_F(DecodePngTest, Bits16) {
  const std::string deep = Png(2, 1, 16, 0, "\0\x01\x02\xff\x7f"sv);
  EXPECT_EQ(Pixels(deep), (V{1, 255}));
  EXPECT_EQ(Pixels16(deep), (std::vector<uint16_t>{0x0102, 0xff7f}));
  EXPECT_EQ(Pixels16(deep, 3)[1], 0x0102);
  EXPECT_EQ(Pixels16(Png(2, 1, 8, 0, "\0\x01\xff"sv)), (std::vector<uint16_t>{257, 65535}));
}

TEST_F(DecodePngTest, InterlacedOnePixel) { EXPECT_EQ(Pixels(Png(1, 1, 8, 0, "\0\x07"sv, {}, true)), (V{7})); }

TEST_F(DecodePngTest, Interlaced) {
  // 3 x 2 by the passes of Adam7: (0,0); (2,0) in the fourth; (1,0) in the sixth; the second row in the seventh.
  const std::string rows =
      "\0\x01"
      "\0\x03"
      "\0\x02"
      "\0\x04\x05\x06"s;
  EXPECT_EQ(Pixels(Png(3, 2, 8, 0, rows, {}, true)), (V{1, 2, 3, 4, 5, 6}));
}

// H6
TEST_F(DecodePngTest, RefusesGiants) {
  ExpectRefused(Decode(Png(0x7fffffff, 1, 8, 0, "\0a"sv)).status, Code::kResourceExhausted, {"2147483647"});
  ExpectRefused(Decode(Png(0x7fffffff, 0x7fffffff, 16, 6, "\0a"sv)).status, Code::kResourceExhausted, {"limit"});
  ExpectRefused(Decode(Png(0xffffffff, 1, 8, 0, "\0a"sv)).status, Code::kResourceExhausted, {"4294967295"});
  ExpectRefused(Decode(Png(30000, 30000, 8, 2, "\0a"sv)).status, Code::kResourceExhausted, {"30000 x 30000", "limit"});
  ExpectRefused(Decode(Png(2000000, 1, 8, 0, "\0a"sv)).status, Code::kResourceExhausted, {"2000000", "side"});
  ExpectRefused(Decode(Png(0, 1, 8, 0, "\0a"sv)).status, Code::kInvalidArgument, {"above 0"});
  // Within the limits, but no deflate stream of this length unpacks to that.
  ExpectRefused(Decode(Png(10000, 10000, 8, 2, "\0a"sv)).status, Code::kInvalidArgument,
                {"cannot hold", "300010000 bytes"});
}

// H7
TEST_F(DecodePngTest, SkipsAncillaryChunks) {
  const std::string bomb = PngChunk("zTXt", "k\0\0"s + Stored(std::string(100000, 'x'))) +
                           PngChunk("tEXt", std::string(50000, 'x')) + PngChunk("eXIf", std::string(50000, 'x')) +
                           PngChunk("iCCP", "p\0\0"s + Stored(std::string(100000, 'x')));
  EXPECT_EQ(Pixels(Png(1, 1, 8, 2, "\0\x01\x02\x03"sv, bomb)), (V{1, 2, 3}));
  EXPECT_EQ(Pixels(Png(1, 1, 8, 2, "\0\x01\x01\x01"sv, bomb), 1), (V{1}));
  std::string many;
  const std::string one = PngChunk("tEXt", "a");
  for (int i = 0; i < 70000; ++i) many += one;
  ExpectRefused(Decode(Png(1, 1, 8, 0, "\0a"sv, many)).status, Code::kResourceExhausted, {"65536 chunks"});
  const std::string giant = PngChunk("tEXt", std::string(8000001, 'x'));
  ExpectRefused(Decode(Png(1, 1, 8, 0, "\0a"sv, giant)).status, Code::kResourceExhausted, {"'tEXt' of 8000001 bytes"});
}

// H8
TEST_F(DecodePngTest, RefusesDamage) {
  std::string bad_crc = Png(2, 1, 8, 0, "\0ab"sv);
  bad_crc[bad_crc.size() - 12 - 1] ^= 1;  // the checksum of IDAT
  ExpectRefused(Decode(bad_crc).status, Code::kInvalidArgument, {"PNG", "CRC"});
  const std::string header = PngHeader(2, 1, 8, 0);
  const std::string end = PngChunk("IEND", "");
  ExpectRefused(Decode(kPngSignature + header + end).status, Code::kInvalidArgument, {"PNG"});
  ExpectRefused(Decode(kPngSignature + header + header + end).status, Code::kInvalidArgument, {"IHDR", "at byte 33"});
  ExpectRefused(Decode(kPngSignature + end).status, Code::kInvalidArgument, {"want IHDR", "'IEND'"});
  ExpectRefused(Decode(kPngSignature + PngChunk("IHDR", "abc") + end).status, Code::kInvalidArgument,
                {"13 bytes of IHDR"});
  ExpectRefused(Decode(Png(2, 2, 8, 0, "\0ab"sv)).status, Code::kInvalidArgument, {"PNG"});  // too short
  EXPECT_EQ(Pixels(Png(2, 1, 8, 0, "\0ab and more"sv)), (V{'a', 'b'}));                      // too long
  ExpectRefused(Decode(Png(2, 1, 8, 0,
                           "\x09"
                           "ab"sv))
                    .status,
                Code::kInvalidArgument, {"PNG", "filter"});
  ExpectRefused(Decode(Png(2, 1, 3, 0, "\0a"sv)).status, Code::kInvalidArgument, {"bit depth 3"});
  ExpectRefused(Decode(Png(2, 1, 8, 5, "\0a"sv)).status, Code::kInvalidArgument, {"color type 5"});
  ExpectRefused(Decode(Png(2, 1, 4, 2, "\0a\0\0"sv)).status, Code::kInvalidArgument, {"PNG"});
  ExpectRefused(Decode(Png(2, 1, 8, 3, "\0ab"sv)).status, Code::kInvalidArgument, {"PNG"});  // no palette
  ExpectRefused(Decode(Png(1, 1, 8, 0, "\0a"sv, PngChunk("CRIT", "x"))).status, Code::kInvalidArgument, {"PNG"});
}

TEST_F(DecodePngTest, PaletteIndexPastTheEndStaysInside) {
  EXPECT_EQ(Pixels(Png(1, 1, 8, 3, "\0\xff"sv, PngChunk("PLTE", "abc"))), (V{0, 0, 0}));
}

TEST_F(DecodePngTest, RefusesEveryPrefix) {
  const std::string file = Png(3, 2, 8, 2, std::string(20, '\0'));
  ASSERT_TRUE(Decode(file).status.ok());
  for (size_t i = 0; i < file.size(); ++i) {
    ExpectRefused(Decode(file.substr(0, i)).status, Code::kInvalidArgument, {i < 8 ? "found" : "PNG: the file is cut"});
  }
}

// H12
TEST_F(DecodePngTest, RefusesWrongChannels) {
  for (const int channels : {-1, 5, 7}) {
    ExpectRefused(With(Png(1, 1, 8, 0, "\0a"sv), channels).status, Code::kInvalidArgument,
                  {"channels: want 0 to 4", std::to_string(channels)});
  }
}

// H13
TEST_F(DecodePngTest, AcceptsTrailingBytes) { EXPECT_EQ(Pixels(Png(1, 1, 8, 0, "\0a"sv) + "garbage"), (V{'a'})); }

TEST_F(DecodePngTest, Stops) {
  const std::atomic<bool> cancel{true};
  ImageOptions options;
  options.stop = StopToken(&cancel, StopToken::Clock::time_point::max());
  EXPECT_EQ(Decode(Png(1, 1, 8, 0, "\0a"sv), options).status.code(), Code::kCancelled);
}

TEST_F(EncodePngTest, ReadsBack) {
  for (const int bits : {8, 16}) {
    for (int64_t channels = 1; channels <= 4; ++channels) {
      const ImageInfo info{.format = ImageFormat::kPng, .height = 5, .width = 3, .channels = channels, .bits = bits};
      V pixels(static_cast<size_t>(info.bytes()));
      for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 37);
      auto file = EncodePng(pixels, info, {});
      ASSERT_TRUE(file.ok()) << Text(file.status());
      const Decoded decoded = With(*file, 0, bits);
      ASSERT_TRUE(decoded.status.ok()) << Text(decoded.status);
      EXPECT_EQ(decoded.info.channels, channels);
      EXPECT_EQ(decoded.pixels, pixels);
    }
  }
}

TEST_F(EncodePngTest, RefusesWrongArguments) {
  const V pixels(12);
  const ImageInfo good{.height = 2, .width = 2, .channels = 3};
  ImageInfo info = good;
  info.channels = 5;
  ExpectRefused(EncodePng(pixels, info, {}).status(), Code::kInvalidArgument, {"1 to 4 channels", "5"});
  info = good;
  info.bits = 4;
  ExpectRefused(EncodePng(pixels, info, {}).status(), Code::kInvalidArgument, {"8 or 16 bits"});
  info = good;
  info.height = 0;
  ExpectRefused(EncodePng(pixels, info, {}).status(), Code::kInvalidArgument, {"above 0"});
  info = good;
  info.frames = 2;
  ExpectRefused(EncodePng(pixels, info, {}).status(), Code::kInvalidArgument, {"one frame"});
  ExpectRefused(EncodePng(pixels, good, {.compression = 10}).status(), Code::kInvalidArgument,
                {"compression: want -1 to 9"});
}

}  // namespace
}  // namespace rivulet::testing

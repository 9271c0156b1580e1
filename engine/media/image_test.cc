#include "engine/media/image.h"

#include <cstring>

#include "engine/media/test_bytes.h"

namespace rivulet::testing {
namespace {

TEST(SniffImage, NamesWhatItFinds) {
  const std::pair<std::string, ImageFormat> cases[] = {
      {"", ImageFormat::kEmpty},
      {"\xff\xd8\xff\xe0", ImageFormat::kJpeg},
      {kPngSignature, ImageFormat::kPng},
      {"GIF89a", ImageFormat::kGif},
      {"BM", ImageFormat::kBmp},
      {"RIFF\0\0\0\0WEBPVP8 "s, ImageFormat::kWebp},
      {"RIFF\0\0\0\0WAVEfmt "s, ImageFormat::kWav},
      {"\0\0\0\x18"
       "ftypheic"s,
       ImageFormat::kHeic},
      {"\0\0\0\x18"
       "ftypmif1"s,
       ImageFormat::kHeic},
      {"\0\0\0\x18"
       "ftypavif"s,
       ImageFormat::kAvif},
      {"\0\0\0\x18"
       "ftypisom"s,
       ImageFormat::kMp4},
      {"II*\0"s, ImageFormat::kTiff},
      {"%PDF-1.4", ImageFormat::kPdf},
      {"\r\n <!DOCTYPE HTML>", ImageFormat::kHtml},
      {"\xef\xbb\xbf<html>", ImageFormat::kHtml},
      {"<svg xmlns", ImageFormat::kSvg},
      {"<?xml version", ImageFormat::kXml},
      {"\x1f\x8b\x08", ImageFormat::kGzip},
      {"PK\x03\x04", ImageFormat::kZip},
      {"P6\n1 1\n", ImageFormat::kNetpbm},
      {"\x01\x02\x03", ImageFormat::kUnknown},
      {"G", ImageFormat::kUnknown},
      {std::string(200, ' '), ImageFormat::kUnknown},
  };
  for (const auto& [bytes, format] : cases) EXPECT_EQ(SniffImage(AsBytes(bytes)), format) << Name(format);
}

// H11
class InspectImageTest : public CodecTest {};

TEST_F(InspectImageTest, RefusesOtherFormatsByName) {
  const ImageOptions options;
  ExpectRefused(Decode("").status, Code::kInvalidArgument, {"found no bytes at all"});
  ExpectRefused(Decode("RIFF\0\0\0\0WEBP"sv).status, Code::kInvalidArgument,
                {"want JPEG, PNG, GIF or BMP", "found WebP"});
  ExpectRefused(Decode("\0\0\0\x18"
                       "ftypheic"sv)
                    .status,
                Code::kInvalidArgument, {"found HEIC"});
  ExpectRefused(Decode("abcdefgh").status, Code::kInvalidArgument, {"found an unknown format"});
  ExpectRefused(InspectPng(AsBytes("GIF89a"), options).status(), Code::kInvalidArgument, {"want PNG, found GIF"});
  ExpectRefused(InspectGif(AsBytes(kPngSignature), options).status(), Code::kInvalidArgument, {"want GIF, found PNG"});
  ExpectRefused(InspectBmp(AsBytes("<html>"), options).status(), Code::kInvalidArgument,
                {"want BMP, found an HTML page"});
  ExpectRefused(InspectJpeg(AsBytes("%PDF"), options).status(), Code::kInvalidArgument, {"want JPEG, found PDF"});
  ExpectRefused(ReadJpegShape(AsBytes("BM"), {}).status(), Code::kInvalidArgument, {"want JPEG, found BMP"});
}

TEST(CheckPixels, CountsAllFramesWithoutOverflow) {
  const MediaLimits limits{.pixels = 100};
  EXPECT_TRUE(CheckPixels(ImageFormat::kGif, 1, 10, 10, limits).ok());
  ExpectRefused(CheckPixels(ImageFormat::kGif, 2, 10, 10, limits), Code::kResourceExhausted,
                {"2 frames of 10 x 10", "limit is 100"});
  ExpectRefused(CheckPixels(ImageFormat::kPng, 1, INT64_MAX, INT64_MAX, limits), Code::kResourceExhausted, {"limit"});
  ExpectRefused(CheckPixels(ImageFormat::kPng, 1, 0, 3, limits), Code::kInvalidArgument, {"above 0", "0 x 3"});
  // Even without a limit the bytes of a picture must fit into 63 bits.
  const MediaLimits none{.pixels = INT64_MAX};
  ExpectRefused(CheckPixels(ImageFormat::kPng, 1, int64_t{1} << 31, int64_t{1} << 31, none), Code::kResourceExhausted,
                {"x"});
}

TEST(WidenInPlace, KeepsTheOrder) {
  std::vector<uint8_t> bytes = {1, 2, 255, 0, 0, 0};
  WidenInPlace(bytes, 257);
  uint16_t values[3];
  std::memcpy(values, bytes.data(), sizeof values);
  EXPECT_EQ(values[0], 257);
  EXPECT_EQ(values[1], 514);
  EXPECT_EQ(values[2], 65535);
}

TEST_F(InspectImageTest, RefusesABufferOfAnotherSize) {
  const std::string file = Png(2, 1, 8, 0, "\0ab"sv);
  std::vector<uint8_t> pixels(3);
  EXPECT_EQ(DecodeImage(AsBytes(file), {}, pixels).code(), Code::kInternal);
}

}  // namespace
}  // namespace rivulet::testing

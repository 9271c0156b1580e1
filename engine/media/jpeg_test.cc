#include <cmath>
#include <cstring>

#include "engine/media/test_bytes.h"
#include "engine/media/testdata/jpeg_goldens.h"

namespace rivulet::testing {
namespace {

using V = std::vector<uint8_t>;

class DecodeJpegTest : public CodecTest {};
class EncodeJpegTest : public CodecTest {};

std::string Jpeg(int64_t height, int64_t width, int64_t channels, const JpegEncodeOptions& options = {}) {
  const ImageInfo info{.format = ImageFormat::kJpeg, .height = height, .width = width, .channels = channels};
  V pixels(static_cast<size_t>(info.bytes()));
  uint32_t state = 1;
  for (uint8_t& value : pixels) value = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  auto file = EncodeJpeg(pixels, info, options);
  EXPECT_TRUE(file.ok()) << Text(file.status());
  return file.ok() ? *file : std::string();
}

// Where the first marker segment of this kind starts.
size_t FindMarker(const std::string& file, int marker) {
  size_t at = 2;
  while (at + 4 <= file.size() && static_cast<uint8_t>(file[at + 1]) != marker) {
    at += 2 + static_cast<uint8_t>(file[at + 2]) * 256u + static_cast<uint8_t>(file[at + 3]);
  }
  return at;
}

constexpr int kFrame = 0xc0, kHuffman = 0xc4, kQuantisation = 0xdb, kScan = 0xda;

// In the frame segment: 4 precision, 5 height, 7 width, 9 components, 11 sampling of the first.
std::string WithFrameByte(std::string file, size_t offset, int value) {
  file[FindMarker(file, kFrame) + offset] = static_cast<char>(value);
  return file;
}

void ExpectNear(const Decoded& decoded, std::span<const uint8_t> want) {
  ASSERT_TRUE(decoded.status.ok()) << Text(decoded.status);
  ASSERT_EQ(decoded.pixels.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) EXPECT_LE(std::abs(decoded.pixels[i] - want[i]), 1) << i;
}

std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_F(DecodeJpegTest, LikeTensorFlow) {
  ExpectNear(Decode(AsText(kProgressiveHalfChromaFile)), kProgressiveHalfChromaPixels);
  ExpectNear(Decode(AsText(kCmykFile)), kCmykPixels);
  ImageOptions options;
  options.dct = JpegDct::kAccurate;
  ExpectNear(Decode(AsText(kProgressiveHalfChromaFile), options), kProgressiveHalfChromaAccuratePixels);
  ExpectNear(Decode(AsText(kCmykFile), options), kCmykAccuratePixels);
}

TEST_F(DecodeJpegTest, ChannelsRatioAndCrop) {
  const std::string color = Jpeg(21, 34, 3);
  const std::string gray = Jpeg(21, 34, 1);
  ImageOptions options;
  EXPECT_EQ(Decode(color).info.channels, 3);
  EXPECT_EQ(Decode(gray).info.channels, 1);
  options.channels = 1;
  EXPECT_EQ(Decode(color, options).info.channels, 1);
  options.channels = 3;
  const Decoded spread = Decode(gray, options);
  EXPECT_EQ(spread.info.channels, 3);
  EXPECT_EQ(spread.pixels[0], Decode(gray).pixels[0]);
  EXPECT_EQ(spread.pixels[2], spread.pixels[0]);
  options.ratio = 4;
  const Decoded small = Decode(color, options);
  EXPECT_EQ(small.info.height, 6);
  EXPECT_EQ(small.info.width, 9);
  EXPECT_TRUE(small.status.ok()) << Text(small.status);

  // Without chroma to be smoothed, cropping is cutting.
  const Decoded whole = Decode(gray);
  options = {};
  options.crop = CropWindow{.y = 5, .x = 19, .height = 7, .width = 10};
  const Decoded cut = Decode(gray, options);
  ASSERT_TRUE(cut.status.ok()) << Text(cut.status);
  EXPECT_EQ(cut.info.height, 7);
  EXPECT_EQ(cut.info.width, 10);
  for (size_t y = 0; y < 7; ++y) {
    for (size_t x = 0; x < 10; ++x) EXPECT_EQ(cut.pixels[y * 10 + x], whole.pixels[(y + 5) * 34 + x + 19]);
  }
  options = {};
  options.bits = 16;
  const Decoded wide = Decode(gray, options);
  ASSERT_TRUE(wide.status.ok());
  uint16_t first;
  std::memcpy(&first, wide.pixels.data(), sizeof first);
  EXPECT_EQ(first, whole.pixels[0] * 256);
}

TEST_F(DecodeJpegTest, CropWindowMustFit) {
  const std::string file = Jpeg(10, 20, 3);
  const CropWindow windows[] = {{0, 0, 0, 5},  {0, 0, 5, 0},  {-1, 0, 5, 5},        {0, -1, 5, 5},       {6, 0, 5, 5},
                                {0, 16, 5, 5}, {0, 0, 11, 5}, {INT64_MAX, 0, 1, 1}, {0, 1, 1, INT64_MAX}};
  for (const CropWindow& window : windows) {
    ImageOptions options;
    options.crop = window;
    ExpectRefused(Decode(file, options).status, Code::kInvalidArgument, {"crop window", "10 x 20"});
  }
  ImageOptions options;
  options.crop = CropWindow{9, 19, 1, 1};
  EXPECT_TRUE(Decode(file, options).status.ok());
}

// H1
TEST_F(DecodeJpegTest, RefusesGiants) {
  std::string file = Jpeg(8, 8, 1);
  const size_t frame = FindMarker(file, kFrame);
  for (const size_t offset : {5, 7}) {
    file[frame + offset] = static_cast<char>(65500 >> 8);
    file[frame + offset + 1] = static_cast<char>(65500 & 0xff);
  }
  ExpectRefused(Decode(file).status, Code::kResourceExhausted, {"65500 x 65500", "limit"});
  ExpectRefused(ReadJpegShape(AsBytes(file), {}).status(), Code::kResourceExhausted, {"65500 x 65500"});
  file[frame + 5] = file[frame + 7] = 0x20;
  ExpectRefused(Decode(file).status, Code::kInvalidArgument, {"cannot hold", "8412 x 8412"});
}

// H2
TEST_F(DecodeJpegTest, RefusesManyScans) {
  const std::string file = Jpeg(64, 64, 3, {.progressive = true});
  ASSERT_TRUE(Decode(file).status.ok());
  size_t last_scan = 0;
  for (size_t at = file.find("\xff\xda"); at != std::string::npos; at = file.find("\xff\xda", at + 1)) last_scan = at;
  const std::string scan = file.substr(last_scan, file.size() - 2 - last_scan);
  std::string bomb = file.substr(0, file.size() - 2);
  for (int i = 0; i < 2000; ++i) bomb += scan;
  ExpectRefused(Decode(bomb + "\xff\xd9").status, Code::kResourceExhausted, {"more than 256 scans"});
}

// H3: every cut is refused; with recovery the size stays and the start of the picture is there.
TEST_F(DecodeJpegTest, CutAnywhere) {
  for (const bool progressive : {false, true}) {
    const std::string file = Jpeg(24, 24, 3, {.quality = 40, .progressive = progressive});
    for (size_t i = 0; i < file.size(); ++i) {
      const std::string cut = file.substr(0, i);
      ExpectRefused(Decode(cut).status, Code::kInvalidArgument, {i < 3 ? "found" : "JPEG"});
      ImageOptions options;
      options.try_recover_truncated = true;
      const Decoded decoded = Decode(cut, options);
      const bool headers_are_whole = !progressive && i > FindMarker(file, kScan) + 10;
      if (headers_are_whole) {
        EXPECT_TRUE(decoded.status.ok()) << i << Text(decoded.status);
      } else if (!decoded.status.ok()) {
        EXPECT_EQ(decoded.status.code(), Code::kInvalidArgument);
      }
    }
  }
}

TEST_F(DecodeJpegTest, AcceptableFraction) {
  const std::string file = Jpeg(64, 64, 1);
  const std::string cut = file.substr(0, file.size() / 2);
  ExpectRefused(Decode(cut).status, Code::kInvalidArgument, {"ends early", "try_recover_truncated"});
  ImageOptions options;
  options.acceptable_fraction = 0.9f;
  ExpectRefused(Decode(cut, options).status, Code::kInvalidArgument, {"ends early"});
  options.acceptable_fraction = 0.2f;
  const Decoded part = Decode(cut, options);
  ASSERT_TRUE(part.status.ok()) << Text(part.status);
  const Decoded whole = Decode(file);
  EXPECT_TRUE(std::equal(part.pixels.begin(), part.pixels.begin() + 16 * 64, whole.pixels.begin()));
  EXPECT_EQ(part.pixels.back(), 0);
}

TEST_F(DecodeJpegTest, RefusesDamage) {
  const std::string file = Jpeg(32, 32, 1);
  std::string bad = file;
  bad[FindMarker(file, kHuffman) + 5] = '\xff';  // 255 codes of one bit
  ExpectRefused(Decode(bad).status, Code::kInvalidArgument, {"JPEG: Bogus Huffman table"});
  bad = file;
  bad[FindMarker(file, kQuantisation) + 4] = 0x0f;  // table 15
  ExpectRefused(Decode(bad).status, Code::kInvalidArgument, {"JPEG: Bogus DQT"});
  bad = file;
  const size_t scan = FindMarker(file, kScan) + 10;
  bad.replace(scan + 50, 2, "\xff\xd0");  // a restart marker where none is due
  ExpectRefused(Decode(bad).status, Code::kInvalidArgument, {"JPEG: Corrupt JPEG data", "try_recover_truncated"});
  ImageOptions options;
  options.try_recover_truncated = true;
  EXPECT_TRUE(Decode(bad, options).status.ok());
  // Seen only when the last row is there already.
  bad = Jpeg(1, 128, 1);
  bad.replace(FindMarker(bad, kScan) + 40, 2, "\xff\xd0");
  ExpectRefused(Decode(bad).status, Code::kInvalidArgument, {"JPEG: Corrupt JPEG data", "try_recover_truncated"});
}

// H4
TEST_F(DecodeJpegTest, RefusesWrongFrames) {
  const std::string file = Jpeg(16, 16, 3, {.chroma_downsampling = false});
  ASSERT_TRUE(Decode(file).status.ok());
  for (const int components : {0, 2, 5, 255}) {
    ExpectRefused(Decode(WithFrameByte(file, 9, components)).status, Code::kInvalidArgument, {"JPEG"});
  }
  for (const int sampling : {0x00, 0x05, 0x51, 0x10, 0x55}) {
    ExpectRefused(Decode(WithFrameByte(file, 11, sampling)).status, Code::kInvalidArgument, {"sampling factors"});
  }
  ExpectRefused(Decode(WithFrameByte(file, 4, 12)).status, Code::kUnimplemented, {"precision 12"});
  ExpectRefused(Decode(WithFrameByte(file, 4, 0)).status, Code::kUnimplemented, {"precision 0"});
  ExpectRefused(Decode(WithFrameByte(file, 1, 0xc3)).status, Code::kUnimplemented, {"0xc3"});  // lossless
  (void)Decode(WithFrameByte(file, 1, 0xc9));  // as arithmetic code any bits are a picture
}

TEST_F(DecodeJpegTest, InksWithoutOrWithWrongAdobeMarker) {
  std::string file(AsText(kCmykFile));
  const size_t adobe = file.find("Adobe");
  ASSERT_NE(adobe, std::string::npos);
  ImageOptions options;
  options.channels = 1;
  ExpectRefused(Decode(file, options).status, Code::kInvalidArgument, {"4 components", "1 channel"});
  file[adobe + 11] = 2;  // YCCK
  EXPECT_EQ(Decode(file).pixels.size(), 7u * 5 * 3);
  EXPECT_TRUE(Decode(file).status.ok());
  file[adobe + 11] = 77;
  EXPECT_TRUE(Decode(file).status.ok());
  file[adobe] = 'x';  // no marker at all: inks as they are
  const Decoded plain = Decode(file);
  ASSERT_TRUE(plain.status.ok());
  EXPECT_NE(plain.pixels, Decode(AsText(kCmykFile)).pixels);
}

// H5
TEST_F(DecodeJpegTest, SkipsSegments) {
  const std::string file = Jpeg(8, 8, 1);
  std::string stuffed = file.substr(0, 2);
  for (const int marker : {0xe1, 0xe2, 0xed, 0xfe}) {
    for (int i = 0; i < 20; ++i)
      stuffed += "\xff"s + static_cast<char>(marker) + "\xff\xff"s + std::string(65533, '\xff');
  }
  EXPECT_EQ(Decode(stuffed + file.substr(2)).pixels, Decode(file).pixels);
  // A segment longer than the file, and one too short for its own length.
  ExpectRefused(Decode(file.substr(0, 2) + "\xff\xe1\xff\xff" + file.substr(2)).status, Code::kInvalidArgument,
                {"JPEG"});
  EXPECT_TRUE(Decode(file.substr(0, 2) + "\xff\xfe\0\0"s + file.substr(2)).status.ok());
}

// H12
TEST_F(DecodeJpegTest, RefusesWrongOptions) {
  const std::string file = Jpeg(8, 8, 3);
  for (const int channels : {-1, 2, 4, 7}) {
    ImageOptions options;
    options.channels = channels;
    ExpectRefused(Decode(file, options).status, Code::kInvalidArgument,
                  {"channels: want 0, 1 or 3", std::to_string(channels)});
  }
  for (const int ratio : {-1, 0, 3, 16}) {
    ImageOptions options;
    options.ratio = ratio;
    ExpectRefused(Decode(file, options).status, Code::kInvalidArgument,
                  {"ratio: want 1, 2, 4 or 8", std::to_string(ratio)});
  }
}

// H13
TEST_F(DecodeJpegTest, AcceptsTrailingBytes) {
  const std::string file = Jpeg(8, 8, 3);
  EXPECT_EQ(Decode(file + "garbage").pixels, Decode(file).pixels);
}

TEST_F(DecodeJpegTest, HonoursMemoryLimitAndStop) {
  const std::string file = Jpeg(512, 512, 3, {.progressive = true});
  ImageOptions options;
  options.limits.codec_bytes = 100000;
  ExpectRefused(Decode(file, options).status, Code::kResourceExhausted, {"limited to 100000 bytes"});
  const std::atomic<bool> cancel{true};
  options = {};
  options.stop = StopToken(&cancel, StopToken::Clock::time_point::max());
  EXPECT_EQ(Decode(file, options).status.code(), Code::kCancelled);
}

TEST_F(DecodeJpegTest, ShapeWithoutOptions) {
  const auto color = ReadJpegShape(AsBytes(Jpeg(5, 9, 3)), {});
  ASSERT_TRUE(color.ok());
  EXPECT_EQ(color->height, 5);
  EXPECT_EQ(color->width, 9);
  EXPECT_EQ(color->channels, 3);
  EXPECT_EQ(ReadJpegShape(AsBytes(AsText(kCmykFile)), {})->channels, 4);
}

TEST_F(EncodeJpegTest, ReadsBack) {
  const ImageInfo info{.height = 40, .width = 50, .channels = 3};
  V pixels(static_cast<size_t>(info.bytes()));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i / 3 % 50 * 4 + i % 3 * 20);
  for (const bool progressive : {false, true}) {
    auto file = EncodeJpeg(pixels, info, {.quality = 100, .progressive = progressive, .chroma_downsampling = false});
    ASSERT_TRUE(file.ok()) << Text(file.status());
    const Decoded decoded = Decode(*file);
    ASSERT_TRUE(decoded.status.ok()) << Text(decoded.status);
    for (size_t i = 0; i < pixels.size(); ++i) ASSERT_NEAR(decoded.pixels[i], pixels[i], 6) << i;
  }
}

TEST_F(EncodeJpegTest, RefusesWrongArguments) {
  const V pixels(12);
  const ImageInfo good{.height = 2, .width = 2, .channels = 3};
  EXPECT_TRUE(EncodeJpeg(pixels, good, {}).ok());
  ImageInfo info = good;
  info.channels = 4;
  ExpectRefused(EncodeJpeg(pixels, info, {}).status(), Code::kInvalidArgument, {"1 or 3 channels", "4"});
  ExpectRefused(EncodeJpeg(pixels, good, {.quality = 101}).status(), Code::kInvalidArgument,
                {"quality: want 0 to 100"});
  ExpectRefused(EncodeJpeg(pixels, good, {.x_density = 65536}).status(), Code::kInvalidArgument, {"density"});
  ExpectRefused(EncodeJpeg(pixels, good, {.xmp_metadata = std::string(65536, 'x')}).status(), Code::kInvalidArgument,
                {"xmp"});
  ExpectRefused(EncodeJpeg(V(70000), {.height = 1, .width = 70000, .channels = 1}, {}).status(), Code::kInvalidArgument,
                {"sides"});
}

}  // namespace
}  // namespace rivulet::testing

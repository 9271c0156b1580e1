#include "engine/media/test_bytes.h"

namespace rivulet::testing {
namespace {

using V = std::vector<uint8_t>;

// Black, red, green, blue; each pixel of a test is then told by its letter.
const std::string kPalette = "\0\0\0\xff\0\0\0\xff\0\0\0\xff"s;

// LZW that clears its dictionary before every second code, so that codes keep root_bits + 1 bits.
std::string Lzw(std::string_view indices, int root_bits = 2) {
  std::string data;
  uint32_t held = 0;
  int num_held = 0;
  const auto put = [&](uint32_t code) {
    held |= code << num_held;
    for (num_held += root_bits + 1; num_held >= 8; num_held -= 8, held >>= 8) data += static_cast<char>(held & 0xff);
  };
  for (size_t i = 0; i < indices.size(); ++i) {
    if (i % 2 == 0) put(1u << root_bits);
    put(static_cast<uint8_t>(indices[i]));
  }
  put((1u << root_bits) + 1);
  data += static_cast<char>(held & 0xff);
  std::string out(1, static_cast<char>(root_bits));
  for (size_t at = 0; at < data.size(); at += 255) {
    const std::string block = data.substr(at, 255);
    out += static_cast<char>(block.size()) + block;
  }
  return out + '\0';
}

struct Frame {
  int left = 0, top = 0, width = 2, height = 2;
  std::string data = Lzw("\1\2\3\1");
  bool interlaced = false;
  int transparent = -1;
  std::string palette;

  std::string Bytes() const {
    std::string out;
    if (transparent >= 0) out += "!\xf9\x04\x01\0\0"s + static_cast<char>(transparent) + '\0';
    out += ',';
    for (const int value : {left, top, width, height}) out += Le(static_cast<uint64_t>(value), 2);
    out += static_cast<char>((palette.empty() ? 0 : 0x81) | (interlaced ? 0x40 : 0));
    return out + palette + data;
  }
};

std::string Gif(const std::vector<Frame>& frames, const std::string& palette = kPalette) {
  std::string out = "GIF89a" + Le(2, 2) + Le(2, 2) + (palette.empty() ? "\0\0\0"s : "\x81\0\0"s) + palette;
  for (const Frame& frame : frames) out += frame.Bytes();
  return out + ';';
}

// The picture in letters, row by row and frame by frame: k r g b.
std::string Letters(const Decoded& decoded) {
  EXPECT_TRUE(decoded.status.ok()) << Text(decoded.status);
  std::string out;
  for (size_t i = 0; i + 2 < decoded.pixels.size(); i += 3) {
    const uint8_t* p = decoded.pixels.data() + i;
    out += p[0] != 0 ? 'r' : p[1] != 0 ? 'g' : p[2] != 0 ? 'b' : 'k';
  }
  return out;
}

TEST(DecodeGif, PaintsFramesOverEachOther) {
  EXPECT_EQ(Letters(Decode(Gif({{}}))), "rgbr");
  const Decoded two = Decode(Gif({{}, {.width = 1, .height = 1, .data = Lzw("\3")}}));
  EXPECT_EQ(Letters(two), "rgbrbgbr");
  EXPECT_EQ(two.info.frames, 2);
  EXPECT_EQ(Letters(Decode(Gif({{.transparent = 1}, {.data = Lzw("\2\1\1\2"), .transparent = 1}}))), "kgbkggbg");
  EXPECT_EQ(Letters(Decode(Gif({{.palette = kPalette.substr(6) + kPalette.substr(0, 6)}}, ""))), "bkrb");
}

TEST(DecodeGif, TheLargestFrameIsTheCanvas) {
  const Decoded decoded = Decode(Gif({{.left = 1, .top = 1}, {.width = 1, .height = 3, .data = Lzw("\1\2\3")}}));
  EXPECT_EQ(decoded.info.height, 3);
  EXPECT_EQ(decoded.info.width, 2);
  EXPECT_EQ(Letters(decoded), "kkkrkbrkgrbb");
  ImageOptions options;
  options.first_frame_only = true;
  const Decoded first = Decode(Gif({{}, {.width = 1, .height = 3, .data = Lzw("\1\2\3")}}), options);
  EXPECT_EQ(first.info.frames, 1);
  EXPECT_EQ(Letters(first), "rgbrkk");
}

TEST(DecodeGif, Interlaced) {
  // File order 0..8 of rows 0 8 | 4 | 2 6 | 1 3 5 7.
  const Frame frame{.width = 1, .height = 9, .data = Lzw("\1\1\2\3\3\0\0\0\2"sv), .interlaced = true};
  EXPECT_EQ(Letters(Decode(Gif({frame}))), "rkbkgkbgr");
  EXPECT_EQ(Letters(Decode(Gif({{.width = 1, .height = 1, .data = Lzw("\1"), .interlaced = true}}))), "r");
  EXPECT_EQ(Letters(Decode(Gif({{.width = 1, .height = 3, .data = Lzw("\1\2\3"), .interlaced = true}}))), "rbg");
}

TEST(DecodeGif, LongStringsAndFullDictionary) {
  // Codes 0, 6, 7, ... of growing width: each is the string to be defined, one longer than the last.
  std::string data;
  uint64_t held = 0;
  int num_held = 0;
  int num_bits = 3;
  const auto put = [&](uint64_t code) {
    held |= code << num_held;
    for (num_held += num_bits; num_held >= 8; num_held -= 8, held >>= 8) data += static_cast<char>(held & 0xff);
  };
  put(4);
  put(1);
  int64_t pixels = 1;
  for (uint64_t code = 6; code < 46; ++code) {
    put(code);
    pixels += static_cast<int64_t>(code) - 4;
    if (code + 1 == uint64_t{1} << num_bits) ++num_bits;
  }
  put(5);
  data += static_cast<char>(held & 0xff);
  ASSERT_LT(data.size(), 255u);
  const std::string lzw = "\2"s + static_cast<char>(data.size()) + data + '\0';
  const Decoded decoded = Decode(Gif({{.width = static_cast<int>(pixels), .height = 1, .data = lzw}}));
  EXPECT_EQ(Letters(decoded), std::string(static_cast<size_t>(pixels), 'r'));
}

// H9
TEST(DecodeGif, RefusesDamage) {
  const auto bad = [](const std::vector<Frame>& frames, std::initializer_list<std::string_view> fragments) {
    ExpectRefused(Decode(Gif(frames)).status, Code::kInvalidArgument, fragments);
  };
  bad({}, {"GIF: found no whole frame"});
  bad({{},
       {.data = "\x0\x02"
                "ab\0"s}},
      {"GIF: frame 1", "code size", "found 0"});
  bad({{.data = "\x0d\x02"
                "ab\0"s}},
      {"frame 0", "found 13"});
  bad({{.data = Lzw("\1\2")}}, {"frame 0", "ends before the frame is full"});
  bad({{.width = 0}}, {"frame 0", "2 x 0"});
  bad({{}, {.height = 0}}, {"frame 1", "0 x 2"});
  bad({{.data = Lzw("\1\2\3\6", 3)}}, {"frame 0", "outside the palette of 4"});
  bad({{.data = "\2\1\x3c\0"s}}, {"frame 0", "before its string"});  // clear, then code 7
  bad({{.data = "\2\1\x34\0"s}}, {"frame 0", "before its string"});  // clear, then code 6, the next to be defined
  ExpectRefused(Decode(Gif({{}}, "")).status, Code::kInvalidArgument, {"frame 0 has no palette"});
  bad({{.width = 16000, .height = 16000}}, {"cannot hold", "16000 x 16000"});
}

TEST(DecodeGif, FramesOutsideTheCanvasAreClipped) {
  EXPECT_EQ(Letters(Decode(Gif({{}, {.left = 65535}, {.top = 65535}, {.left = 1, .top = 1}}))), "rgbrrgbrrgbrrgbr");
}

TEST(DecodeGif, RefusesTooMuch) {
  ImageOptions options;
  options.limits.gif_frames = 3;
  EXPECT_TRUE(Decode(Gif({{}, {}, {}}), options).status.ok());
  ExpectRefused(Decode(Gif({{}, {}, {}, {}}), options).status, Code::kResourceExhausted, {"more than 3 frames"});
  options.limits.pixels = 11;
  ExpectRefused(Decode(Gif({{}, {}, {}}), options).status, Code::kResourceExhausted,
                {"3 frames of 2 x 2", "limit is 11"});
  const std::vector<Frame> many(100000, Frame{.width = 1, .height = 1, .data = Lzw("\1")});
  ExpectRefused(Decode(Gif(many)).status, Code::kResourceExhausted, {"more than 4096 frames"});
}

// Cut files give the frames that are whole, cut headers an error.
TEST(DecodeGif, EveryPrefix) {
  const std::string file = Gif({{}, {}});
  const size_t first_end = Gif({{}}).size() - 1;
  for (size_t i = 0; i < file.size(); ++i) {
    const Decoded decoded = Decode(file.substr(0, i));
    if (i < first_end) {
      ExpectRefused(decoded.status, Code::kInvalidArgument, {i < 4 ? "found" : "GIF"});
    } else {
      EXPECT_EQ(decoded.info.frames, i < file.size() - 1 ? 1 : 2) << i;
      EXPECT_TRUE(decoded.status.ok()) << Text(decoded.status);
    }
  }
}

// H12, H13
TEST(DecodeGif, ChannelsAndTrailingBytes) {
  ImageOptions options;
  for (const int channels : {1, 2, 4, 7}) {
    options.channels = channels;
    ExpectRefused(Decode(Gif({{}}), options).status, Code::kInvalidArgument, {"channels: want 0 or 3"});
  }
  options.channels = 3;
  EXPECT_EQ(Letters(Decode(Gif({{}}) + "garbage", options)), "rgbr");
}

}  // namespace
}  // namespace rivulet::testing

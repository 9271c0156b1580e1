#include "engine/media/wav.h"

#include <cmath>
#include <limits>

#include "engine/media/test_bytes.h"

namespace rivulet::testing {
namespace {

struct Wav {
  std::string riff = "RIFF";
  std::string before_format, before_data, after_data;
  int64_t format = 1, channels = 1, rate = 8000, bits = 16;
  int64_t bytes_per_second = -1, bytes_per_sample = -1;
  int64_t format_bytes = 16;
  std::string extension;
  std::string data = "\1\0\2\0\3\0\4\0"s;
  int64_t data_bytes = -1;

  std::string Bytes() const {
    const auto u = [](int64_t value) { return static_cast<uint64_t>(value); };
    const int64_t sample = bytes_per_sample >= 0 ? bytes_per_sample : channels * bits / 8;
    const int64_t second = bytes_per_second >= 0 ? bytes_per_second : sample * rate;
    return riff + Le(0, 4) + "WAVE" + before_format + "fmt " + Le(u(format_bytes), 4) + Le(u(format), 2) +
           Le(u(channels), 2) + Le(u(rate), 4) + Le(u(second), 4) + Le(u(sample), 2) + Le(u(bits), 2) + extension +
           before_data + "data" + Le(u(data_bytes >= 0 ? data_bytes : static_cast<int64_t>(data.size())), 4) + data +
           after_data;
  }
};

std::string Chunk(std::string_view name, std::string_view body, int64_t size = -1) {
  return std::string(name) + Le(size >= 0 ? static_cast<uint64_t>(size) : body.size(), 4) + std::string(body);
}

Status Refusal(const Wav& wav, const WavOptions& options = {}) {
  return InspectWav(AsBytes(wav.Bytes()), options).status();
}

// The values times 32768.
std::vector<int> Values(const Wav& wav, const WavOptions& options = {}) {
  const std::string bytes = wav.Bytes();
  auto info = InspectWav(AsBytes(bytes), options);
  EXPECT_TRUE(info.ok()) << Text(info.status());
  if (!info.ok()) return {};
  std::vector<float> audio(static_cast<size_t>(info->samples * info->channels));
  EXPECT_TRUE(DecodeWav(AsBytes(bytes), *info, audio).ok());
  std::vector<int> out;
  for (const float value : audio) out.push_back(static_cast<int>(value * 32768));
  return out;
}

using V = std::vector<int>;

TEST(DecodeWav, ChannelsAndSamples) {
  EXPECT_EQ(Values({}), (V{1, 2, 3, 4}));
  EXPECT_EQ(Values({.data = "\0\x80\xff\x7f"s}), (V{-32768, 32767}));
  EXPECT_EQ(Values({}, {.desired_samples = 6}), (V{1, 2, 3, 4, 0, 0}));
  EXPECT_EQ(Values({}, {.desired_samples = 2}), (V{1, 2}));
  EXPECT_EQ(Values({}, {.desired_samples = 0}), V());
  EXPECT_EQ(Values({.channels = 2}, {.desired_channels = 1}), (V{1, 3}));
  EXPECT_EQ(Values({.channels = 2}, {.desired_channels = 3}), (V{1, 2, 2, 3, 4, 4}));
  EXPECT_EQ(Values({.channels = 2}, {.desired_channels = 0}), V());
  EXPECT_EQ(Values({.channels = 2, .data = "\1\0\2\0\3\0"s}), (V{1, 2}));  // half a sample at the end is left out
  const auto info = InspectWav(AsBytes(Wav().Bytes()), {});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->sample_rate, 8000);
  EXPECT_EQ(info->samples, 4);
  EXPECT_EQ(info->channels, 1);
}

// I1
TEST(DecodeWav, RefusesEveryPrefix) {
  const std::string file = Wav().Bytes();
  for (size_t i = 0; i < file.size(); ++i) {
    ExpectRefused(InspectWav(AsBytes(std::string_view(file).substr(0, i)), {}).status(), Code::kInvalidArgument,
                  {"WAV"});
  }
}

TEST(DecodeWav, RefusesOtherContainers) {
  ExpectRefused(Refusal({.riff = "RIFX"}), Code::kUnimplemented, {"want RIFF", "RIFX"});
  ExpectRefused(Refusal({.riff = "RF64"}), Code::kUnimplemented, {"want RIFF", "RF64"});
  ExpectRefused(InspectWav(AsBytes("GIF89a"), {}).status(), Code::kInvalidArgument, {"want WAV, found GIF"});
  ExpectRefused(InspectWav(AsBytes("RIFF\0\0\0\0WEBP"sv), {}).status(), Code::kInvalidArgument,
                {"want WAV, found WebP"});
}

// I2, I3
TEST(DecodeWav, OffsetsOnlyGoForward) {
  for (const int64_t size : {int64_t{0xfffffff8}, int64_t{0x7fffffff}, int64_t{0xffffffff}, int64_t{100}}) {
    const std::string size_text = std::to_string(size);
    ExpectRefused(Refusal({.before_format = Chunk("JUNK", "", size)}), Code::kInvalidArgument, {"'JUNK'", size_text});
    ExpectRefused(Refusal({.after_data = Chunk("LIST", "abcd", size)}), Code::kInvalidArgument, {"'LIST'", size_text});
  }
}

// I4
TEST(DecodeWav, DataChunk) {
  ExpectRefused(Refusal({.data_bytes = 100}), Code::kInvalidArgument,
                {"'data' at byte 36", "wants 100 bytes, 8 are left"});
  ExpectRefused(Refusal({.data = "abc", .data_bytes = 3}), Code::kInvalidArgument, {"whole 16-bit values, found 3"});
  ExpectRefused(Refusal({.after_data = Chunk("data", "ab")}), Code::kInvalidArgument, {"more than one data chunk"});
  EXPECT_EQ(Values({.data = ""}), V());
  const std::string absent = Wav().Bytes().substr(0, 36);
  ExpectRefused(InspectWav(AsBytes(absent), {}).status(), Code::kInvalidArgument, {"no data chunk"});
  ExpectRefused(Refusal({.before_format = Chunk("data", "ab")}), Code::kInvalidArgument,
                {"data chunk before the format"});
}

// I5
TEST(DecodeWav, FormatChunk) {
  for (const int64_t bytes : {0, 15, 17}) {
    const Status status = Refusal({.format_bytes = bytes});
    ExpectRefused(status, Code::kInvalidArgument, {"WAV", bytes == 0 ? "found 0" : std::to_string(bytes)});
  }
  ExpectRefused(Refusal({.format_bytes = 0xffffffff}), Code::kInvalidArgument, {"'fmt '", "4294967295"});
  ExpectRefused(Refusal({.format = 3, .bits = 32}), Code::kUnimplemented, {"found 3 (float)"});
  ExpectRefused(Refusal({.format = 6, .bits = 8}), Code::kUnimplemented, {"found 6 (A-law)"});
  ExpectRefused(Refusal({.before_data = Chunk("fmt ", std::string(16, '\1'))}), Code::kInvalidArgument,
                {"second format chunk"});
  EXPECT_EQ(Values({.format_bytes = 18, .extension = "\0\0"s}), (V{1, 2, 3, 4}));
  std::string extension = "\x16\0\x10\0\0\0\0\0"s + "\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"s;
  EXPECT_EQ(Values({.format = 0xfffe, .format_bytes = 40, .extension = extension}), (V{1, 2, 3, 4}));
  extension[8] = 3;
  ExpectRefused(Refusal({.format = 0xfffe, .format_bytes = 40, .extension = extension}), Code::kUnimplemented,
                {"found 65534"});
  const std::string cut = Wav().Bytes().substr(0, 12) + Chunk("data", "ab");
  ExpectRefused(InspectWav(AsBytes(cut), {}).status(), Code::kInvalidArgument, {"before the format chunk"});
}

// I6
TEST(DecodeWav, FormatFields) {
  ExpectRefused(Refusal({.channels = 0}), Code::kInvalidArgument, {"1 channel or more"});
  ExpectRefused(Refusal({.channels = 65535}), Code::kInvalidArgument, {"131070 bytes per sample"});
  ExpectRefused(Refusal({.bytes_per_sample = 0}), Code::kInvalidArgument, {"2 bytes per sample", "found 0"});
  for (const int64_t bits : {0, 8, 24, 32}) {
    ExpectRefused(Refusal({.bits = bits}), Code::kUnimplemented, {"want 16 bits", std::to_string(bits)});
  }
  ExpectRefused(Refusal({.rate = 0xf0000000}), Code::kInvalidArgument,
                {"8053063680 bytes per second", "found 3758096384"});
  ExpectRefused(Refusal({.bytes_per_second = 5}), Code::kInvalidArgument, {"16000 bytes per second", "found 5"});
}

// I7
TEST(DecodeWav, Options) {
  ExpectRefused(Refusal({}, {.desired_samples = -5}), Code::kInvalidArgument, {"desired_samples", "-5"});
  ExpectRefused(Refusal({}, {.desired_channels = -5}), Code::kInvalidArgument, {"desired_channels", "-5"});
  ExpectRefused(Refusal({}, {.desired_samples = int64_t{1} << 40}), Code::kResourceExhausted,
                {"1099511627776", "limit"});
  ExpectRefused(Refusal({}, {.desired_channels = 1000000000}), Code::kResourceExhausted, {"1000000000", "limit"});
  ExpectRefused(Refusal({}, {.desired_channels = INT64_MAX, .desired_samples = INT64_MAX}), Code::kResourceExhausted,
                {"limit"});
  WavOptions options;
  options.limits.wav_samples = 3;
  ExpectRefused(Refusal({}, options), Code::kResourceExhausted, {"limit is 3"});
  options.limits = {.chunks = 1};
  ExpectRefused(Refusal({}, options), Code::kResourceExhausted, {"more than 1 chunks"});
}

// I8: the rule of wav.cc.
TEST(DecodeWav, OddChunksWithAndWithoutPadding) {
  EXPECT_EQ(Values({.before_data = Chunk("LIST", "abc")}), (V{1, 2, 3, 4}));
  EXPECT_EQ(Values({.before_data = Chunk("LIST", "abc") + '\0'}), (V{1, 2, 3, 4}));
  EXPECT_EQ(Values({.before_format = Chunk("JUNK", "a")}), (V{1, 2, 3, 4}));
  EXPECT_EQ(Values({.before_format = Chunk("JUNK", "a") + '\0'}), (V{1, 2, 3, 4}));
  EXPECT_EQ(Values({.before_format = Chunk("bext", "abcd")}), (V{1, 2, 3, 4}));
  EXPECT_EQ(Values({.after_data = Chunk("LIST", "abc")}), (V{1, 2, 3, 4}));
  EXPECT_EQ(Values({.after_data = "1234567"}), (V{1, 2, 3, 4}));
}

TEST(DecodeWav, RefusesABufferOfAnotherSize) {
  const std::string bytes = Wav().Bytes();
  const auto info = InspectWav(AsBytes(bytes), {});
  ASSERT_TRUE(info.ok());
  std::vector<float> audio(3);
  EXPECT_EQ(DecodeWav(AsBytes(bytes), *info, audio).code(), Code::kInternal);
}

TEST(EncodeWav, RoundsAndClamps) {
  constexpr float kStep = 1.0f / 32768;
  const std::vector<float> audio = {0,
                                    0.5f,
                                    1,
                                    -1,
                                    2,
                                    -2,
                                    1.5f * kStep,
                                    -1.5f * kStep,
                                    0.4999f * kStep,
                                    2.5f * kStep,
                                    std::numeric_limits<float>::quiet_NaN(),
                                    std::numeric_limits<float>::infinity()};
  auto file = EncodeWav(audio, 2, 44100);
  ASSERT_TRUE(file.ok()) << Text(file.status());
  EXPECT_EQ(file->substr(0, 44), "RIFF" + Le(60, 4) + "WAVEfmt " + Le(16, 4) + Le(1, 2) + Le(2, 2) + Le(44100, 4) +
                                     Le(176400, 4) + Le(4, 2) + Le(16, 2) + "data" + Le(24, 4));
  const auto info = InspectWav(AsBytes(*file), {});
  ASSERT_TRUE(info.ok()) << Text(info.status());
  std::vector<float> back(audio.size());
  ASSERT_TRUE(DecodeWav(AsBytes(*file), *info, back).ok());
  const std::vector<float> want = {0, 16384, 32767, -32768, 32767, -32768, 2, -2, 0, 3, 0, 32767};
  for (size_t i = 0; i < want.size(); ++i) EXPECT_EQ(back[i] * 32768, want[i]) << i;
}

TEST(EncodeWav, RefusesWrongArguments) {
  const std::vector<float> audio(6);
  ExpectRefused(EncodeWav(audio, 0, 8000).status(), Code::kInvalidArgument, {"channels: want 1 to 65535, got 0"});
  ExpectRefused(EncodeWav(audio, 70000, 8000).status(), Code::kInvalidArgument, {"70000"});
  ExpectRefused(EncodeWav(audio, 4, 8000).status(), Code::kInvalidArgument, {"6 values", "samples of 4"});
  ExpectRefused(EncodeWav(audio, 1, 0).status(), Code::kInvalidArgument, {"sample_rate", "got 0"});
  ExpectRefused(EncodeWav(audio, 1, -1).status(), Code::kInvalidArgument, {"sample_rate", "got -1"});
  EXPECT_TRUE(EncodeWav({}, 1, 8000).ok());
}

}  // namespace
}  // namespace rivulet::testing

// WAV: "RIFF" size "WAVE", then chunks of a name, a 32-bit size and that many bytes, little endian.
//
// The rules, where the format or its writers leave room:
//   * Chunks are walked forward only, with 64-bit offsets. The size after "RIFF" is not believed (recorders that stop
//     early leave it 0 or -1), the sizes of chunks are.
//   * "fmt " must come before "data"; there is one of each. Other chunks are skipped wherever they stand.
//   * A chunk of odd size should be followed by a byte of padding, and often is not. If the next four bytes read as a
//     chunk name (printable ASCII) there is none, else one byte is skipped.
//   * After "data", up to seven bytes that cannot be a chunk are ignored.
//   * "fmt " has 16 or 18 bytes, or 40 of the extensible form whose subformat is PCM; always 16 bits per sample.
// TensorFlow differs in this: it never skips padding, refuses trailing bytes and the extensible form.
#include "engine/media/wav.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/media/image.h"

namespace rivulet {
namespace {

constexpr int64_t kHeaderBytes = 44;  // RIFF, fmt and the head of data, as EncodeWav writes them
constexpr int kPcm = 1;
constexpr int kExtensible = 0xfffe;

// 00000001-0000-0010-8000-00aa00389b71 as it lies in the file.
constexpr uint8_t kPcmSubformat[16] = {1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};

int64_t ReadU16(Bytes bytes, int64_t at) {
  const uint8_t* p = bytes.data() + at;
  return int64_t{p[0]} | int64_t{p[1]} << 8;
}

int64_t ReadU32(Bytes bytes, int64_t at) { return ReadU16(bytes, at) | ReadU16(bytes, at + 2) << 16; }

std::string_view Text(Bytes bytes, int64_t at, size_t count) {
  return {reinterpret_cast<const char*>(bytes.data()) + at, count};
}

bool IsChunkName(Bytes bytes, int64_t at) {
  for (int64_t i = at; i < at + 4; ++i) {
    if (bytes[static_cast<size_t>(i)] < 0x20 || bytes[static_cast<size_t>(i)] > 0x7e) return false;
  }
  return true;
}

Status CheckRiff(Bytes bytes) {
  const int64_t size = static_cast<int64_t>(bytes.size());
  if (size >= 4 && (Text(bytes, 0, 4) == "RIFX" || Text(bytes, 0, 4) == "RF64")) {
    return Unimplemented("WAV: want RIFF, found ", Quoted(Text(bytes, 0, 4)));
  }
  if (size >= 4 && Text(bytes, 0, 4) != "RIFF") return InvalidArgument("want WAV, found ", Name(SniffImage(bytes)));
  if (size < 12) return InvalidArgument("WAV: want at least 12 bytes, found ", size);
  if (Text(bytes, 8, 4) != "WAVE") return InvalidArgument("want WAV, found ", Name(SniffImage(bytes)));
  return Status();
}

// The body of "fmt ": format, channels, rate, bytes per second, bytes per sample of all channels, bits.
Status ReadFormat(Bytes bytes, int64_t at, int64_t length, WavInfo* info) {
  if (length != 16 && length != 18 && length != 40) {
    return InvalidArgument("WAV: want a format chunk of 16, 18 or 40 bytes, found ", length);
  }
  const int64_t format = ReadU16(bytes, at);
  info->file_channels = ReadU16(bytes, at + 2);
  info->sample_rate = ReadU32(bytes, at + 4);
  const int64_t bytes_per_second = ReadU32(bytes, at + 8);
  const int64_t bytes_per_sample = ReadU16(bytes, at + 12);
  const int64_t bits = ReadU16(bytes, at + 14);
  const bool extensible_pcm = format == kExtensible && length == 40 &&
                              std::memcmp(bytes.data() + at + 24, kPcmSubformat, sizeof kPcmSubformat) == 0;
  if (format != kPcm && !extensible_pcm) {
    return Unimplemented("WAV: want audio format 1 (PCM), found ", format,
                         format == 3   ? " (float)"
                         : format == 6 ? " (A-law)"
                         : format == 7 ? " (mu-law)"
                                       : "");
  }
  if (bits != 16) return Unimplemented("WAV: want 16 bits per sample, found ", bits);
  if (info->file_channels == 0) return InvalidArgument("WAV: want 1 channel or more, found 0");
  if (bytes_per_sample != 2 * info->file_channels) {
    return InvalidArgument("WAV: want ", 2 * info->file_channels, " bytes per sample for ", info->file_channels,
                           " channels, found ", bytes_per_sample);
  }
  if (bytes_per_second != bytes_per_sample * info->sample_rate) {
    return InvalidArgument("WAV: want ", bytes_per_sample * info->sample_rate, " bytes per second at rate ",
                           info->sample_rate, ", found ", bytes_per_second);
  }
  return Status();
}

// Finds "fmt " and "data"; fills what the file has.
Status WalkChunks(Bytes bytes, const MediaLimits& limits, WavInfo* info) {
  const int64_t size = static_cast<int64_t>(bytes.size());
  bool has_format = false;
  bool has_data = false;
  int64_t num_chunks = 0;
  int64_t at = 12;
  while (size - at >= 8) {
    if (++num_chunks > limits.chunks) {
      return ResourceExhausted("WAV: more than ", limits.chunks, " chunks, the limit");
    }
    const std::string_view name = Text(bytes, at, 4);
    const int64_t length = ReadU32(bytes, at + 4);
    at += 8;
    if (length > size - at) {
      return InvalidArgument("WAV: chunk ", Quoted(name), " at byte ", at - 8, " wants ", length, " bytes, ", size - at,
                             " are left");
    }
    if (name == "fmt ") {
      if (has_format) return InvalidArgument("WAV: found a second format chunk at byte ", at - 8);
      RIVULET_RETURN_IF_ERROR(ReadFormat(bytes, at, length, info));
      has_format = true;
    } else if (name == "data") {
      if (!has_format) return InvalidArgument("WAV: found the data chunk before the format chunk");
      if (has_data) return InvalidArgument("WAV: found more than one data chunk, the second at byte ", at - 8);
      if (length % 2 != 0)
        return InvalidArgument("WAV: want a data chunk of whole 16-bit values, found ", length, " bytes");
      info->data_offset = at;
      info->file_samples = length / (2 * info->file_channels);
      has_data = true;
    }
    at += length;
    if (length % 2 != 0 && at < size && !(size - at >= 4 && IsChunkName(bytes, at))) ++at;
  }
  if (!has_format) return InvalidArgument("WAV: found no format chunk in ", size, " bytes");
  if (!has_data) return InvalidArgument("WAV: found no data chunk in ", size, " bytes");
  return Status();
}

}  // namespace

Result<WavInfo> InspectWav(Bytes bytes, const WavOptions& options) {
  if (options.desired_channels < -1) {
    return InvalidArgument("desired_channels: want -1 or more, got ", options.desired_channels);
  }
  if (options.desired_samples < -1) {
    return InvalidArgument("desired_samples: want -1 or more, got ", options.desired_samples);
  }
  RIVULET_RETURN_IF_ERROR(CheckRiff(bytes));
  WavInfo info;
  RIVULET_RETURN_IF_ERROR(WalkChunks(bytes, options.limits, &info));
  info.samples = options.desired_samples >= 0 ? options.desired_samples : info.file_samples;
  info.channels = options.desired_channels >= 0 ? options.desired_channels : info.file_channels;
  const CheckedSize values = CheckedSize(info.samples) * info.channels;
  const int64_t in_file = info.file_samples * info.file_channels;
  if (!values.valid() || values.value() > options.limits.wav_samples || in_file > options.limits.wav_samples) {
    return ResourceExhausted("WAV: ", info.samples, " samples of ", info.channels, " channels out of ",
                             info.file_samples, " of ", info.file_channels, "; the limit is ",
                             options.limits.wav_samples, " values");
  }
  return info;
}

Status DecodeWav(Bytes bytes, const WavInfo& info, std::span<float> out) {
  if (static_cast<int64_t>(out.size()) != info.samples * info.channels) {
    return Internal("the sound needs ", info.samples * info.channels, " values, the buffer has ", out.size());
  }
  const int64_t row_bytes = 2 * info.file_channels;
  const int64_t num_copied = std::min(info.samples, info.file_samples);
  float* value = out.data();
  for (int64_t sample = 0; sample < num_copied; ++sample) {
    const int64_t row = info.data_offset + sample * row_bytes;
    for (int64_t channel = 0; channel < info.channels; ++channel) {
      const int64_t from = std::min(channel, info.file_channels - 1);
      *value++ = static_cast<float>(static_cast<int16_t>(ReadU16(bytes, row + 2 * from))) / 32768.0f;
    }
  }
  std::fill(value, out.data() + out.size(), 0.0f);
  return Status();
}

Result<std::string> EncodeWav(std::span<const float> audio, int64_t channels, int64_t sample_rate) {
  if (channels < 1 || channels > 0xffff) return InvalidArgument("channels: want 1 to 65535, got ", channels);
  if (sample_rate < 1 || sample_rate > 0xffffffff) {
    return InvalidArgument("sample_rate: want 1 to 2^32 - 1, got ", sample_rate);
  }
  const int64_t values = static_cast<int64_t>(audio.size());
  if (values % channels != 0) return InvalidArgument("audio: ", values, " values are not whole samples of ", channels);
  const CheckedSize data_bytes = CheckedSize(values) * 2;
  const CheckedSize file_bytes = data_bytes + kHeaderBytes;
  if (!file_bytes.valid() || file_bytes.value() > 0xffffffff) {
    return InvalidArgument("audio: ", values, " values do not fit into a WAV file of 2^32 bytes");
  }
  std::string out;
  out.reserve(static_cast<size_t>(file_bytes.value()));
  const auto put = [&out](int64_t value, int num_bytes) {
    for (int i = 0; i < num_bytes; ++i) out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xff);
  };
  out += "RIFF";
  put(file_bytes.value() - 8, 4);
  out += "WAVEfmt ";
  put(16, 4);
  put(kPcm, 2);
  put(channels, 2);
  put(sample_rate, 4);
  put(sample_rate * channels * 2, 4);  // wraps at high rates; readers of 16-bit PCM can do without
  put(channels * 2, 2);
  put(16, 2);
  out += "data";
  put(data_bytes.value(), 4);
  for (const float value : audio) {
    const float scaled = std::round(value * 32768.0f);
    put(std::isnan(scaled) ? 0 : static_cast<int16_t>(std::clamp(scaled, -32768.0f, 32767.0f)), 2);
  }
  return out;
}

}  // namespace rivulet

// How much a picture or a sound may ask for before it is refused with RESOURCE_EXHAUSTED.
#ifndef RIVULET_ENGINE_MEDIA_LIMITS_H_
#define RIVULET_ENGINE_MEDIA_LIMITS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace rivulet {

using Bytes = std::span<const uint8_t>;

inline Bytes AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

struct MediaLimits {
  int64_t pixels = int64_t{1} << 28;       // all frames of one picture together, before cropping and scaling
  int64_t codec_bytes = int64_t{1} << 31;  // working memory of a codec, on top of the output
  int64_t jpeg_scans = 256;                // a progressive JPEG costs its whole area once per scan
  int64_t gif_frames = 4096;
  int64_t chunks = 65536;                  // PNG chunks other than IDAT; chunks of a WAV file
  int64_t wav_samples = int64_t{1} << 31;  // values in the file and in the output: samples times channels

  // For content from strangers in an app that shows pictures and hears words.
  static constexpr MediaLimits Strict() {
    return {.pixels = int64_t{1} << 25,
            .codec_bytes = int64_t{1} << 28,
            .jpeg_scans = 64,
            .gif_frames = 256,
            .chunks = 4096,
            .wav_samples = int64_t{1} << 26};
  }
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_MEDIA_LIMITS_H_

// Sound: RIFF WAVE files of 16-bit PCM to float samples in [-1, 1), and back. Read in two steps, as pictures are.
#ifndef RIVULET_ENGINE_MEDIA_WAV_H_
#define RIVULET_ENGINE_MEDIA_WAV_H_

#include <cstdint>
#include <span>
#include <string>

#include "engine/media/limits.h"
#include "rivulet/status.h"

namespace rivulet {

struct WavOptions {
  int64_t desired_channels = -1;  // -1: as in the file; more repeat the file's last one, fewer drop the others
  int64_t desired_samples = -1;   // -1: as in the file; more are zeros
  MediaLimits limits;
};

struct WavInfo {
  int64_t samples = 0;  // of the output, with the options applied
  int64_t channels = 0;
  int64_t sample_rate = 0;
  int64_t file_samples = 0;
  int64_t file_channels = 0;
  int64_t data_offset = 0;
};

Result<WavInfo> InspectWav(Bytes bytes, const WavOptions& options);

// Writes [samples, channels]; `info` comes from InspectWav on the same bytes, `out` has samples * channels values.
Status DecodeWav(Bytes bytes, const WavInfo& info, std::span<float> out);

// A file of the [samples, channels] values in `audio`, times 32768, rounded half away from zero, clamped; NaN is 0.
Result<std::string> EncodeWav(std::span<const float> audio, int64_t channels, int64_t sample_rate);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_MEDIA_WAV_H_

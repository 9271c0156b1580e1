// Covers: engine/media/wav.cc
// A sound from a stranger, with and without wishes for its size.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/media/wav.h"

namespace rivulet {
namespace {

void Decode(Bytes bytes, const WavOptions& options) {
  auto info = InspectWav(bytes, options);
  if (!info.ok()) return;
  if (info->samples < 0 || info->channels < 0 || info->samples * info->channels > options.limits.wav_samples)
    std::abort();
  std::vector<float> audio(static_cast<size_t>(info->samples * info->channels));
  if (!DecodeWav(bytes, *info, audio).ok()) std::abort();
  for (const float value : audio) {
    if (!(value >= -1.0f && value < 1.0f)) std::abort();
  }
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::WavOptions options;
  options.limits.wav_samples = 1 << 20;
  rivulet::Decode({data, size}, options);
  options.desired_channels = 2;
  options.desired_samples = 1000;
  rivulet::Decode({data, size}, options);
  return 0;
}

// Covers: engine/media/jpeg.cc engine/media/png.cc engine/media/gif.cc engine/media/bmp.cc engine/media/image.cc
// A picture from a stranger, in any format and with options taken from its first byte. Whatever the bytes are, both
// steps answer with a Status, write only into their buffer, and inspection never promises more than the limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/media/image.h"

namespace rivulet {
namespace {

ImageOptions OptionsFrom(uint8_t choice) {
  ImageOptions options;
  options.limits = MediaLimits::Strict();
  options.limits.pixels = 1 << 20;
  options.limits.jpeg_scans = 16;
  options.stop = StopToken(nullptr, StopToken::Clock::now() + std::chrono::seconds(5));
  options.channels = choice & 7;
  if (options.channels > 4) options.channels = 0;
  options.bits = choice & 8 ? 16 : 8;
  options.try_recover_truncated = (choice & 16) != 0;
  if (choice & 32) {
    options.fancy_upscaling = false;
    options.dct = JpegDct::kAccurate;
    options.acceptable_fraction = 0.3f;
    options.first_frame_only = true;
  }
  if (choice & 64) options.crop = CropWindow{.y = 3, .x = 5, .height = 7, .width = 9};
  if (choice & 128) options.ratio = 2;
  return options;
}

void Decode(Bytes bytes, const ImageOptions& options) {
  auto info = InspectImage(bytes, options);
  if (!info.ok()) return;
  if (info->height < 1 || info->width < 1 || info->channels < 1 || info->frames < 1) std::abort();
  if (info->frames * info->height * info->width > options.limits.pixels) std::abort();
  std::vector<uint8_t> pixels(static_cast<size_t>(info->bytes()));
  (void)DecodeImage(bytes, options, pixels);
  (void)ReadJpegShape(bytes, options.limits);
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  rivulet::Decode({data + 1, size - 1}, rivulet::OptionsFrom(data[0]));
  return 0;
}

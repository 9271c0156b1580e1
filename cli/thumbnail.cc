#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "cli/html_page.h"
#include "engine/media/image.h"
#include "engine/media/wav.h"

namespace rivulet::cli {
namespace {

constexpr int64_t kSide = 160;  // of a small picture, at most

struct Pixels {
  ImageInfo info;
  std::vector<uint8_t> bytes;
};

Result<Pixels> Decode(std::span<const uint8_t> file) {
  ImageOptions options;
  options.channels = 3;
  options.first_frame_only = true;
  Pixels picture;
  RIVULET_ASSIGN_OR_RETURN(picture.info, InspectImage(file, options));
  picture.bytes.resize(static_cast<size_t>(picture.info.bytes()));
  RIVULET_RETURN_IF_ERROR(DecodeImage(file, options, picture.bytes));
  return picture;
}

// Each pixel is the mean of those that it stands for.
Pixels Shrunk(const Pixels& picture) {
  const int64_t longer = std::max(picture.info.width, picture.info.height);
  if (longer <= kSide) return picture;
  Pixels small;
  small.info = picture.info;
  small.info.width = std::max<int64_t>(1, picture.info.width * kSide / longer);
  small.info.height = std::max<int64_t>(1, picture.info.height * kSide / longer);
  small.bytes.resize(static_cast<size_t>(small.info.width * small.info.height * 3));
  for (int64_t y = 0; y < small.info.height; ++y) {
    const int64_t top = y * picture.info.height / small.info.height;
    const int64_t bottom = std::max(top + 1, (y + 1) * picture.info.height / small.info.height);
    for (int64_t x = 0; x < small.info.width; ++x) {
      const int64_t left = x * picture.info.width / small.info.width;
      const int64_t right = std::max(left + 1, (x + 1) * picture.info.width / small.info.width);
      for (int64_t c = 0; c < 3; ++c) {
        int64_t sum = 0;
        for (int64_t v = top; v < bottom; ++v) {
          for (int64_t u = left; u < right; ++u)
            sum += picture.bytes[static_cast<size_t>((v * picture.info.width + u) * 3 + c)];
        }
        small.bytes[static_cast<size_t>((y * small.info.width + x) * 3 + c)] =
            static_cast<uint8_t>(sum / ((bottom - top) * (right - left)));
      }
    }
  }
  return small;
}

// The loudest sample of each of 80 pieces.
Result<std::string> Waveform(std::span<const uint8_t> file) {
  WavOptions options;
  options.desired_channels = 1;
  RIVULET_ASSIGN_OR_RETURN(const WavInfo info, InspectWav(file, options));
  std::vector<float> samples(static_cast<size_t>(info.samples));
  RIVULET_RETURN_IF_ERROR(DecodeWav(file, info, samples));
  constexpr size_t kPieces = 80;
  std::string svg =
      "<svg viewBox=\"0 0 160 160\" role=\"img\"><path fill=\"none\" stroke=\"var(--main)\" stroke-width=\"1.4\" d=\"";
  for (size_t i = 0; i < kPieces; ++i) {
    float loudest = 0;
    for (size_t k = samples.size() * i / kPieces; k < samples.size() * (i + 1) / kPieces; ++k)
      loudest = std::max(loudest, std::abs(samples[k]));
    char line[64];
    const double half = 1 + 70 * static_cast<double>(std::min(loudest, 1.0f));
    std::snprintf(line, sizeof(line), "M%zu %.1fV%.1f", i * 2 + 1, 80 - half, 80 + half);
    svg += line;
  }
  return svg + "\"/></svg>";
}

}  // namespace

std::string Thumbnail(std::span<const uint8_t> file, std::string_view name) {
  if (const Result<Pixels> picture = Decode(file); picture.ok()) {
    const Pixels small = Shrunk(*picture);
    JpegEncodeOptions options;
    options.quality = 82;
    options.optimize_size = true;
    const Result<std::string> jpeg = EncodeJpeg(small.bytes, small.info, options);
    if (jpeg.ok()) {
      return "<img alt=\"" + Escaped(name) + "\" loading=\"lazy\" src=\"" + DataUri("image/jpeg", *jpeg) + "\">";
    }
  }
  if (const Result<std::string> wave = Waveform(file); wave.ok()) return *wave;
  return "<svg viewBox=\"0 0 160 160\" role=\"img\"><text x=\"80\" y=\"84\" text-anchor=\"middle\" class=\"soft\">no "
         "picture</text></svg>";
}

}  // namespace rivulet::cli

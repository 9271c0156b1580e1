// Pictures: from the bytes of a file to rows of pixels, and back.
//
// Every format is read in two steps with the same options: Inspect* reads what is needed to know the output's size and
// checks it against the limits without decoding a pixel, so the caller can take the memory from its own budget; Decode*
// fills it. Both treat the bytes as hostile. Results are those of TensorFlow's decoders (JPEG within one level), except
// where a file says (below, or at the head of a format's file) that this engine is stricter or more lenient.
//
// JPEG and PNG need their libraries; a build without them answers UNIMPLEMENTED. GIF and BMP always work.
#ifndef RIVULET_ENGINE_MEDIA_IMAGE_H_
#define RIVULET_ENGINE_MEDIA_IMAGE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/stop.h"
#include "engine/media/limits.h"
#include "rivulet/status.h"

namespace rivulet {

enum class ImageFormat {
  kUnknown,
  kEmpty,
  kJpeg,
  kPng,
  kGif,
  kBmp,
  // Recognised to be named in errors, not decoded.
  kWebp,
  kHeic,
  kAvif,
  kJpegXl,
  kJpeg2000,
  kTiff,
  kIcon,
  kPhotoshop,
  kNetpbm,
  kSvg,
  kPdf,
  kHtml,
  kXml,
  kGzip,
  kZip,
  kWav,
  kMp4,
};

// By the first bytes alone; a truncated or damaged file keeps its format.
ImageFormat SniffImage(Bytes bytes);
// "JPEG", "an HTML page", ...: fits after "found ".
std::string_view Name(ImageFormat format);

// The inverse transform; TensorFlow's dct_method "" means the fast one.
enum class JpegDct { kFast, kAccurate };

struct CropWindow {
  int64_t y = 0, x = 0, height = 0, width = 0;
};

struct ImageOptions {
  // 0: as in the file. JPEG: 1 gray, 3 RGB. PNG: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA. GIF: 3. BMP: 3, 4.
  int channels = 0;
  // 8, or 16 for uint16 pixels in the machine's byte order. PNG reads 16 bits where the file has them and repeats the
  // byte (v * 257) where not; the other formats shift it (v * 256): TensorFlow's two ways.
  int bits = 8;

  // JPEG only.
  int ratio = 1;                       // 1, 2, 4 or 8: divides the size
  bool fancy_upscaling = true;         // smooth chroma
  bool try_recover_truncated = false;  // fill what is missing with the last row, accept damaged data
  float acceptable_fraction = 1;       // the part of the rows that must be there; the rest is black
  JpegDct dct = JpegDct::kFast;
  std::optional<CropWindow> crop;  // in pixels after `ratio`

  bool first_frame_only = false;  // GIF only

  MediaLimits limits;
  StopToken stop;  // asked between rows or frames
};

// What Decode* will write: [frames, height, width, channels] values of `bits` bits, without gaps.
struct ImageInfo {
  ImageFormat format = ImageFormat::kUnknown;
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  int64_t frames = 1;
  int bits = 8;

  int64_t row_bytes() const { return width * channels * (bits / 8); }
  int64_t bytes() const { return frames * height * row_bytes(); }  // fits: inspection has checked it
};

Result<ImageInfo> InspectJpeg(Bytes bytes, const ImageOptions& options);
Result<ImageInfo> InspectPng(Bytes bytes, const ImageOptions& options);
Result<ImageInfo> InspectGif(Bytes bytes, const ImageOptions& options);
Result<ImageInfo> InspectBmp(Bytes bytes, const ImageOptions& options);
// By SniffImage.
Result<ImageInfo> InspectImage(Bytes bytes, const ImageOptions& options);

// `out` must have the bytes() that inspection with the same options gave. After an error its content is unspecified.
Status DecodeJpeg(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out);
Status DecodePng(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out);
Status DecodeGif(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out);
Status DecodeBmp(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out);
Status DecodeImage(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out);

// The size and channels that a JPEG has in the file, without options.
Result<ImageInfo> ReadJpegShape(Bytes bytes, const MediaLimits& limits);

// `pixels` has height * width * channels values of `bits` bits in the machine's byte order; `info.frames` must be 1.
struct PngEncodeOptions {
  int compression = -1;  // 0 .. 9, or -1 for zlib's default
};
Result<std::string> EncodePng(std::span<const uint8_t> pixels, const ImageInfo& info, const PngEncodeOptions& options);

struct JpegEncodeOptions {
  int quality = 95;
  bool progressive = false;
  bool optimize_size = false;
  bool chroma_downsampling = true;
  bool density_in_inches = true;
  int x_density = 300;
  int y_density = 300;
  std::string xmp_metadata;
};
// 1 (gray) or 3 (RGB) channels of 8 bits.
Result<std::string> EncodeJpeg(std::span<const uint8_t> pixels, const ImageInfo& info,
                               const JpegEncodeOptions& options);

// The shared checks of the format files.

// INVALID_ARGUMENT "want PNG, found WebP", unless `bytes` starts as `wanted` does.
Status CheckFormat(Bytes bytes, ImageFormat wanted);
// RESOURCE_EXHAUSTED when the pixels of all frames exceed the limit, INVALID_ARGUMENT when a side is zero or negative.
Status CheckPixels(ImageFormat format, int64_t frames, int64_t height, int64_t width, const MediaLimits& limits);
// INTERNAL when the caller's buffer is not of the inspected size.
Status CheckOutput(const ImageInfo& info, std::span<const uint8_t> out);
// Turns 8-bit values at the start of `out` into 16-bit values v * factor filling it.
void WidenInPlace(std::span<uint8_t> out, int factor);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_MEDIA_IMAGE_H_

// What the picture formats share: recognising them, choosing among them, and the checks on sizes.
#include "engine/media/image.h"

#include <cstring>

#include "engine/base/checked.h"
#include "engine/base/errors.h"

namespace rivulet {
namespace {

bool HasAt(Bytes bytes, size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() && std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

using namespace std::string_view_literals;

struct Magic {
  std::string_view prefix;
  ImageFormat format;
};

constexpr Magic kMagics[] = {
    {"\xff\xd8\xff"sv, ImageFormat::kJpeg},
    {"\x89PNG\r\n\x1a\n"sv, ImageFormat::kPng},
    {"GIF8"sv, ImageFormat::kGif},
    {"BM"sv, ImageFormat::kBmp},
    {"\xff\x0a"sv, ImageFormat::kJpegXl},
    {"\0\0\0\x0cJXL \r\n\x87\n"sv, ImageFormat::kJpegXl},
    {"\0\0\0\x0cjP  \r\n\x87\n"sv, ImageFormat::kJpeg2000},
    {"\xff\x4f\xff\x51"sv, ImageFormat::kJpeg2000},
    {"II*\0"sv, ImageFormat::kTiff},
    {"MM\0*"sv, ImageFormat::kTiff},
    {"II+\0"sv, ImageFormat::kTiff},
    {"MM\0+"sv, ImageFormat::kTiff},
    {"\0\0\1\0"sv, ImageFormat::kIcon},
    {"8BPS"sv, ImageFormat::kPhotoshop},
    {"%PDF"sv, ImageFormat::kPdf},
    {"\x1f\x8b"sv, ImageFormat::kGzip},
    {"PK\x03\x04"sv, ImageFormat::kZip},
};

// Brands of the "ftyp" box that HEIC, AVIF and MP4 files begin with.
ImageFormat SniffFtyp(Bytes bytes) {
  for (std::string_view brand : {"heic"sv, "heix"sv, "hevc"sv, "heim"sv, "heis"sv, "mif1"sv, "msf1"sv}) {
    if (HasAt(bytes, 8, brand)) return ImageFormat::kHeic;
  }
  if (HasAt(bytes, 8, "avif") || HasAt(bytes, 8, "avis")) return ImageFormat::kAvif;
  return ImageFormat::kMp4;
}

// Text formats, after white space and a byte order mark, in any case.
ImageFormat SniffText(Bytes bytes) {
  size_t at = HasAt(bytes, 0, "\xef\xbb\xbf") ? 3 : 0;
  while (at < bytes.size() && at < 64 && (bytes[at] == ' ' || (bytes[at] >= '\t' && bytes[at] <= '\r'))) ++at;
  const auto starts = [&](std::string_view lower) {
    if (bytes.size() < at + lower.size()) return false;
    for (size_t i = 0; i < lower.size(); ++i) {
      const uint8_t byte = bytes[at + i];
      if ((byte >= 'A' && byte <= 'Z' ? byte + 32 : byte) != static_cast<uint8_t>(lower[i])) return false;
    }
    return true;
  };
  if (starts("<!doctype html") || starts("<html") || starts("<head")) return ImageFormat::kHtml;
  if (starts("<svg")) return ImageFormat::kSvg;
  if (starts("<?xml")) return ImageFormat::kXml;
  if (at == 0 && bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' &&
      (bytes[2] == '\n' || bytes[2] == ' ' || bytes[2] == '\r')) {
    return ImageFormat::kNetpbm;
  }
  return ImageFormat::kUnknown;
}

}  // namespace

ImageFormat SniffImage(Bytes bytes) {
  if (bytes.empty()) return ImageFormat::kEmpty;
  for (const Magic& magic : kMagics) {
    if (HasAt(bytes, 0, magic.prefix)) return magic.format;
  }
  if (HasAt(bytes, 0, "RIFF") && HasAt(bytes, 8, "WEBP")) return ImageFormat::kWebp;
  if (HasAt(bytes, 0, "RIFF") && HasAt(bytes, 8, "WAVE")) return ImageFormat::kWav;
  if (HasAt(bytes, 4, "ftyp")) return SniffFtyp(bytes);
  return SniffText(bytes);
}

std::string_view Name(ImageFormat format) {
  switch (format) {
    case ImageFormat::kUnknown: return "an unknown format";
    case ImageFormat::kEmpty: return "no bytes at all";
    case ImageFormat::kJpeg: return "JPEG";
    case ImageFormat::kPng: return "PNG";
    case ImageFormat::kGif: return "GIF";
    case ImageFormat::kBmp: return "BMP";
    case ImageFormat::kWebp: return "WebP";
    case ImageFormat::kHeic: return "HEIC";
    case ImageFormat::kAvif: return "AVIF";
    case ImageFormat::kJpegXl: return "JPEG XL";
    case ImageFormat::kJpeg2000: return "JPEG 2000";
    case ImageFormat::kTiff: return "TIFF";
    case ImageFormat::kIcon: return "a Windows icon";
    case ImageFormat::kPhotoshop: return "a Photoshop file";
    case ImageFormat::kNetpbm: return "PBM, PGM or PPM";
    case ImageFormat::kSvg: return "SVG";
    case ImageFormat::kPdf: return "PDF";
    case ImageFormat::kHtml: return "an HTML page";
    case ImageFormat::kXml: return "XML";
    case ImageFormat::kGzip: return "gzip";
    case ImageFormat::kZip: return "a zip file";
    case ImageFormat::kWav: return "WAV sound";
    case ImageFormat::kMp4: return "an MP4 film";
  }
  return "an unknown format";
}

Status CheckFormat(Bytes bytes, ImageFormat wanted) {
  const ImageFormat found = SniffImage(bytes);
  if (found == wanted) return Status();
  return InvalidArgument("want ", Name(wanted), ", found ", Name(found));
}

Status CheckPixels(ImageFormat format, int64_t frames, int64_t height, int64_t width, const MediaLimits& limits) {
  if (height <= 0 || width <= 0 || frames <= 0) {
    return InvalidArgument(Name(format), ": want a height and width above 0, found ", height, " x ", width);
  }
  const CheckedSize pixels = CheckedSize(frames) * height * width;
  // The second bound keeps ImageInfo::bytes() below 2^63 whatever the limits are set to.
  if (pixels.valid() && pixels.value() <= limits.pixels && pixels.value() < int64_t{1} << 59) return Status();
  return ResourceExhausted(Name(format), ": ", frames, frames == 1 ? " frame of " : " frames of ", height, " x ", width,
                           " pixels; the limit is ", limits.pixels, " pixels");
}

Status CheckOutput(const ImageInfo& info, std::span<const uint8_t> out) {
  if (static_cast<int64_t>(out.size()) == info.bytes()) return Status();
  return Internal("the picture needs ", info.bytes(), " bytes, the buffer has ", out.size());
}

void WidenInPlace(std::span<uint8_t> out, int factor) {
  // From the end, so that no byte is overwritten before it is read.
  for (size_t i = out.size() / 2; i-- > 0;) {
    const uint16_t value = static_cast<uint16_t>(out[i] * factor);
    std::memcpy(out.data() + 2 * i, &value, sizeof value);
  }
}

namespace {

Status NotAnImage(ImageFormat found) { return InvalidArgument("want JPEG, PNG, GIF or BMP, found ", Name(found)); }

}  // namespace

Result<ImageInfo> InspectImage(Bytes bytes, const ImageOptions& options) {
  switch (const ImageFormat format = SniffImage(bytes)) {
    case ImageFormat::kJpeg: return InspectJpeg(bytes, options);
    case ImageFormat::kPng: return InspectPng(bytes, options);
    case ImageFormat::kGif: return InspectGif(bytes, options);
    case ImageFormat::kBmp: return InspectBmp(bytes, options);
    default: return NotAnImage(format);
  }
}

Status DecodeImage(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out) {
  switch (const ImageFormat format = SniffImage(bytes)) {
    case ImageFormat::kJpeg: return DecodeJpeg(bytes, options, out);
    case ImageFormat::kPng: return DecodePng(bytes, options, out);
    case ImageFormat::kGif: return DecodeGif(bytes, options, out);
    case ImageFormat::kBmp: return DecodeBmp(bytes, options, out);
    default: return NotAnImage(format);
  }
}

}  // namespace rivulet

// BMP: uncompressed rows of 8, 24 or 32 bits per pixel, bottom-up or (negative height) top-down, padded to 4 bytes.
//
//   bytes 10..13  where the pixels start        18..21  width, signed       28..29  bits per pixel
//   bytes 14..17  size of the second header     22..25  height, signed      30..33  compression
//
// As TensorFlow does, 8-bit files give the bytes themselves as gray (a palette is not looked at, so it may be missing)
// and 32-bit files are read as B, G, R, A whatever their bit masks say. Deviations: compressed files are refused
// where TensorFlow reads the codes as pixels, and bytes after the last row are accepted.
#include <climits>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/media/image.h"

namespace rivulet {
namespace {

constexpr int64_t kHeaderBytes = 34;  // up to and with the compression field

// Everything known after the header was checked; offsets lie inside the file.
struct Layout {
  int64_t height = 0;
  int64_t width = 0;
  bool top_down = false;
  int64_t file_channels = 0;
  int64_t channels = 0;
  int64_t data_offset = 0;
  int64_t stride = 0;
};

uint32_t ReadU32(Bytes bytes, size_t at) {
  return static_cast<uint32_t>(bytes[at]) | static_cast<uint32_t>(bytes[at + 1]) << 8 |
         static_cast<uint32_t>(bytes[at + 2]) << 16 | static_cast<uint32_t>(bytes[at + 3]) << 24;
}

Result<Layout> ReadLayout(Bytes bytes, const ImageOptions& options) {
  RIVULET_RETURN_IF_ERROR(CheckFormat(bytes, ImageFormat::kBmp));
  if (options.channels != 0 && options.channels != 3 && options.channels != 4) {
    return InvalidArgument("channels: want 0, 3 or 4 for BMP, got ", options.channels);
  }
  const int64_t size = static_cast<int64_t>(bytes.size());
  if (size < kHeaderBytes) {
    return InvalidArgument("BMP: want at least ", kHeaderBytes, " bytes of header, found ", size);
  }
  const int64_t info_bytes = ReadU32(bytes, 14);
  if (info_bytes < 40) {
    return InvalidArgument("BMP: want a header of 40 bytes or more, found one of ", info_bytes);
  }
  Layout layout;
  layout.data_offset = ReadU32(bytes, 10);
  layout.width = static_cast<int32_t>(ReadU32(bytes, 18));
  const int64_t height = static_cast<int32_t>(ReadU32(bytes, 22));
  const int bits = bytes[28] | bytes[29] << 8;
  const uint32_t compression = ReadU32(bytes, 30);
  layout.top_down = height < 0;
  layout.height = height < 0 ? -height : height;
  if (layout.height > INT_MAX) return InvalidArgument("BMP: height ", height, " cannot be turned");
  if (bits != 8 && bits != 24 && bits != 32) {
    return InvalidArgument("BMP: want 8, 24 or 32 bits per pixel, found ", bits);
  }
  // 0 is plain rows; 3 adds masks to 32-bit rows.
  if (compression != 0 && !(compression == 3 && bits == 32)) {
    return InvalidArgument("BMP: want uncompressed pixels, found compression ", compression,
                           compression == 1 || compression == 2 ? " (run lengths)" : "");
  }
  RIVULET_RETURN_IF_ERROR(CheckPixels(ImageFormat::kBmp, 1, layout.height, layout.width, options.limits));
  layout.file_channels = bits / 8;
  layout.channels = options.channels != 0 ? options.channels : layout.file_channels;
  // Both sides are below 2^31 and their product within the limit of pixels.
  const CheckedSize stride = (CheckedSize(layout.width) * layout.file_channels + 3).value() / 4 * 4;
  layout.stride = stride.value();
  const CheckedSize end = stride * layout.height + layout.data_offset;
  if (layout.data_offset < kHeaderBytes || !end.valid() || end.value() > size) {
    return InvalidArgument("BMP: want ", layout.height, " rows of ", layout.stride, " bytes from byte ",
                           layout.data_offset, " on, the file has ", size, " bytes");
  }
  return layout;
}

// One row, B G R (A) to the order R G B (A).
void ConvertRow(const uint8_t* in, int64_t width, int64_t in_channels, int64_t out_channels, uint8_t* out) {
  for (int64_t x = 0; x < width; ++x, in += in_channels, out += out_channels) {
    const bool is_gray = in_channels == 1;
    out[0] = is_gray ? in[0] : in[2];
    if (out_channels == 1) continue;
    out[1] = is_gray ? in[0] : in[1];
    out[2] = in[0];
    if (out_channels == 4) out[3] = in_channels == 4 ? in[3] : 255;
  }
}

}  // namespace

Result<ImageInfo> InspectBmp(Bytes bytes, const ImageOptions& options) {
  RIVULET_ASSIGN_OR_RETURN(const Layout layout, ReadLayout(bytes, options));
  return ImageInfo{.format = ImageFormat::kBmp,
                   .height = layout.height,
                   .width = layout.width,
                   .channels = layout.channels,
                   .bits = options.bits};
}

Status DecodeBmp(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out) {
  RIVULET_ASSIGN_OR_RETURN(const ImageInfo info, InspectBmp(bytes, options));
  RIVULET_RETURN_IF_ERROR(CheckOutput(info, out));
  RIVULET_ASSIGN_OR_RETURN(const Layout layout, ReadLayout(bytes, options));
  const int64_t out_stride = layout.width * layout.channels;
  for (int64_t y = 0; y < layout.height; ++y) {
    if (options.stop.stopped()) return options.stop.Why();
    const int64_t row = layout.top_down ? y : layout.height - 1 - y;
    ConvertRow(bytes.data() + layout.data_offset + row * layout.stride, layout.width, layout.file_channels,
               layout.channels, out.data() + y * out_stride);
  }
  if (options.bits == 16) WidenInPlace(out, 256);
  return Status();
}

}  // namespace rivulet

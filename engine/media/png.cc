// PNG: 1 to 16 bits, gray, RGB, palette, alpha, interlaced, through libpng.
//
// The chunks are first walked by hand: that gives the header, and refuses files that are cut, that have too many chunks
// or whose compressed data cannot hold the picture, before libpng or the output take memory. libpng then reads IHDR,
// PLTE, tRNS, IDAT and IEND, and gAMA, cHRM, sRGB and iCCP, because the gamma enters its conversion of colour to gray;
// no other chunk is stored or decompressed.
//
// libpng's errors leave it by longjmp; it is only entered by Guarded(), through steps that hold nothing with a
// destructor.
#include "engine/media/image.h"

#include "engine/base/checked.h"
#include "engine/base/errors.h"

#if defined(RIVULET_HAS_IMAGE_CODECS)

#include <bit>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <new>

#include <png.h>

namespace rivulet {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr int64_t kMaxSide = 1000000;                 // libpng's own default
constexpr png_alloc_size_t kMaxChunkBytes = 8000000;  // the same; of a chunk beside IDAT, packed or unpacked
constexpr int64_t kMaxDeflateRatio = 1032;            // 258 bytes from two bits

struct Layout {
  int64_t height = 0;
  int64_t width = 0;
  int depth = 0;
  int color_type = 0;
  bool has_transparency = false;  // a tRNS chunk
  int64_t channels = 0;           // of the output
};

uint32_t ReadU32(Bytes bytes, size_t at) {
  return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 |
         static_cast<uint32_t>(bytes[at + 2]) << 8 | static_cast<uint32_t>(bytes[at + 3]);
}

int FileChannels(int color_type) {
  switch (color_type) {
    case PNG_COLOR_TYPE_GRAY: return 1;
    case PNG_COLOR_TYPE_RGB: return 3;
    case PNG_COLOR_TYPE_PALETTE: return 1;
    case PNG_COLOR_TYPE_GRAY_ALPHA: return 2;
    case PNG_COLOR_TYPE_RGB_ALPHA: return 4;
    default: return 0;
  }
}

// The output's channels where the file decides.
int NaturalChannels(const Layout& layout) {
  if (layout.color_type == PNG_COLOR_TYPE_PALETTE) return layout.has_transparency ? 4 : 3;
  return FileChannels(layout.color_type);
}

Status ReadHeader(Bytes data, const MediaLimits& limits, Layout* layout) {
  layout->width = ReadU32(data, 0);
  layout->height = ReadU32(data, 4);
  layout->depth = data[8];
  layout->color_type = data[9];
  RIVULET_RETURN_IF_ERROR(CheckPixels(ImageFormat::kPng, 1, layout->height, layout->width, limits));
  if (layout->width > kMaxSide || layout->height > kMaxSide) {
    return ResourceExhausted("PNG: ", layout->height, " x ", layout->width, " pixels; the limit of a side is ",
                             kMaxSide);
  }
  const bool depth_is_power = layout->depth > 0 && layout->depth <= 16 && (layout->depth & (layout->depth - 1)) == 0;
  if (!depth_is_power || FileChannels(layout->color_type) == 0) {
    return InvalidArgument("PNG: found bit depth ", layout->depth, " with color type ", layout->color_type,
                           ", which PNG does not have");
  }
  return Status();
}

// Walks the chunks up to IEND.
Result<Layout> ReadLayout(Bytes bytes, const ImageOptions& options) {
  RIVULET_RETURN_IF_ERROR(CheckFormat(bytes, ImageFormat::kPng));
  if (options.channels < 0 || options.channels > 4) {
    return InvalidArgument("channels: want 0 to 4 for PNG, got ", options.channels);
  }
  Layout layout;
  int64_t data_bytes = 0;
  int64_t num_others = 0;
  size_t at = kSignatureBytes;
  for (bool ended = false; !ended;) {
    const size_t left = bytes.size() - at;  // 12: length, type and checksum
    const uint64_t length = left >= 12 ? ReadU32(bytes, at) : 0;
    if (left < 12 || length > left - 12) {
      return InvalidArgument("PNG: the file is cut: at byte ", at, " a chunk of ", length, " bytes is wanted, ", left,
                             " bytes are left");
    }
    const std::string_view type(reinterpret_cast<const char*>(bytes.data()) + at + 4, 4);
    if ((at == kSignatureBytes) != (type == "IHDR")) {
      return InvalidArgument("PNG: want IHDR as the first chunk and only there, found ", Quoted(type), " at byte ", at);
    }
    if (type == "IHDR") {
      if (length != 13) return InvalidArgument("PNG: want 13 bytes of IHDR, found ", length);
      RIVULET_RETURN_IF_ERROR(ReadHeader(bytes.subspan(at + 8, 13), options.limits, &layout));
    } else if (type == "IDAT") {
      data_bytes += static_cast<int64_t>(length);
    } else if (++num_others > options.limits.chunks) {
      return ResourceExhausted("PNG: more than ", options.limits.chunks, " chunks beside the pixels, the limit");
    }
    if (type != "IDAT" && length > kMaxChunkBytes) {
      return ResourceExhausted("PNG: a chunk ", Quoted(type), " of ", length, " bytes; the limit is ", kMaxChunkBytes);
    }
    if (type == "tRNS" && data_bytes == 0) layout.has_transparency = true;
    ended = type == "IEND";
    at += 12 + static_cast<size_t>(length);
  }
  // The limits keep this far below 2^63.
  const int64_t row_bits = layout.width * FileChannels(layout.color_type) * layout.depth;
  const int64_t raw_bytes = layout.height * (1 + (row_bits + 7) / 8);
  if (raw_bytes / kMaxDeflateRatio > data_bytes) {
    return InvalidArgument("PNG: ", data_bytes, " bytes of IDAT cannot hold the ", raw_bytes, " bytes of ",
                           layout.height, " x ", layout.width, " pixels");
  }
  layout.channels = options.channels != 0 ? options.channels : NaturalChannels(layout);
  return layout;
}

enum class Trouble { kNone, kLibrary, kStopped };

struct Decoder {
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() {
    if (png != nullptr) png_destroy_read_struct(&png, &info, nullptr);
  }

  png_structp png = nullptr;
  png_infop info = nullptr;
  jmp_buf jump;
  Bytes bytes;
  size_t position = 0;
  const ImageOptions* options = nullptr;
  Layout layout;
  uint8_t* out = nullptr;
  size_t out_stride = 0;
  bool widen = false;  // 16 bits are wanted of a file of fewer
  Trouble trouble = Trouble::kNone;
  char message[128] = {};
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  Decoder& d = *static_cast<Decoder*>(png_get_error_ptr(png));
  if (d.trouble == Trouble::kNone) d.trouble = Trouble::kLibrary;
  std::strncpy(d.message, message, sizeof d.message - 1);
  std::longjmp(d.jump, 1);
}

void OnWarning(png_structp, png_const_charp) {}

void OnRead(png_structp png, png_bytep out, size_t count) {
  Decoder& d = *static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > d.bytes.size() - d.position) png_error(png, "the file is cut");
  std::memcpy(out, d.bytes.data() + d.position, count);
  d.position += count;
}

bool Guarded(Decoder& d, bool (*step)(Decoder&)) {
  if (setjmp(d.jump) != 0) return false;
  return step(d);
}

bool Create(Decoder& d) {
  d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, OnError, OnWarning);
  if (d.png == nullptr) return false;
  d.info = png_create_info_struct(d.png);
  return d.info != nullptr;
}

// Tells libpng how to get from the file's kind of pixels to the wanted ones.
void SetTransforms(Decoder& d) {
  png_structp png = d.png;
  const Layout& layout = d.layout;
  const bool want_alpha = layout.channels % 2 == 0;
  const bool has_alpha = (layout.color_type & PNG_COLOR_MASK_ALPHA) != 0;
  const bool has_transparency = png_get_valid(png, d.info, PNG_INFO_tRNS) != 0;
  if (want_alpha && has_transparency) {
    png_set_tRNS_to_alpha(png);
  } else if (want_alpha && !has_alpha) {
    png_set_add_alpha(png, (1u << layout.depth) - 1, PNG_FILLER_AFTER);
  } else if (!want_alpha && (has_alpha || has_transparency)) {
    png_set_strip_alpha(png);
  }
  if (layout.depth > 8 && d.options->bits <= 8) png_set_strip_16(png);
  png_set_packing(png);
  if (d.options->bits > 8 && std::endian::native == std::endian::little) png_set_swap(png);
  if (layout.color_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);

  const bool is_gray = (layout.color_type & PNG_COLOR_MASK_COLOR) == 0;
  if (is_gray && layout.depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (layout.channels >= 3 && is_gray) png_set_gray_to_rgb(png);
  // The weights of red and green; blue has the rest. 1: without a complaint.
  if (layout.channels < 3 && !is_gray) png_set_rgb_to_gray(png, 1, 0.299, 0.587);
}

bool Read(Decoder& d) {
  png_structp png = d.png;
  png_set_read_fn(png, &d, OnRead);
  png_set_user_limits(png, kMaxSide, kMaxSide);
  png_set_chunk_malloc_max(png, kMaxChunkBytes);
  png_set_chunk_cache_max(png, 16);
  static const png_byte kUnread[] =
      "bKGD\0hIST\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sTER\0tEXt\0tIME\0zTXt\0eXIf";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, kUnread, sizeof kUnread / 5);
  // The profile is unpacked only where its gamma can matter.
  static const png_byte kProfile[] = "iCCP";
  if (d.layout.channels >= 3) png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, kProfile, 1);
  png_read_info(png, d.info);
  SetTransforms(d);
  const int num_passes = png_set_interlace_handling(png);
  png_read_update_info(png, d.info);
  const size_t row_bytes = d.out_stride / (d.widen ? 2 : 1);
  if (png_get_rowbytes(png, d.info) != row_bytes) png_error(png, "the rows are not as the header says");
  for (int pass = 0; pass < num_passes; ++pass) {
    uint8_t* row = d.out;
    for (int64_t y = 0; y < d.layout.height; ++y, row += row_bytes) {
      if (d.options->stop.stopped()) {
        d.trouble = Trouble::kStopped;
        return false;
      }
      png_read_row(png, row, nullptr);
    }
  }
  png_read_end(png, nullptr);
  return true;
}

}  // namespace

Result<ImageInfo> InspectPng(Bytes bytes, const ImageOptions& options) {
  RIVULET_ASSIGN_OR_RETURN(const Layout layout, ReadLayout(bytes, options));
  return ImageInfo{.format = ImageFormat::kPng,
                   .height = layout.height,
                   .width = layout.width,
                   .channels = layout.channels,
                   .bits = options.bits};
}

Status DecodePng(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out) {
  RIVULET_ASSIGN_OR_RETURN(const ImageInfo info, InspectPng(bytes, options));
  RIVULET_RETURN_IF_ERROR(CheckOutput(info, out));
  const std::unique_ptr<Decoder> d(new (std::nothrow) Decoder());
  if (!d) return ResourceExhausted("out of memory");
  RIVULET_ASSIGN_OR_RETURN(d->layout, ReadLayout(bytes, options));
  d->bytes = bytes;
  d->options = &options;
  d->out = out.data();
  d->out_stride = static_cast<size_t>(info.row_bytes());
  d->widen = options.bits == 16 && d->layout.depth <= 8;
  if (!Guarded(*d, Create)) return ResourceExhausted("PNG: no memory for the decoder");
  if (!Guarded(*d, Read)) {
    if (d->trouble == Trouble::kStopped) return options.stop.Why();
    return InvalidArgument("PNG: ", d->message);
  }
  if (d->widen) WidenInPlace(out, 257);
  return Status();
}

}  // namespace rivulet

#else

namespace rivulet {
namespace {

Status NoCodec() { return Unimplemented("PNG: this build has no libpng; decode the picture outside and feed pixels"); }

}  // namespace

Result<ImageInfo> InspectPng(Bytes, const ImageOptions&) { return NoCodec(); }
Status DecodePng(Bytes, const ImageOptions&, std::span<uint8_t>) { return NoCodec(); }

}  // namespace rivulet

#endif  // RIVULET_HAS_IMAGE_CODECS

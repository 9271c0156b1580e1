// Writing PNG: 8 or 16 bits, gray, gray and alpha, RGB or RGBA, not interlaced, through libpng.
#include "engine/media/image.h"

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/base/guard.h"

#if defined(RIVULET_HAS_IMAGE_CODECS)

#include <bit>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <new>

#include <png.h>

namespace rivulet {
namespace {

struct Encoder {
  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() {
    if (png != nullptr) png_destroy_write_struct(&png, &info);
  }

  png_structp png = nullptr;
  png_infop info = nullptr;
  jmp_buf jump;
  const uint8_t* pixels = nullptr;
  ImageInfo image;
  int compression = -1;
  std::string out;
  char message[128] = {};
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  Encoder& e = *static_cast<Encoder*>(png_get_error_ptr(png));
  std::strncpy(e.message, message, sizeof e.message - 1);
  std::longjmp(e.jump, 1);
}

void OnWarning(png_structp, png_const_charp) {}

// False when there is no memory: nothing may be thrown through the library.
bool Append(std::string& out, const uint8_t* data, size_t count) {
  return CatchBadAlloc([&] {
           out.append(reinterpret_cast<const char*>(data), count);
           return Status();
         })
      .ok();
}

void OnWrite(png_structp png, png_bytep data, size_t count) {
  if (!Append(static_cast<Encoder*>(png_get_io_ptr(png))->out, data, count)) png_error(png, "out of memory");
}

void OnFlush(png_structp) {}

bool Guarded(Encoder& e, bool (*step)(Encoder&)) {
  if (setjmp(e.jump) != 0) return false;
  return step(e);
}

bool Create(Encoder& e) {
  e.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e, OnError, OnWarning);
  if (e.png == nullptr) return false;
  e.info = png_create_info_struct(e.png);
  return e.info != nullptr;
}

bool Write(Encoder& e) {
  static constexpr int kColorTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                        PNG_COLOR_TYPE_RGB_ALPHA};
  png_structp png = e.png;
  png_set_write_fn(png, &e, OnWrite, OnFlush);
  png_set_compression_level(png, e.compression);
  png_set_compression_mem_level(png, 9);
  png_set_IHDR(png, e.info, static_cast<png_uint_32>(e.image.width), static_cast<png_uint_32>(e.image.height),
               e.image.bits, kColorTypes[e.image.channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, e.info);
  if (e.image.bits == 16 && std::endian::native == std::endian::little) png_set_swap(png);
  const uint8_t* row = e.pixels;
  for (int64_t y = 0; y < e.image.height; ++y, row += e.image.row_bytes()) png_write_row(png, row);
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

Result<std::string> EncodePng(std::span<const uint8_t> pixels, const ImageInfo& info, const PngEncodeOptions& options) {
  if (info.channels < 1 || info.channels > 4)
    return InvalidArgument("want 1 to 4 channels for PNG, got ", info.channels);
  if (info.bits != 8 && info.bits != 16) return InvalidArgument("want 8 or 16 bits for PNG, got ", info.bits);
  if (options.compression < -1 || options.compression > 9) {
    return InvalidArgument("compression: want -1 to 9, got ", options.compression);
  }
  if (info.frames != 1) return InvalidArgument("want one frame for PNG, got ", info.frames);
  RIVULET_RETURN_IF_ERROR(CheckPixels(ImageFormat::kPng, 1, info.height, info.width, MediaLimits()));
  RIVULET_RETURN_IF_ERROR(CheckOutput(info, pixels));
  const std::unique_ptr<Encoder> e(new (std::nothrow) Encoder());
  if (!e) return ResourceExhausted("out of memory");
  e->pixels = pixels.data();
  e->image = info;
  e->compression = options.compression;
  if (!Guarded(*e, Create)) return ResourceExhausted("PNG: no memory for the encoder");
  if (!Guarded(*e, Write)) return InvalidArgument("PNG: ", e->message);
  return std::move(e->out);
}

}  // namespace rivulet

#else

namespace rivulet {

Result<std::string> EncodePng(std::span<const uint8_t>, const ImageInfo&, const PngEncodeOptions&) {
  return Unimplemented("PNG: this build has no libpng");
}

}  // namespace rivulet

#endif  // RIVULET_HAS_IMAGE_CODECS

// Writing JPEG: gray or RGB of 8 bits, through libjpeg-turbo, with the settings of TensorFlow's EncodeJpeg.
#include "engine/media/image.h"

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/base/guard.h"

#if defined(RIVULET_HAS_IMAGE_CODECS)

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE
#include <cstring>
#include <memory>
#include <new>

#include <jpeglib.h>
#include <jerror.h>

namespace rivulet {
namespace {

// The text that marks an APP1 segment as XMP; its closing zero belongs to it.
constexpr char kXmpMark[] = "http://ns.adobe.com/xap/1.0/";
constexpr size_t kMaxSegment = 65533;

struct Encoder {
  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() { jpeg_destroy_compress(&library); }

  jpeg_compress_struct library{};
  jpeg_error_mgr errors{};
  jpeg_destination_mgr destination{};
  jmp_buf jump;
  const uint8_t* pixels = nullptr;
  ImageInfo image;
  const JpegEncodeOptions* options = nullptr;
  std::string xmp;  // the whole segment
  std::string out;
  uint8_t block[16384];
  char message[JMSG_LENGTH_MAX] = {};
};

Encoder& Self(j_common_ptr library) { return *static_cast<Encoder*>(library->client_data); }
Encoder& Self(j_compress_ptr library) { return *static_cast<Encoder*>(library->client_data); }

[[noreturn]] void OnError(j_common_ptr library) {
  Encoder& e = Self(library);
  e.errors.format_message(library, e.message);
  std::longjmp(e.jump, 1);
}

void OnMessage(j_common_ptr, int) {}
void OnOutput(j_common_ptr) {}

void StartBlock(j_compress_ptr library) {
  Encoder& e = Self(library);
  e.destination.next_output_byte = e.block;
  e.destination.free_in_buffer = sizeof e.block;
}

// False when there is no memory: nothing may be thrown through the library.
bool Append(std::string& out, const uint8_t* data, size_t count) {
  return CatchBadAlloc([&] {
           out.append(reinterpret_cast<const char*>(data), count);
           return Status();
         })
      .ok();
}

boolean FlushBlock(j_compress_ptr library) {
  Encoder& e = Self(library);
  if (!Append(e.out, e.block, sizeof e.block)) ERREXIT1(library, JERR_OUT_OF_MEMORY, 0);
  StartBlock(library);
  return TRUE;
}

void FlushLast(j_compress_ptr library) {
  Encoder& e = Self(library);
  const size_t count = sizeof e.block - e.destination.free_in_buffer;
  if (!Append(e.out, e.block, count)) ERREXIT1(library, JERR_OUT_OF_MEMORY, 0);
}

bool Guarded(Encoder& e, bool (*step)(Encoder&)) {
  if (setjmp(e.jump) != 0) return false;
  return step(e);
}

bool Write(Encoder& e) {
  jpeg_compress_struct& library = e.library;
  const JpegEncodeOptions& options = *e.options;
  library.err = jpeg_std_error(&e.errors);
  e.errors.error_exit = OnError;
  e.errors.emit_message = OnMessage;
  e.errors.output_message = OnOutput;
  library.client_data = &e;
  jpeg_create_compress(&library);
  library.dest = &e.destination;
  e.destination.init_destination = StartBlock;
  e.destination.empty_output_buffer = FlushBlock;
  e.destination.term_destination = FlushLast;

  library.image_width = static_cast<JDIMENSION>(e.image.width);
  library.image_height = static_cast<JDIMENSION>(e.image.height);
  library.input_components = static_cast<int>(e.image.channels);
  library.in_color_space = e.image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&library);
  if (options.optimize_size) library.optimize_coding = TRUE;
  library.density_unit = options.density_in_inches ? 1 : 2;
  library.X_density = static_cast<UINT16>(options.x_density);
  library.Y_density = static_cast<UINT16>(options.y_density);
  jpeg_set_quality(&library, options.quality, TRUE);
  if (options.progressive) jpeg_simple_progression(&library);
  if (!options.chroma_downsampling) {
    for (int i = 0; i < library.num_components; ++i) {
      library.comp_info[i].h_samp_factor = 1;
      library.comp_info[i].v_samp_factor = 1;
    }
  }
  jpeg_start_compress(&library, TRUE);
  if (!e.xmp.empty()) {
    jpeg_write_marker(&library, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(e.xmp.data()),
                      static_cast<unsigned>(e.xmp.size()));
  }
  const int64_t stride = e.image.row_bytes();
  while (library.next_scanline < library.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(e.pixels + stride * library.next_scanline);  // only read
    jpeg_write_scanlines(&library, &row, 1);
  }
  jpeg_finish_compress(&library);
  return true;
}

}  // namespace

Result<std::string> EncodeJpeg(std::span<const uint8_t> pixels, const ImageInfo& info,
                               const JpegEncodeOptions& options) {
  if (info.channels != 1 && info.channels != 3) {
    return InvalidArgument("want 1 or 3 channels for JPEG, got ", info.channels);
  }
  if (info.bits != 8) return InvalidArgument("want 8 bits for JPEG, got ", info.bits);
  if (info.frames != 1) return InvalidArgument("want one frame for JPEG, got ", info.frames);
  if (options.quality < 0 || options.quality > 100) {
    return InvalidArgument("quality: want 0 to 100, got ", options.quality);
  }
  for (const int density : {options.x_density, options.y_density}) {
    if (density < 0 || density > 0xffff) return InvalidArgument("density: want 0 to 65535, got ", density);
  }
  RIVULET_RETURN_IF_ERROR(CheckPixels(ImageFormat::kJpeg, 1, info.height, info.width, MediaLimits()));
  if (info.height > JPEG_MAX_DIMENSION || info.width > JPEG_MAX_DIMENSION) {
    return InvalidArgument("JPEG: want sides of at most ", JPEG_MAX_DIMENSION, " pixels, got ", info.height, " x ",
                           info.width);
  }
  RIVULET_RETURN_IF_ERROR(CheckOutput(info, pixels));
  const std::unique_ptr<Encoder> e(new (std::nothrow) Encoder());
  if (!e) return ResourceExhausted("out of memory");
  e->pixels = pixels.data();
  e->image = info;
  e->options = &options;
  if (!options.xmp_metadata.empty()) {
    e->xmp.assign(kXmpMark, sizeof kXmpMark);
    e->xmp += options.xmp_metadata;
    if (e->xmp.size() > kMaxSegment) {
      return InvalidArgument("xmp_metadata: want at most ", kMaxSegment - sizeof kXmpMark, " bytes, got ",
                             options.xmp_metadata.size());
    }
  }
  if (!Guarded(*e, Write)) return InvalidArgument("JPEG: ", e->message);
  return std::move(e->out);
}

}  // namespace rivulet

#else

namespace rivulet {

Result<std::string> EncodeJpeg(std::span<const uint8_t>, const ImageInfo&, const JpegEncodeOptions&) {
  return Unimplemented("JPEG: this build has no libjpeg");
}

}  // namespace rivulet

#endif  // RIVULET_HAS_IMAGE_CODECS

// JPEG: baseline, progressive and arithmetic, gray, RGB, YCbCr, CMYK and YCCK, through libjpeg-turbo.
//
// Errors inside the library leave it by longjmp. It is only ever entered by Guarded(), through step functions that
// hold nothing with a destructor, so a jump crosses frames of C and of such steps alone. The input never blocks or
// refills: at its end the library is told to wait, which shows as a row or header that does not come.
//
// Deviations from TensorFlow. Damaged data that the library can paper over (a bad Huffman code, a missing restart
// marker) gives pixels there; here it is an error unless try_recover_truncated or acceptable_fraction < 1 asks for the
// rest. With try_recover_truncated the blocks around a cut are gray or what their first coefficients say, where
// TensorFlow shows noise.
#include "engine/media/image.h"

#include <algorithm>

#include "engine/base/checked.h"
#include "engine/base/errors.h"

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

enum class Trouble { kNone, kLibrary, kScans, kStopped, kTruncated, kCrop };

struct Decoder {
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&library); }  // also right before creation: all zero

  jpeg_decompress_struct library{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  jmp_buf jump;

  Bytes bytes;
  const ImageOptions* options = nullptr;
  bool with_crop = true;  // false: only the size in the file is wanted
  Trouble trouble = Trouble::kNone;
  bool damaged = false;
  char message[JMSG_LENGTH_MAX] = {};

  uint8_t* out = nullptr;
  int64_t out_stride = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  int64_t rows_read = 0;
  uint8_t* wide_row = nullptr;  // holds a row when it cannot go to `out` as it is
};

Decoder& Self(j_common_ptr library) { return *static_cast<Decoder*>(library->client_data); }

[[noreturn]] void OnError(j_common_ptr library) {
  Decoder& d = Self(library);
  if (d.trouble == Trouble::kNone) {
    d.trouble = Trouble::kLibrary;
    d.errors.format_message(library, d.message);
  }
  std::longjmp(d.jump, 1);
}

// Warnings: kept when they mean that pixels were made up.
void OnMessage(j_common_ptr library, int level) {
  if (level >= 0) return;
  Decoder& d = Self(library);
  ++d.errors.num_warnings;
  switch (d.errors.msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      if (!d.damaged) d.errors.format_message(library, d.message);
      d.damaged = true;
      break;
    default: break;
  }
}

void OnOutput(j_common_ptr) {}

void InitSource(j_decompress_ptr) {}
void TermSource(j_decompress_ptr) {}

// All bytes were there from the start, so this is the end of the file.
boolean FillInput(j_decompress_ptr library) {
  static const JOCTET kEnd[2] = {0xff, JPEG_EOI};
  Decoder& d = Self(reinterpret_cast<j_common_ptr>(library));
  if (!d.options->try_recover_truncated) return FALSE;
  d.source.next_input_byte = kEnd;
  d.source.bytes_in_buffer = sizeof kEnd;
  return TRUE;
}

void SkipInput(j_decompress_ptr library, long count) {
  Decoder& d = Self(reinterpret_cast<j_common_ptr>(library));
  if (count <= 0) return;
  const size_t skipped = std::min(static_cast<size_t>(count), d.source.bytes_in_buffer);
  d.source.next_input_byte += skipped;
  d.source.bytes_in_buffer -= skipped;
}

// Called many times per scan, also while a progressive file is read whole before its first row.
void OnProgress(j_common_ptr library) {
  Decoder& d = Self(library);
  if (d.library.input_scan_number > d.options->limits.jpeg_scans) {
    d.trouble = Trouble::kScans;
  } else if (d.options->stop.stopped()) {
    d.trouble = Trouble::kStopped;
  } else {
    return;
  }
  OnError(library);
}

// Runs one step; false when the library or the step found trouble.
bool Guarded(Decoder& d, bool (*step)(Decoder&)) {
  if (setjmp(d.jump) != 0) return false;
  return step(d);
}

bool Fail(Decoder& d, Trouble trouble) {
  d.trouble = trouble;
  return false;
}

bool CropFits(const CropWindow& crop, int64_t height, int64_t width) {
  return crop.y >= 0 && crop.x >= 0 && crop.height > 0 && crop.width > 0 && crop.y < height && crop.x < width &&
         crop.height <= height - crop.y && crop.width <= width - crop.x;
}

bool ReadHeader(Decoder& d) {
  jpeg_decompress_struct& library = d.library;
  library.err = jpeg_std_error(&d.errors);
  d.errors.error_exit = OnError;
  d.errors.emit_message = OnMessage;
  d.errors.output_message = OnOutput;
  library.client_data = &d;
  jpeg_create_decompress(&library);
  library.mem->max_memory_to_use = static_cast<long>(std::min<int64_t>(d.options->limits.codec_bytes, INT32_MAX));
  library.progress = &d.progress;
  d.progress.progress_monitor = OnProgress;
  library.src = &d.source;
  d.source.init_source = InitSource;
  d.source.fill_input_buffer = FillInput;
  d.source.skip_input_data = SkipInput;
  d.source.resync_to_restart = jpeg_resync_to_restart;
  d.source.term_source = TermSource;
  d.source.next_input_byte = d.bytes.data();
  d.source.bytes_in_buffer = d.bytes.size();
  if (jpeg_read_header(&library, TRUE) != JPEG_HEADER_OK) return Fail(d, Trouble::kTruncated);
  if (!d.with_crop) {
    d.height = library.image_height;
    d.width = library.image_width;
    d.channels = library.num_components;
    return true;
  }
  const ImageOptions& options = *d.options;
  d.channels = options.channels != 0 ? options.channels : std::min(library.num_components, 3);
  if (d.channels == 1) {
    library.out_color_space = JCS_GRAYSCALE;
  } else if (library.jpeg_color_space == JCS_CMYK || library.jpeg_color_space == JCS_YCCK) {
    library.out_color_space = JCS_CMYK;  // the library goes no further; ConvertInks does
  } else {
    library.out_color_space = JCS_RGB;
  }
  library.do_fancy_upsampling = options.fancy_upscaling ? TRUE : FALSE;
  library.scale_num = 1;
  library.scale_denom = static_cast<unsigned>(options.ratio);
  library.dct_method = options.dct == JpegDct::kAccurate ? JDCT_ISLOW : JDCT_IFAST;
  jpeg_calc_output_dimensions(&library);
  d.height = library.output_height;
  d.width = library.output_width;
  if (options.crop) {
    if (!CropFits(*options.crop, d.height, d.width)) return Fail(d, Trouble::kCrop);
    d.height = options.crop->height;
    d.width = options.crop->width;
  }
  return true;
}

// Inks to light. Files by Adobe hold the inks inverted: what is left of the white, not what is taken.
void ConvertInks(const uint8_t* in, int64_t width, bool inverted, uint8_t* out) {
  for (int64_t x = 0; x < width; ++x, in += 4, out += 3) {
    const int black = inverted ? in[3] : 255 - in[3];
    for (int i = 0; i < 3; ++i) out[i] = static_cast<uint8_t>(black * (inverted ? in[i] : 255 - in[i]) / 255);
  }
}

// The columns [skip, skip + width) of a row that the library gave, as pixels.
void StoreRow(const Decoder& d, int64_t skip, uint8_t* out) {
  if (d.library.out_color_space == JCS_CMYK) {
    ConvertInks(d.wide_row + 4 * skip, d.width, d.library.saw_Adobe_marker != 0, out);
  } else {
    std::memcpy(out, d.wide_row + d.channels * skip, static_cast<size_t>(d.out_stride));
  }
}

bool ReadRows(Decoder& d) {
  jpeg_decompress_struct& library = d.library;
  const ImageOptions& options = *d.options;
  if (!jpeg_start_decompress(&library)) return Fail(d, Trouble::kTruncated);
  int64_t skip = 0;
  if (options.crop) {
    // The library widens the window to whole blocks on the left; `skip` is by how much.
    JDIMENSION x = static_cast<JDIMENSION>(options.crop->x);
    JDIMENSION width = static_cast<JDIMENSION>(options.crop->width);
    jpeg_crop_scanline(&library, &x, &width);
    skip = options.crop->x - x;
    if (skip < 0 || skip + d.width > static_cast<int64_t>(library.output_width)) return Fail(d, Trouble::kCrop);
    const JDIMENSION rows = static_cast<JDIMENSION>(options.crop->y);
    if (rows > 0 && jpeg_skip_scanlines(&library, rows) != rows) {
      if (!options.try_recover_truncated) return true;  // no row was read
    }
  }
  const bool inks = library.out_color_space == JCS_CMYK;
  if (library.output_components != (inks ? 4 : d.channels)) ERREXIT(&library, JERR_CONVERSION_NOTIMPL);
  // Whole rows of pixels go where they belong at once.
  const bool direct = !inks && static_cast<int64_t>(library.output_width) == d.width;
  d.wide_row = static_cast<uint8_t*>((*library.mem->alloc_large)(
      reinterpret_cast<j_common_ptr>(&library), JPOOL_IMAGE,
      static_cast<size_t>(library.output_width) * static_cast<size_t>(library.output_components)));
  while (d.rows_read < d.height) {
    if (d.damaged && !options.try_recover_truncated && options.acceptable_fraction >= 1) return true;
    if (options.stop.stopped()) return Fail(d, Trouble::kStopped);
    uint8_t* out = d.out + d.rows_read * d.out_stride;
    JSAMPROW row = direct ? out : d.wide_row;
    if (jpeg_read_scanlines(&library, &row, 1) != 1) return true;
    if (!direct) StoreRow(d, skip, out);
    ++d.rows_read;
  }
  return true;
}

Status Explain(const Decoder& d) {
  const ImageOptions& options = *d.options;
  switch (d.trouble) {
    case Trouble::kScans: return ResourceExhausted("JPEG: more than ", options.limits.jpeg_scans, " scans, the limit");
    case Trouble::kStopped: return options.stop.Why();
    case Trouble::kTruncated:
      return InvalidArgument("JPEG: the file ends early, after ", d.bytes.size(),
                             " bytes; set try_recover_truncated to decode what there is");
    case Trouble::kCrop:
      return InvalidArgument("crop window: want it inside ", d.library.output_height, " x ", d.library.output_width,
                             " pixels, got ", options.crop->height, " x ", options.crop->width, " from y ",
                             options.crop->y, ", x ", options.crop->x);
    default: break;
  }
  switch (d.errors.msg_code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
      return ResourceExhausted("JPEG: the decoder's memory is limited to ", options.limits.codec_bytes,
                               " bytes: ", d.message);
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL: return Unimplemented("JPEG: ", d.message);
    case JERR_CONVERSION_NOTIMPL:
      return InvalidArgument("channels: a JPEG of ", d.library.num_components, " components cannot be turned into ",
                             d.channels, d.channels == 1 ? " channel" : " channels");
    default: return InvalidArgument("JPEG: ", d.message);
  }
}

// Fewer bytes than the least that Huffman codes for a picture of this size can take: two bits (a DC and an AC code) per
// block, and each block stands for at most 32 x 32 pixels. Keeps a header of a few bytes from claiming gigabytes.
bool TooShortForItsSize(const Decoder& d) {
  const jpeg_decompress_struct& library = d.library;
  if (d.options->try_recover_truncated || d.options->acceptable_fraction < 1 || library.progressive_mode ||
      library.arith_code) {
    return false;
  }
  const int64_t pixels = static_cast<int64_t>(library.image_height) * library.image_width;
  return pixels / 4096 > static_cast<int64_t>(d.bytes.size());
}

Status Open(Decoder& d, Bytes bytes, const ImageOptions& options) {
  RIVULET_RETURN_IF_ERROR(CheckFormat(bytes, ImageFormat::kJpeg));
  if (options.channels != 0 && options.channels != 1 && options.channels != 3) {
    return InvalidArgument("channels: want 0, 1 or 3 for JPEG, got ", options.channels);
  }
  if (options.ratio != 1 && options.ratio != 2 && options.ratio != 4 && options.ratio != 8) {
    return InvalidArgument("ratio: want 1, 2, 4 or 8, got ", options.ratio);
  }
  d.bytes = bytes;
  d.options = &options;
  if (!Guarded(d, ReadHeader)) return Explain(d);
  RIVULET_RETURN_IF_ERROR(
      CheckPixels(ImageFormat::kJpeg, 1, d.library.image_height, d.library.image_width, options.limits));
  if (d.with_crop && TooShortForItsSize(d)) {
    return InvalidArgument("JPEG: ", bytes.size(), " bytes cannot hold ", d.library.image_height, " x ",
                           d.library.image_width, " pixels; the file is truncated or its header is wrong");
  }
  return Status();
}

// Decoder is large (jmp_buf, message) and callers may run on small stacks.
Result<std::unique_ptr<Decoder>> NewDecoder() {
  std::unique_ptr<Decoder> d(new (std::nothrow) Decoder());
  if (!d) return ResourceExhausted("out of memory");
  return d;
}

ImageInfo InfoOf(const Decoder& d) {
  return {.format = ImageFormat::kJpeg,
          .height = d.height,
          .width = d.width,
          .channels = d.channels,
          .bits = d.options->bits};
}

// What TensorFlow leaves in the rows that did not come: black, or with recovery the last row again.
void FillMissingRows(const Decoder& d) {
  uint8_t* missing = d.out + d.rows_read * d.out_stride;
  const bool repeat = d.options->try_recover_truncated && d.rows_read > 0;
  for (int64_t y = d.rows_read; y < d.height; ++y, missing += d.out_stride) {
    if (repeat) {
      std::memcpy(missing, missing - d.out_stride, static_cast<size_t>(d.out_stride));
    } else {
      std::memset(missing, 0, static_cast<size_t>(d.out_stride));
    }
  }
}

}  // namespace

Result<ImageInfo> ReadJpegShape(Bytes bytes, const MediaLimits& limits) {
  ImageOptions options;
  options.limits = limits;
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Decoder> d, NewDecoder());
  d->with_crop = false;
  RIVULET_RETURN_IF_ERROR(Open(*d, bytes, options));
  return InfoOf(*d);
}

Result<ImageInfo> InspectJpeg(Bytes bytes, const ImageOptions& options) {
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Decoder> d, NewDecoder());
  RIVULET_RETURN_IF_ERROR(Open(*d, bytes, options));
  return InfoOf(*d);
}

Status DecodeJpeg(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out) {
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Decoder> d, NewDecoder());
  RIVULET_RETURN_IF_ERROR(Open(*d, bytes, options));
  RIVULET_RETURN_IF_ERROR(CheckOutput(InfoOf(*d), out));
  d->out = out.data();
  d->out_stride = d->width * d->channels;
  const bool ran = Guarded(*d, ReadRows);
  if (!ran && d->trouble != Trouble::kTruncated) return Explain(*d);
  const bool all_wanted = !options.try_recover_truncated && options.acceptable_fraction >= 1;
  if (d->damaged && all_wanted) {
    return InvalidArgument("JPEG: ", d->message, "; set try_recover_truncated to decode what can be read");
  }
  const float fraction = static_cast<float>(d->rows_read) / static_cast<float>(d->height);
  if (!ran || (!options.try_recover_truncated && fraction < std::min(1.0f, options.acceptable_fraction))) {
    d->trouble = Trouble::kTruncated;
    return Explain(*d);
  }
  FillMissingRows(*d);
  if (options.bits == 16) WidenInPlace(out, 256);
  return Status();
}

}  // namespace rivulet

#else

namespace rivulet {
namespace {

Status NoCodec() {
  return Unimplemented("JPEG: this build has no libjpeg; decode the picture outside and feed pixels");
}

}  // namespace

Result<ImageInfo> ReadJpegShape(Bytes, const MediaLimits&) { return NoCodec(); }
Result<ImageInfo> InspectJpeg(Bytes, const ImageOptions&) { return NoCodec(); }
Status DecodeJpeg(Bytes, const ImageOptions&, std::span<uint8_t>) { return NoCodec(); }

}  // namespace rivulet

#endif  // RIVULET_HAS_IMAGE_CODECS

// GIF: all frames as RGB pictures of one size, each painted over the one before.
//
// Own code, small enough for every build, since walking the blocks is needed anyway to know the size beforehand:
//
//   "GIF8?a", logical screen (7 bytes), palette?, then blocks:
//     ','  frame: left, top, width, height, flags, palette?, code size, LZW data in sub-blocks
//     '!'  extension: label, sub-blocks; label 0xf9 holds a frame's transparent color
//     ';'  end
//
// As TensorFlow has it: the canvas is as high and wide as the largest frame, also where only the first is wanted (the
// logical screen is not asked); what a frame leaves open or transparent shows the frame before, or black; disposal
// methods are ignored; the first graphic control before a frame counts; a file that ends or turns to nonsense after a
// whole frame gives the frames up to there.
//
// Deviation: broken data inside a whole frame is an error, where TensorFlow drops the frames from there on.
#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/media/image.h"

namespace rivulet {
namespace {

constexpr int kMaxCodes = 4096;
constexpr int kMaxCodeBits = 12;
constexpr int64_t kMaxRatio = 4096;  // a code of 12 bits stands for at most 4096 indices: 2731 a byte

struct Frame {
  int64_t left = 0, top = 0, width = 0, height = 0;
  bool interlaced = false;
  int transparent = -1;  // a color index, or -1
  Bytes palette;         // 3 bytes per color
  size_t data = 0;       // where the code size stands; the sub-blocks follow and are all in the file
  size_t data_bytes = 0;
};

// Goes through the blocks of a file and stops at each whole frame.
class BlockReader {
 public:
  explicit BlockReader(Bytes bytes) : bytes_(bytes) {}

  // The screen's palette; false when the file ends before.
  bool ReadScreen() {
    if (bytes_.size() < 13) return false;
    at_ = 13;
    return ReadPalette(bytes_[10], &screen_palette_);
  }

  // False at the end of the frames: a trailer, the file's end, a block of no known kind, or a frame that is cut.
  bool NextFrame(Frame* frame) {
    int transparent = -1;
    bool has_control = false;
    while (at_ < bytes_.size()) {
      const uint8_t kind = bytes_[at_++];
      if (kind == ',') return ReadFrame(transparent, frame);
      if (kind != '!' || at_ >= bytes_.size()) return false;
      const uint8_t label = bytes_[at_++];
      if (label == 0xf9 && !has_control && Left() >= 5 && bytes_[at_] == 4) {
        has_control = true;
        if ((bytes_[at_ + 1] & 1) != 0) transparent = bytes_[at_ + 4];
      }
      if (!SkipSubBlocks()) return false;
    }
    return false;
  }

 private:
  size_t Left() const { return bytes_.size() - at_; }

  bool ReadPalette(uint8_t flags, Bytes* palette) {
    if ((flags & 0x80) == 0) return true;
    const size_t count = size_t{3} << ((flags & 7) + 1);
    if (Left() < count) return false;
    *palette = bytes_.subspan(at_, count);
    at_ += count;
    return true;
  }

  bool SkipSubBlocks() {
    while (at_ < bytes_.size()) {
      const size_t length = bytes_[at_++];
      if (length == 0) return true;
      if (Left() < length) return false;
      at_ += length;
    }
    return false;
  }

  bool ReadFrame(int transparent, Frame* frame) {
    if (Left() < 9) return false;
    const auto read_u16 = [&](size_t i) { return int64_t{bytes_[at_ + i]} | int64_t{bytes_[at_ + i + 1]} << 8; };
    *frame = Frame();
    frame->left = read_u16(0);
    frame->top = read_u16(2);
    frame->width = read_u16(4);
    frame->height = read_u16(6);
    const uint8_t flags = bytes_[at_ + 8];
    at_ += 9;
    frame->interlaced = (flags & 0x40) != 0;
    frame->transparent = transparent;
    frame->palette = screen_palette_;
    if (!ReadPalette(flags, &frame->palette) || at_ >= bytes_.size()) return false;
    frame->data = at_++;
    if (!SkipSubBlocks()) return false;
    frame->data_bytes = at_ - frame->data;
    return true;
  }

  Bytes bytes_;
  size_t at_ = 0;
  Bytes screen_palette_;
};

// Codes of growing width out of the sub-blocks, least significant bit first. The sub-blocks were walked before, so only
// their end is looked for here.
class CodeReader {
 public:
  CodeReader(Bytes bytes, size_t at) : bytes_(bytes), at_(at) {}

  // -1 when the data ends.
  int Next(int num_bits) {
    while (num_held_ < num_bits) {
      if (block_left_ == 0) {
        if (ended_) return -1;
        block_left_ = bytes_[at_++];
        ended_ = block_left_ == 0;
        continue;
      }
      held_ |= static_cast<uint32_t>(bytes_[at_++]) << num_held_;
      num_held_ += 8;
      --block_left_;
    }
    const int code = static_cast<int>(held_ & ((1u << num_bits) - 1));
    held_ >>= num_bits;
    num_held_ -= num_bits;
    return code;
  }

 private:
  Bytes bytes_;
  size_t at_;
  size_t block_left_ = 0;
  bool ended_ = false;
  uint32_t held_ = 0;
  int num_held_ = 0;
};

// Receives a frame's color indices in file order and paints whole rows of them.
class Painter {
 public:
  Painter(const Frame& frame, const ImageInfo& canvas, uint8_t* out, uint8_t* row)
      : frame_(frame), canvas_(canvas), out_(out), row_(row) {}

  bool done() const { return rows_done_ == frame_.height; }
  bool bad_color() const { return bad_color_; }

  void Put(uint8_t index) {
    row_[x_++] = index;
    if (x_ < frame_.width) return;
    x_ = 0;
    PaintRow();
    ++rows_done_;
    y_ += frame_.interlaced ? kPassStep[pass_] : 1;
    while (frame_.interlaced && y_ >= frame_.height && pass_ < 3) y_ = kPassStart[++pass_];
  }

 private:
  // Rows of the four passes of an interlaced frame.
  static constexpr int64_t kPassStart[4] = {0, 4, 2, 1};
  static constexpr int64_t kPassStep[4] = {8, 8, 4, 2};

  // What falls outside the canvas is not looked at.
  void PaintRow() {
    const int64_t y = frame_.top + y_;
    if (y >= canvas_.height || frame_.left >= canvas_.width) return;
    const int64_t num_colors = static_cast<int64_t>(frame_.palette.size()) / 3;
    const int64_t end = std::min(frame_.width, canvas_.width - frame_.left);
    uint8_t* pixel = out_ + (y * canvas_.width + frame_.left) * 3;
    for (int64_t x = 0; x < end; ++x, pixel += 3) {
      const int index = row_[x];
      if (index == frame_.transparent) continue;
      if (index >= num_colors) {
        bad_color_ = true;
        return;
      }
      std::memcpy(pixel, frame_.palette.data() + 3 * index, 3);
    }
  }

  const Frame& frame_;
  const ImageInfo& canvas_;
  uint8_t* out_;
  uint8_t* row_;
  int64_t x_ = 0;
  int64_t y_ = 0;
  int64_t rows_done_ = 0;
  int pass_ = 0;
  bool bad_color_ = false;
};

// The strings of LZW: each is another string and one more index.
struct Dictionary {
  uint16_t prefix[kMaxCodes];
  uint8_t last[kMaxCodes];
  uint8_t stack[kMaxCodes];
};

Status Unpack(Bytes bytes, const Frame& frame, Dictionary& dictionary, Painter& painter) {
  const int root_bits = bytes[frame.data];
  if (root_bits < 1 || root_bits > 8) return InvalidArgument("want an LZW code size of 1 to 8, found ", root_bits);
  const int clear_code = 1 << root_bits;
  const int end_code = clear_code + 1;
  CodeReader reader(bytes, frame.data + 1);
  int num_bits = root_bits + 1;
  int next = end_code + 1;  // the string to be added
  int previous = -1;        // -1 right after a clear code
  uint8_t first = 0;        // the first index of the previous string
  while (!painter.done()) {
    const int code = reader.Next(num_bits);
    if (code < 0 || code == end_code) return InvalidArgument("the LZW data ends before the frame is full");
    if (code == clear_code) {
      num_bits = root_bits + 1;
      next = end_code + 1;
      previous = -1;
      continue;
    }
    // A string may be used by the very code that completes it: the previous one and its own first index.
    const bool is_next = code == next && previous >= 0 && next < kMaxCodes;
    if (code > end_code && code >= next && !is_next) {
      return InvalidArgument("found LZW code ", code, " before its string");
    }
    int depth = 0;
    int walk = code;
    if (is_next) {
      dictionary.stack[depth++] = first;
      walk = previous;
    }
    while (walk > end_code) {
      dictionary.stack[depth++] = dictionary.last[walk];
      walk = dictionary.prefix[walk];
    }
    first = static_cast<uint8_t>(walk);
    if (previous >= 0 && next < kMaxCodes) {
      dictionary.prefix[next] = static_cast<uint16_t>(previous);
      dictionary.last[next] = first;
      ++next;
      if (next == 1 << num_bits && num_bits < kMaxCodeBits) ++num_bits;
    }
    previous = code;
    painter.Put(first);
    while (depth > 0 && !painter.done()) painter.Put(dictionary.stack[--depth]);
    if (painter.bad_color()) {
      return InvalidArgument("found a color index outside the palette of ", frame.palette.size() / 3);
    }
  }
  return Status();
}

Status CheckOptions(Bytes bytes, const ImageOptions& options) {
  RIVULET_RETURN_IF_ERROR(CheckFormat(bytes, ImageFormat::kGif));
  if (options.channels == 0 || options.channels == 3) return Status();
  return InvalidArgument("channels: want 0 or 3 for GIF, got ", options.channels);
}

}  // namespace

Result<ImageInfo> InspectGif(Bytes bytes, const ImageOptions& options) {
  RIVULET_RETURN_IF_ERROR(CheckOptions(bytes, options));
  ImageInfo info{.format = ImageFormat::kGif, .channels = 3, .frames = 0, .bits = options.bits};
  BlockReader reader(bytes);
  if (!reader.ReadScreen()) return InvalidArgument("GIF: the file ends in its header, after ", bytes.size(), " bytes");
  Frame frame;
  while (reader.NextFrame(&frame)) {
    if (frame.width == 0 || frame.height == 0) {
      return InvalidArgument("GIF: frame ", info.frames, " has ", frame.height, " x ", frame.width, " pixels");
    }
    if (frame.width * frame.height / kMaxRatio > static_cast<int64_t>(frame.data_bytes)) {
      return InvalidArgument("GIF: frame ", info.frames, ": ", frame.data_bytes, " bytes of LZW data cannot hold ",
                             frame.height, " x ", frame.width, " pixels");
    }
    if (frame.palette.empty()) return InvalidArgument("GIF: frame ", info.frames, " has no palette");
    info.height = std::max(info.height, frame.height);
    info.width = std::max(info.width, frame.width);
    ++info.frames;
    if (!options.first_frame_only && info.frames > options.limits.gif_frames) {
      return ResourceExhausted("GIF: more than ", options.limits.gif_frames, " frames, the limit");
    }
    const int64_t frames = options.first_frame_only ? 1 : info.frames;
    RIVULET_RETURN_IF_ERROR(CheckPixels(ImageFormat::kGif, frames, info.height, info.width, options.limits));
  }
  if (info.frames == 0) return InvalidArgument("GIF: found no whole frame in ", bytes.size(), " bytes");
  if (options.first_frame_only) info.frames = 1;
  return info;
}

Status DecodeGif(Bytes bytes, const ImageOptions& options, std::span<uint8_t> out) {
  RIVULET_ASSIGN_OR_RETURN(const ImageInfo info, InspectGif(bytes, options));
  RIVULET_RETURN_IF_ERROR(CheckOutput(info, out));
  const std::unique_ptr<Dictionary> dictionary(new (std::nothrow) Dictionary);
  const std::unique_ptr<uint8_t[]> row(new (std::nothrow) uint8_t[static_cast<size_t>(info.width)]);
  if (!dictionary || !row) return ResourceExhausted("out of memory");
  const size_t frame_bytes = static_cast<size_t>(info.height * info.width * 3);
  BlockReader reader(bytes);
  if (!reader.ReadScreen()) return Internal("a GIF changed while it was read");
  Frame frame;
  uint8_t* pixels = out.data();
  for (int64_t i = 0; i < info.frames; ++i, pixels += frame_bytes) {
    if (options.stop.stopped()) return options.stop.Why();
    if (!reader.NextFrame(&frame) || frame.width > info.width) return Internal("a GIF changed while it was read");
    if (i == 0) {
      std::memset(pixels, 0, frame_bytes);
    } else {
      std::memcpy(pixels, pixels - frame_bytes, frame_bytes);
    }
    Painter painter(frame, info, pixels, row.get());
    RIVULET_RETURN_IF_ERROR(Unpack(bytes, frame, *dictionary, painter).Framed(Cat("GIF: frame ", i)));
  }
  if (options.bits == 16) WidenInPlace(out, 256);
  return Status();
}

}  // namespace rivulet

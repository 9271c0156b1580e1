#include "engine/kernels/collect_int8.h"

#include <cstring>

namespace rivulet {
namespace {

constexpr int64_t kGroup = 4;

// What a copy of few bytes may read, and write, beyond them: it takes so many at once.
constexpr int64_t kCopied = 16;

// An output pixel.
struct Place {
  int64_t image;
  int64_t y;
  int64_t x;
};

// One patch: rows of the filter whose bytes are neighbours in the image are copied at once.
uint8_t* CollectPatch(const TaskInt8& task, const Place& at, uint8_t* to) {
  const ConvGeometry& g = *task.geometry;
  const int64_t x = at.x * g.stride_w - g.pad_left;
  const int64_t y = at.y * g.stride_h - g.pad_top;
  const uint8_t* image = task.a + at.image * g.in_h * g.in_w * g.in_c;
  const uint8_t* last = task.a + g.batch * g.in_h * g.in_w * g.in_c;
  const bool together = g.dilation_w == 1 && x >= 0 && x + g.k_w <= g.in_w;
  const auto pixel_bytes = static_cast<size_t>(g.in_c);
  const auto row_bytes = static_cast<size_t>(g.k_w * g.in_c);
  const auto line_pad = static_cast<size_t>(task.line_pad);
  const auto end_line = [&](size_t bytes) {
    std::memset(to + bytes, 0, line_pad);
    to += bytes + line_pad;
  };
  for (int64_t i = 0; i < g.k_h; ++i) {
    const int64_t in_y = y + i * g.dilation_h;
    if (in_y < 0 || in_y >= g.in_h) {
      std::memset(to, task.outside, row_bytes);
      end_line(row_bytes);
      continue;
    }
    const uint8_t* line = image + in_y * g.in_w * g.in_c;
    if (together) {
      const uint8_t* from = line + x * g.in_c;
      if (row_bytes <= kCopied && last - from >= kCopied) {
        std::memcpy(to, from, kCopied);
      } else {
        std::memcpy(to, from, row_bytes);
      }
      end_line(row_bytes);
      continue;
    }
    for (int64_t j = 0; j < g.k_w; ++j, to += pixel_bytes) {
      const int64_t in_x = x + j * g.dilation_w;
      if (in_x < 0 || in_x >= g.in_w) {
        std::memset(to, task.outside, pixel_bytes);
      } else {
        std::memcpy(to, line + in_x * g.in_c, pixel_bytes);
      }
    }
    end_line(0);
  }
  return to;
}

}  // namespace

// An odd number of cache lines, so that rows do not fall into the same sets.
int64_t RowBytesInt8(int64_t k) { return (k / 64 + 1) / 2 * 128 + 64; }

void CollectInt8(const TaskInt8& task, int64_t row, int64_t rows, int64_t stride, uint8_t* to) {
  const auto pad = static_cast<size_t>((kGroup - task.k % kGroup) % kGroup);
  Place at{0, 0, 0};
  if (const ConvGeometry* g = task.geometry)
    at = {row / g->out_w / g->out_h, row / g->out_w % g->out_h, row % g->out_w};
  for (int64_t i = 0; i < rows; ++i, to += stride) {
    uint8_t* end = to + task.k;
    if (task.geometry != nullptr) {
      end = CollectPatch(task, at, to);
      if (++at.x == task.geometry->out_w) {
        at.x = 0;
        if (++at.y == task.geometry->out_h) at = {at.image + 1, 0, 0};
      }
    } else if (task.k > 0) {
      std::memcpy(to, task.a + (row + i) * task.lda, static_cast<size_t>(task.k));
    }
    std::memset(end, 0, pad);
  }
}

}  // namespace rivulet

#include "engine/kernels/lines_int8.h"

#include <algorithm>
#include <cstring>

namespace rivulet {
namespace {

constexpr int64_t kGroup = 4;

// Bytes of the filter's row, with those behind it.
int64_t LineBytes(const TaskInt8& task) { return task.geometry->k_w * task.geometry->in_c + task.line_pad; }

// The bytes of `pixels` pixels from column `first` of a line on.
void CopyLine(const ConvGeometry& g, const uint8_t* line, int64_t first, int64_t pixels, uint8_t outside, uint8_t* to) {
  const int64_t left = std::clamp<int64_t>(-first, 0, pixels);
  const int64_t right = std::clamp<int64_t>(first + pixels - g.in_w, 0, pixels - left);
  const int64_t inside = pixels - left - right;
  std::memset(to, outside, static_cast<size_t>(left * g.in_c));
  if (inside > 0) {
    std::memcpy(to + left * g.in_c, line + (first + left) * g.in_c, static_cast<size_t>(inside * g.in_c));
  }
  std::memset(to + (left + inside) * g.in_c, outside, static_cast<size_t>(right * g.in_c));
}

}  // namespace

bool ReadsLinesInt8(const TaskInt8& task, int64_t tile) {
  const ConvGeometry* g = task.geometry;
  if (g == nullptr || g->k_h > kMostLinesInt8 || g->k_h < 1 || g->dilation_w != 1 || g->stride_w > g->k_w) return false;
  if (LineBytes(task) % kGroup != 0 || LineBytes(task) == 0 || g->out_w < 1) return false;
  // Tiles that are low read the filter more often; but one that is narrow comes from the nearest cache anyway.
  const int64_t tiles = (g->out_w + tile - 1) / tile;
  return g->out_w / tiles * 4 >= tile * 3 || task.k * std::min<int64_t>(task.n, 32) <= 8192;
}

void FindLinesInt8(const TaskInt8& task, int64_t pixel, int64_t pixels, int64_t computed, uint8_t* buffer,
                   const uint8_t** from) {
  const ConvGeometry& g = *task.geometry;
  const int64_t x = pixel % g.out_w, y = pixel / g.out_w % g.out_h;
  const uint8_t* image = task.a + pixel / g.out_w / g.out_h * g.in_h * g.in_w * g.in_c;
  const uint8_t* last = task.a + g.batch * g.in_h * g.in_w * g.in_c;
  const int64_t first = x * g.stride_w - g.pad_left;
  const int64_t span = (pixels - 1) * g.stride_w + g.k_w;
  const int64_t read = (computed - 1) * g.stride_w * g.in_c + LineBytes(task);
  const int64_t strip = (read + 63) / 64 * 64;
  const bool inside = first >= 0 && first + span <= g.in_w;
  for (int64_t i = 0; i < g.k_h; ++i, buffer += strip) {
    const int64_t in_y = y * g.stride_h - g.pad_top + i * g.dilation_h;
    from[i] = buffer;
    if (in_y < 0 || in_y >= g.in_h) {
      std::memset(buffer, task.outside, static_cast<size_t>(span * g.in_c));
      continue;
    }
    const uint8_t* line = image + in_y * g.in_w * g.in_c;
    if (inside && last - line - first * g.in_c >= read) {
      from[i] = line + first * g.in_c;
    } else {
      CopyLine(g, line, first, span, task.outside, buffer);
    }
  }
}

}  // namespace rivulet

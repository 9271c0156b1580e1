#include "engine/kernels/depthwise_int8_taps.h"

#include <algorithm>

namespace rivulet {

RowsInt8 RowsOf(const TaskDepthwiseInt8& task, int64_t row, int64_t channel) {
  const DepthwiseGeometry& g = task.geometry;
  const uint8_t* image = task.input + row / g.out_h * g.in_h * g.in_w * g.in_c + channel;
  RowsInt8 rows;
  rows.outside = task.outside;
  for (int64_t i = 0; i < QuadsOfColumn(g.k_h) * kTapsOfQuad; ++i) {
    const int64_t y = row % g.out_h * g.stride_h - g.pad_top + std::min(i, g.k_h - 1) * g.dilation_h;
    const bool is_inside = y >= 0 && y < g.in_h;
    rows.from[i] = is_inside ? image + y * g.in_w * g.in_c : task.outside;
    rows.step[i] = is_inside ? g.in_c : 0;
  }
  return rows;
}

CheckedSize DepthwiseInt8Bytes(int64_t k_h, int64_t k_w, int64_t channels) {
  if (!FitsDepthwiseInt8(k_h, k_w)) return CheckedSize(-1);
  return CheckedSize(QuadsOfColumn(k_h) * k_w * kTapsOfQuad) * channels;
}

void PackDepthwiseInt8(const int8_t* filter, int64_t k_h, int64_t k_w, int64_t channels, int8_t* packed) {
  const int64_t rows = QuadsOfColumn(k_h) * kTapsOfQuad;
  for (int64_t tap = 0; tap < rows * k_w; tap += kTapsOfQuad) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = tap; i < tap + kTapsOfQuad; ++i) {
        *packed++ = i % rows < k_h ? filter[(i % rows * k_w + i / rows) * channels + c] : int8_t{0};
      }
    }
  }
}

}  // namespace rivulet

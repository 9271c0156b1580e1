#include "engine/kernels/depthwise_int8_taps.h"

namespace rivulet {

void FindTaps(const TaskDepthwiseInt8& task, int64_t row, int64_t x, int64_t channel, TapsInt8* taps) {
  const DepthwiseGeometry& g = task.geometry;
  const uint8_t* image = task.input + row / g.out_h * g.in_h * g.in_w * g.in_c + channel;
  const int64_t top = row % g.out_h * g.stride_h - g.pad_top;
  const bool by_columns = ByColumns(g);
  for (int64_t tap = 0; tap < QuadsOf(g) * kTapsOfQuad; ++tap) {
    taps->from[tap] = task.outside;
    taps->step[tap] = 0;
  }
  for (int64_t i = 0; i < g.k_h; ++i) {
    const int64_t y = top + i * g.dilation_h;
    for (int64_t j = 0; j < g.k_w; ++j) {
      const int64_t tap = by_columns ? j * kTapsOfQuad + i : i * g.k_w + j;
      const int64_t in_x = x * g.stride_w + j * g.dilation_w - g.pad_left;
      const bool is_inside = y >= 0 && y < g.in_h && in_x >= 0 && in_x < g.in_w;
      taps->from[tap] = is_inside ? image + (y * g.in_w + in_x) * g.in_c : task.outside;
      taps->step[tap] = is_inside ? g.stride_w * g.in_c : 0;
    }
  }
}

RowsInt8 RowsOf(const TaskDepthwiseInt8& task, int64_t row, int64_t channel) {
  const DepthwiseGeometry& g = task.geometry;
  const uint8_t* image = task.input + row / g.out_h * g.in_h * g.in_w * g.in_c + channel;
  RowsInt8 rows;
  rows.outside = task.outside;
  for (int64_t i = 0; i < 3; ++i) {
    const int64_t y = row % g.out_h * g.stride_h - g.pad_top + i * g.dilation_h;
    const bool is_inside = y >= 0 && y < g.in_h;
    rows.from[i] = is_inside ? image + y * g.in_w * g.in_c : task.outside;
    rows.step[i] = is_inside ? g.in_c : 0;
  }
  return rows;
}

CheckedSize DepthwiseInt8Bytes(int64_t k_h, int64_t k_w, int64_t channels) {
  if (k_h < 0 || k_w < 0 || k_h > kMaxDepthwiseTaps || k_w > kMaxDepthwiseTaps || k_h * k_w > kMaxDepthwiseTaps) {
    return CheckedSize(-1);
  }
  return CheckedSize(QuadsOf({.k_h = k_h, .k_w = k_w}) * kTapsOfQuad) * channels;
}

void PackDepthwiseInt8(const int8_t* filter, int64_t k_h, int64_t k_w, int64_t channels, int8_t* packed) {
  const DepthwiseGeometry g{.k_h = k_h, .k_w = k_w};
  for (int64_t quad = 0; quad < QuadsOf(g); ++quad) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = 0; i < kTapsOfQuad; ++i) {
        const bool is_there = ByColumns(g) ? i < k_h : quad * kTapsOfQuad + i < k_h * k_w;
        const int64_t tap = ByColumns(g) ? i * k_w + quad : quad * kTapsOfQuad + i;
        *packed++ = is_there ? filter[tap * channels + c] : int8_t{0};
      }
    }
  }
}

}  // namespace rivulet

// Rows of the input under some neighbouring output pixels, with zeros where they reach over the border. Internal to
// engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_CONV_BORDER_H_
#define RIVULET_ENGINE_KERNELS_CONV_BORDER_H_

#include <algorithm>
#include <cstdint>

#include "engine/kernels/conv.h"

namespace rivulet {

// What a kernel that makes an output's pixels by tiles works on.
struct ConvTask {
  const ConvGeometry* geometry;
  const float* input;
  const float* packed;
  const Epilogue* epilogue;
  float* output;
};

// Input pixels from the first under the first of so many output pixels to the last under the last.
inline int64_t PixelsUnder(const ConvGeometry& g, int64_t pixels) {
  return (pixels - 1) * g.stride_w + (g.k_w - 1) * g.dilation_w + 1;
}

// `pixels` pixels of input row `row` from column `x` on, zeros where there are none; all zeros without a row.
inline void CopyRow(const ConvGeometry& g, const float* row, int64_t x, int64_t pixels, float* to) {
  const int64_t begin = std::clamp<int64_t>(-x, 0, pixels);
  const int64_t end = row == nullptr ? begin : std::clamp(g.in_w - x, begin, pixels);
  std::fill_n(to, begin * g.in_c, 0.0f);
  if (end > begin) std::copy_n(row + (x + begin) * g.in_c, (end - begin) * g.in_c, to + begin * g.in_c);
  std::fill_n(to + end * g.in_c, (pixels - end) * g.in_c, 0.0f);
}

// For output pixels `first` to first + count - 1 of output row `row` (counted over the batch): rows[i] is where the
// input under row i of the filter starts. What is copied lies in `copies`, which has room for k_h * PixelsUnder * in_c
// floats.
inline void RowsUnder(const ConvGeometry& g, const float* input, int64_t row, int64_t first, int64_t count,
                      float* copies, const float** rows) {
  const int64_t n = row / g.out_h;
  const int64_t in_x = first * g.stride_w - g.pad_left;
  const int64_t pixels = PixelsUnder(g, count);
  const bool inside_x = in_x >= 0 && in_x + pixels <= g.in_w;
  for (int64_t i = 0; i < g.k_h; ++i) {
    const int64_t in_y = row % g.out_h * g.stride_h - g.pad_top + i * g.dilation_h;
    const bool inside_y = in_y >= 0 && in_y < g.in_h;
    const float* from = inside_y ? input + (n * g.in_h + in_y) * g.in_w * g.in_c : nullptr;
    if (inside_x && inside_y) {
      rows[i] = from + in_x * g.in_c;
    } else {
      CopyRow(g, from, in_x, pixels, copies);
      rows[i] = copies;
      copies += pixels * g.in_c;
    }
  }
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CONV_BORDER_H_

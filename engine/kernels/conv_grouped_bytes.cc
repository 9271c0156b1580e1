// Loops that a compiler turns into vectors: a tap of the filter is added to all channels of an output pixel at a time.
#include "engine/kernels/conv_grouped_bytes.h"

#include <algorithm>

namespace rivulet {
namespace {

// One channel to a group and one filter to a channel. A product of two bytes fits into 16 bits.
template <typename Byte>
void AddTapToChannels(const Byte* pixel, const int8_t* tap, int64_t channels, uint32_t* sums) {
  for (int64_t c = 0; c < channels; ++c) {
    const auto product = static_cast<int16_t>(static_cast<int16_t>(pixel[c]) * static_cast<int16_t>(tap[c]));
    sums[c] += static_cast<uint32_t>(static_cast<int32_t>(product));
  }
}

// The tap [in_c / groups, out_c].
template <typename Byte>
void AddTapToGroups(const Byte* pixel, const int8_t* tap, const ConvGeometry& g, uint32_t* sums) {
  const int64_t group_in = g.in_c / g.groups, group_out = g.out_c / g.groups;
  for (int64_t c = 0; c < g.in_c; ++c) {
    const int64_t first = c / group_in * group_out;
    const int8_t* weights = tap + c % group_in * g.out_c + first;
    const int32_t value = pixel[c];
    for (int64_t j = 0; j < group_out; ++j) sums[first + j] += static_cast<uint32_t>(value * weights[j]);
  }
}

template <typename Byte>
void OutputPixel(const Byte* image, const int8_t* filter, const ConvGeometry& g, int64_t y, int64_t x, uint32_t* sums) {
  std::fill_n(sums, g.out_c, 0u);
  const int64_t tap_bytes = g.in_c / g.groups * g.out_c;
  const bool single = g.in_c == g.groups && g.out_c == g.groups;
  for (int64_t i = 0; i < g.k_h; ++i) {
    const int64_t row = y * g.stride_h - g.pad_top + i * g.dilation_h;
    if (row < 0 || row >= g.in_h) continue;
    for (int64_t j = 0; j < g.k_w; ++j) {
      const int64_t column = x * g.stride_w - g.pad_left + j * g.dilation_w;
      if (column < 0 || column >= g.in_w) continue;
      const Byte* pixel = image + (row * g.in_w + column) * g.in_c;
      const int8_t* tap = filter + (i * g.k_w + j) * tap_bytes;
      if (single) {
        AddTapToChannels(pixel, tap, g.out_c, sums);
      } else {
        AddTapToGroups(pixel, tap, g, sums);
      }
    }
  }
}

}  // namespace

template <typename Byte>
void GroupedConvBytes(const Byte* input, const int8_t* filter, const ConvGeometry& g, int32_t* output, ThreadPool& pool,
                      const StopToken& stop) {
  // Products of a pixel; a piece is some 10 microseconds or more.
  const int64_t work = std::max<int64_t>(g.k_h * g.k_w * (g.in_c / g.groups) * g.out_c, 1);
  const int64_t grain = std::max<int64_t>((int64_t{1} << 17) / work, 1);
  pool.ParallelFor(g.batch * g.out_h * g.out_w, grain, stop, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const Byte* image = input + p / (g.out_h * g.out_w) * g.in_h * g.in_w * g.in_c;
      OutputPixel(image, filter, g, p / g.out_w % g.out_h, p % g.out_w,
                  reinterpret_cast<uint32_t*>(output) + p * g.out_c);
    }
  });
}

template void GroupedConvBytes(const uint8_t*, const int8_t*, const ConvGeometry&, int32_t*, ThreadPool&,
                               const StopToken&);
template void GroupedConvBytes(const int8_t*, const int8_t*, const ConvGeometry&, int32_t*, ThreadPool&,
                               const StopToken&);

}  // namespace rivulet

// Attributes and shapes of the pooling operators, and the loop over a window.
#ifndef RIVULET_ENGINE_OPS_POOL_SHAPE_H_
#define RIVULET_ENGINE_OPS_POOL_SHAPE_H_

#include <array>
#include <limits>
#include <span>

#include "engine/ops/conv_loops.h"

namespace rivulet {

struct PoolSpec {
  WindowSpec window;
  std::array<int64_t, 3> ksize = {1, 1, 1};
  int64_t depth_window = 1;  // channels pooled together; then the spatial windows are 1
};

// The lists have an entry for each axis. Those of the batch must be 1, and those of the channels unless `allow_depth`.
// Explicit paddings must be smaller than the window, so that every window sees something.
Result<PoolSpec> MakePoolSpec(std::span<const int64_t> ksize, std::span<const int64_t> strides,
                              std::string_view padding, std::span<const int64_t> explicit_paddings,
                              std::string_view data_format, int spatial_rank, bool allow_depth);

// From attributes ksize, strides, padding, explicit_paddings and data_format.
Result<PoolSpec> ParsePoolSpec(const AttrReader& attrs, int spatial_rank, bool allow_depth);

// The sizes for an input that may be partly unknown; out_c is in_c / depth_window.
Result<ConvSizes> PoolSizesOf(const PoolSpec& spec, const Shape& input);

// Calls body(tap) for every place inside the input that output pixel `pixel` of an image sees, in row-major order;
// `tap` is the place's index among the image's pixels.
template <typename Body>
void ForWindow(const ConvSizes& s, int64_t pixel, const Body& body) {
  const int64_t x = pixel % s.out[2];
  const int64_t y = pixel / s.out[2] % s.out[1];
  const int64_t z = pixel / s.out[2] / s.out[1];
  const TapRange depth = TapsOf(s, 0, z);
  const TapRange height = TapsOf(s, 1, y);
  const TapRange width = TapsOf(s, 2, x);
  for (int64_t d = depth.begin; d < depth.end; ++d) {
    for (int64_t h = height.begin; h < height.end; ++h) {
      const int64_t row = (InputIndex(s, 0, z, d) * s.in[1] + InputIndex(s, 1, y, h)) * s.in[2];
      for (int64_t w = width.begin; w < width.end; ++w) body(row + InputIndex(s, 2, x, w));
    }
  }
}

// Places inside the input that output pixel `pixel` sees.
inline int64_t WindowCount(const ConvSizes& s, int64_t pixel) {
  const TapRange depth = TapsOf(s, 0, pixel / s.out[2] / s.out[1]);
  const TapRange height = TapsOf(s, 1, pixel / s.out[2] % s.out[1]);
  const TapRange width = TapsOf(s, 2, pixel % s.out[2]);
  return (depth.end - depth.begin) * (height.end - height.begin) * (width.end - width.begin);
}

// Values an output sees, at most.
inline double WindowWork(const ConvSizes& s) {
  double work = 1;
  for (size_t i = 0; i < 3; ++i) work *= static_cast<double>(std::min(s.k[i], std::max<int64_t>(s.in[i], 1)));
  return work;
}

// The lowest finite value of `dtype` as a T, which may be wider.
template <typename T>
T LowestOf(DType dtype) {
  if (dtype == DType::kHalf) return static_cast<T>(-65504.0);
  if (dtype == DType::kBfloat16) return static_cast<T>(-3.3895313892515355e38);
  return std::numeric_limits<T>::lowest();
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_POOL_SHAPE_H_

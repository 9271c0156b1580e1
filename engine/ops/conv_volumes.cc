#include "engine/ops/conv_volumes.h"

#include <algorithm>
#include <cstring>

#include "engine/ops/conv_loops.h"

namespace rivulet {

ConvGeometry StackedGeometry(const ConvSizes& sizes, int64_t slices) {
  ConvGeometry geometry = ToConvGeometry(sizes);
  geometry.batch = slices;
  geometry.in_c *= sizes.k[0];
  return geometry;
}

std::optional<ConvGeometry> FlatGeometry(const ConvSizes& sizes) {
  const auto is_through = [&](size_t i) {
    return sizes.k[i] == 1 && sizes.stride[i] == 1 && sizes.pad[i] == 0 && sizes.in[i] == sizes.out[i];
  };
  ConvSizes flat = sizes;
  if (is_through(0)) {
    flat.batch *= sizes.in[0];
  } else if (is_through(1) && is_through(2)) {
    flat.in = {1, sizes.in[0], sizes.in[1] * sizes.in[2]};
    flat.out = {1, sizes.out[0], sizes.out[1] * sizes.out[2]};
    flat.k = {1, sizes.k[0], 1};
    flat.stride = {1, sizes.stride[0], 1};
    flat.dilation = {1, sizes.dilation[0], 1};
    flat.pad = {0, sizes.pad[0], 0};
  } else {
    return std::nullopt;
  }
  return ToConvGeometry(flat);
}

int64_t SlicesAtATime(const ConvSizes& sizes) {
  constexpr int64_t kFloats = 1 << 18;
  const CheckedSize slice = CheckedSize(sizes.in[1]) * sizes.in[2] * sizes.in_c * sizes.k[0];
  if (!slice.valid()) return 1;
  const int64_t most = std::max<int64_t>(sizes.batch * sizes.out[0], 1);
  return std::clamp<int64_t>(kFloats / std::max<int64_t>(slice.value(), 1), 1, most);
}

namespace {

// Calls for a few floats each take longer than the copies.
void CopyRun(const float* from, int64_t count, float* to) {
  constexpr int64_t kFour = 4;
  constexpr int64_t kLong = 64;
  if (count > kLong) {
    std::copy_n(from, count, to);
  } else if (count >= kFour) {
    for (int64_t i = 0; i + kFour <= count; i += kFour) std::memcpy(to + i, from + i, kFour * sizeof(float));
    std::memcpy(to + count - kFour, from + count - kFour, kFour * sizeof(float));
  } else {
    if (count > 1) std::memcpy(to, from, 2 * sizeof(float));
    if (count % 2 == 1) to[count - 1] = from[count - 1];
  }
}

}  // namespace

void StackSlices(RunContext& c, const ConvSizes& sizes, const float* in, int64_t first, int64_t count, float* out) {
  const int64_t width = sizes.group_in();
  const int64_t row = sizes.in[2] * sizes.in_c;
  const int64_t depth = sizes.k[0];
  const int64_t grain = ConvGrain(static_cast<double>(row * depth));
  c.ParallelFor(count * sizes.in[1], grain, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const int64_t slice = first + index / sizes.in[1];
      const int64_t volume = slice / sizes.out[0];
      for (int64_t d = 0; d < depth; ++d) {
        const int64_t z = InputIndex(sizes, 0, slice % sizes.out[0], d);
        const bool there = z >= 0 && z < sizes.in[0];
        const float* from =
            there ? in + ((volume * sizes.in[0] + z) * sizes.in[1] + index % sizes.in[1]) * row : nullptr;
        float* to = out + index * row * depth + d * width;
        for (int64_t i = 0; i < row; i += width, to += width * depth) {
          if (there) {
            CopyRun(from + i, width, to);
          } else {
            std::fill_n(to, width, 0.0f);
          }
        }
      }
    }
  });
}

void StackFilter(const ConvSizes& sizes, const float* filter, float* out) {
  const int64_t tap = sizes.group_in() * sizes.out_c;
  const int64_t window = sizes.k[1] * sizes.k[2];
  for (int64_t at = 0; at < window; ++at) {
    for (int64_t d = 0; d < sizes.k[0]; ++d, out += tap) std::copy_n(filter + (d * window + at) * tap, tap, out);
  }
}

}  // namespace rivulet

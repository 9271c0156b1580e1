// Bilinear: along each axis an output position falls between two input pixels, low and high, at fraction f:
//
//   out = (1 - f) * in[low] + f * in[high]
//
// computed first across, then down, in float, as in + (high - low) * f.
#include "engine/media/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/checked.h"
#include "engine/base/errors.h"

namespace rivulet {
namespace {

struct Sample {
  int64_t low;
  int64_t high;
  float fraction;
};

std::vector<Sample> SamplePositions(int64_t in_size, int64_t out_size, ResizeAlignment alignment) {
  const bool corners = alignment == ResizeAlignment::kCorners && out_size > 1;
  const float scale = corners ? static_cast<float>(in_size - 1) / static_cast<float>(out_size - 1)
                              : static_cast<float>(in_size) / static_cast<float>(out_size);
  std::vector<Sample> samples(static_cast<size_t>(out_size));
  for (int64_t i = 0; i < out_size; ++i) {
    const float position = alignment == ResizeAlignment::kHalfPixel ? (static_cast<float>(i) + 0.5f) * scale - 0.5f
                                                                    : static_cast<float>(i) * scale;
    const float floor = std::floor(position);
    samples[static_cast<size_t>(i)] = {
        .low = std::clamp(static_cast<int64_t>(floor), int64_t{0}, in_size - 1),
        .high = std::clamp(static_cast<int64_t>(std::ceil(position)), int64_t{0}, in_size - 1),
        .fraction = position - floor,
    };
  }
  return samples;
}

Status CheckSizes(size_t in_values, const ResizeShape& shape, size_t out_values) {
  if (shape.in_height < 1 || shape.in_width < 1 || shape.out_height < 1 || shape.out_width < 1 || shape.channels < 1) {
    return InvalidArgument("resize: want sizes of 1 or more, got ", shape.in_height, " x ", shape.in_width, " x ",
                           shape.channels, " to ", shape.out_height, " x ", shape.out_width);
  }
  const CheckedSize in = CheckedSize(shape.in_height) * shape.in_width * shape.channels;
  const CheckedSize out = CheckedSize(shape.out_height) * shape.out_width * shape.channels;
  if (!in.valid() || !out.valid() || static_cast<uint64_t>(in.value()) != in_values ||
      static_cast<uint64_t>(out.value()) != out_values) {
    return InvalidArgument("resize: the buffers hold ", in_values, " and ", out_values, " values, the sizes are ",
                           shape.in_height, " x ", shape.in_width, " x ", shape.channels, " to ", shape.out_height,
                           " x ", shape.out_width);
  }
  return Status();
}

template <typename T>
Status Resize(std::span<const T> in, const ResizeShape& shape, ResizeAlignment alignment, std::span<float> out) {
  RIVULET_RETURN_IF_ERROR(CheckSizes(in.size(), shape, out.size()));
  const std::vector<Sample> rows = SamplePositions(shape.in_height, shape.out_height, alignment);
  const std::vector<Sample> columns = SamplePositions(shape.in_width, shape.out_width, alignment);
  const int64_t channels = shape.channels;
  const int64_t in_stride = shape.in_width * channels;
  float* pixel = out.data();
  for (const Sample& y : rows) {
    const T* top_row = in.data() + y.low * in_stride;
    const T* bottom_row = in.data() + y.high * in_stride;
    for (const Sample& x : columns) {
      const int64_t left = x.low * channels;
      const int64_t right = x.high * channels;
      for (int64_t c = 0; c < channels; ++c) {
        const float top_left = static_cast<float>(top_row[left + c]);
        const float bottom_left = static_cast<float>(bottom_row[left + c]);
        const float top = top_left + (static_cast<float>(top_row[right + c]) - top_left) * x.fraction;
        const float bottom = bottom_left + (static_cast<float>(bottom_row[right + c]) - bottom_left) * x.fraction;
        *pixel++ = top + (bottom - top) * y.fraction;
      }
    }
  }
  return Status();
}

}  // namespace

Status ResizeBilinear(std::span<const uint8_t> in, const ResizeShape& shape, ResizeAlignment alignment,
                      std::span<float> out) {
  return Resize(in, shape, alignment, out);
}

Status ResizeBilinear(std::span<const float> in, const ResizeShape& shape, ResizeAlignment alignment,
                      std::span<float> out) {
  return Resize(in, shape, alignment, out);
}

}  // namespace rivulet

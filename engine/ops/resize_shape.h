// What the operators that resize images share: checks, the output's shape, and where an output pixel lies in the input.
//
//   images [batch, height, width, channels], size [2]: new height and width -> [batch, new height, new width, channels]
#ifndef RIVULET_ENGINE_OPS_RESIZE_SHAPE_H_
#define RIVULET_ENGINE_OPS_RESIZE_SHAPE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/ops/op.h"

namespace rivulet {

// Output 0 is input 0 with the height and width that input `size` has in its two elements.
inline Status InferOfSize(InferContext& c, int size) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  RIVULET_RETURN_IF_ERROR(c.WantRank(size, 1));
  const Shape& lengths = c.shape(size);
  if (lengths.has_rank() && lengths[0] >= 0 && lengths[0] != 2) {
    return InvalidArgument("size: want 2 elements, got ", lengths[0]);
  }
  Shape out = Shape::OfUnknownDims(4);
  if (c.shape(0).has_rank()) {
    out.set_dim(0, c.shape(0)[0]);
    out.set_dim(3, c.shape(0)[3]);
  }
  if (c.known(size)) {
    const std::vector<int64_t> extents = c.ints(size);
    for (int i = 0; i < 2; ++i) {
      const int64_t extent = extents[static_cast<size_t>(i)];
      if (extent <= 0) return InvalidArgument("size: want extents above 0, got ", extent);
      out.set_dim(i + 1, extent);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

// The same for the operators that check their flags and refuse images without pixels.
inline Status InferResize(InferContext& c, int size, bool align_corners, bool half_pixel_centers) {
  if (align_corners && half_pixel_centers)
    return InvalidArgument("align_corners and half_pixel_centers exclude each other");
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  const Shape& images = c.shape(0);
  if (images.has_rank() && (images[1] == 0 || images[2] == 0 || images[3] == 0)) {
    return InvalidArgument("images: want a height, width and channels above 0, got ", images);
  }
  return InferOfSize(c, size);
}

// For the gradients that take the resized image's gradient and the original image: output 0 has the height and width of
// the original, batch and channels of the gradient. As in TensorFlow, the original's own batch and channels do not
// count.
inline Status InferResizeGrad(InferContext& c) {
  if (c.attrs().Bool("align_corners") && c.attrs().Bool("half_pixel_centers"))
    return InvalidArgument("align_corners and half_pixel_centers exclude each other");
  Shape out = Shape::OfUnknownDims(4);
  for (int input = 0; input < 2; ++input) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(input, 4));
    const Shape& shape = c.shape(input);
    if (!shape.has_rank()) continue;
    if (shape[1] == 0 || shape[2] == 0) {
      return InvalidArgument(input == 0 ? "grads" : "original_image", ": want a height and width above 0, got ", shape);
    }
    for (const int i : {input == 0 ? 0 : 1, input == 0 ? 3 : 2}) out.set_dim(i, shape[i]);
  }
  c.set_output(0, std::move(out));
  return Status();
}

// Where along one axis an output index lies in the input.
struct ResizeAxis {
  int64_t in = 1;
  float scale = 1;
  bool half_pixel = false;

  ResizeAxis(int64_t in_extent, int64_t out_extent, bool align_corners, bool half_pixel_centers)
      : in(in_extent),
        scale(align_corners && out_extent > 1 ? static_cast<float>(in_extent - 1) / static_cast<float>(out_extent - 1)
                                              : static_cast<float>(in_extent) / static_cast<float>(out_extent)),
        half_pixel(half_pixel_centers) {}

  // With half pixels, pixel i covers [i, i + 1) and its middle counts; else its lower end does.
  float At(int64_t out) const {
    const auto x = static_cast<float>(out);
    return half_pixel ? (x + 0.5f) * scale - 0.5f : x * scale;
  }
  int64_t Clamp(int64_t i) const { return std::clamp<int64_t>(i, 0, in - 1); }
};

struct ResizeState : OpState {
  bool align_corners = false;
  bool half_pixel_centers = false;
};

inline Result<std::unique_ptr<OpState>> PrepareResize(PrepareContext& c) {
  auto state = std::make_unique<ResizeState>();
  state->align_corners = c.attrs().Bool("align_corners");
  state->half_pixel_centers = c.attrs().Bool("half_pixel_centers");
  return std::unique_ptr<OpState>(std::move(state));
}

// Output rows per piece of work, for rows of `work` steps.
inline int64_t ResizeGrain(int64_t work) { return std::max<int64_t>((1 << 14) / std::max<int64_t>(work, 1), 1); }

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_RESIZE_SHAPE_H_

// Bilinear resizing of a picture to the float input of a network; plain code for one picture at a time.
#ifndef RIVULET_ENGINE_MEDIA_RESIZE_H_
#define RIVULET_ENGINE_MEDIA_RESIZE_H_

#include <cstdint>
#include <span>

#include "rivulet/status.h"

namespace rivulet {

// Where output pixel i of n_out samples an input of n_in pixels; TensorFlow's three rules.
enum class ResizeAlignment {
  kLegacy,     // i * n_in / n_out: resize_bilinear and resize_images of TensorFlow 1, the default of the op
  kCorners,    // i * (n_in - 1) / (n_out - 1): align_corners
  kHalfPixel,  // (i + 0.5) * n_in / n_out - 0.5: half_pixel_centers, and tf.image.resize of TensorFlow 2
};

struct ResizeShape {
  int64_t in_height = 0;
  int64_t in_width = 0;
  int64_t out_height = 0;
  int64_t out_width = 0;
  int64_t channels = 0;
};

// `in` is [in_height, in_width, channels], `out` [out_height, out_width, channels]; they must not overlap.
Status ResizeBilinear(std::span<const uint8_t> in, const ResizeShape& shape, ResizeAlignment alignment,
                      std::span<float> out);
Status ResizeBilinear(std::span<const float> in, const ResizeShape& shape, ResizeAlignment alignment,
                      std::span<float> out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_MEDIA_RESIZE_H_

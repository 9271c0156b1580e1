// DrawBoundingBoxes, DrawBoundingBoxesV2: images with the outlines of boxes drawn on them, one pixel wide.
//
//   images [batch, height, width, depth] of T, depth 1, 3 or 4, boxes [batch, n, 4]: y1, x1, y2, x2 where 0 is the
//   first and 1 the last pixel, (V2: colors [m, >= depth]) -> like images
//
// Box i has color i mod m; V1, and V2 without colors, have ten colors of their own. A box outside the image, or one
// with its first border behind its second, is not drawn; of one that sticks out the part inside is.
#include <algorithm>
#include <cmath>

#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

// Yellow, blue, red, lime, purple, olive, maroon, navy, aqua, fuchsia.
constexpr float kColors[10][4] = {{1, 1, 0, 1},       {0, 0, 1, 1},       {1, 0, 0, 1},    {0, 1, 0, 1},
                                  {0.5f, 0, 0.5f, 1}, {0.5f, 0.5f, 0, 1}, {0.5f, 0, 0, 1}, {0, 0, 0.5f, 1},
                                  {0, 1, 1, 1},       {1, 0, 1, 1}};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 3));
  const Shape& images = c.shape(0);
  const Shape& boxes = c.shape(1);
  if (images.has_rank()) {
    const int64_t depth = images[3];
    if (depth >= 0 && depth != 1 && depth != 3 && depth != 4) {
      return InvalidArgument("images: want a depth of 1, 3 or 4, got ", depth);
    }
    if (boxes.has_rank() && boxes[0] >= 0 && images[0] >= 0 && boxes[0] != images[0]) {
      return InvalidArgument("boxes: want as many rows as images, ", images[0], ", got ", boxes[0]);
    }
  }
  if (boxes.has_rank() && boxes[2] >= 0 && boxes[2] != 4) {
    return InvalidArgument("boxes: want shape [batch,n,4], got ", boxes);
  }
  if (c.num_inputs() > 2) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(2, 2));
    if (c.shape(2).complete() && images.has_rank() && c.shape(2)[1] < images[3]) {
      return InvalidArgument("colors: want at least ", images[3], " columns, got ", c.shape(2)[1]);
    }
  }
  c.set_output(0, images);
  return Status();
}

template <typename T>
void Draw(RunContext& c) {
  const Tensor& images = c.input(0);
  const int64_t height = images.dim(1), width = images.dim(2), depth = images.dim(3), count = c.input(1).dim(1);
  const bool own_colors = c.num_inputs() < 3 || c.input(2).num_elements() == 0;
  const int64_t num_colors = own_colors ? 10 : c.input(2).dim(0);
  const int64_t image_size = height * width * depth;
  // The first and last pixel of a box along one axis, rounded to zero; far outside where it is no number.
  const auto pixel = [](float at, int64_t extent) {
    const float place = at * static_cast<float>(extent - 1);
    return place == place ? static_cast<int64_t>(std::clamp(place, -1e9f, 1e9f)) : int64_t{-1000000000};
  };
  c.ParallelFor(images.dim(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      T* image = static_cast<T*>(c.output(0).raw()) + n * image_size;
      std::copy_n(static_cast<const T*>(images.raw()) + n * image_size, image_size, image);
      for (int64_t i = 0; i < count; ++i) {
        const float* box = c.input(1).data<float>() + (n * count + i) * 4;
        const int64_t top = pixel(box[0], height), bottom = pixel(box[2], height);
        const int64_t left = pixel(box[1], width), right = pixel(box[3], width);
        if (top > bottom || left > right || top >= height || bottom < 0 || left >= width || right < 0) continue;
        T color[4];
        for (int64_t k = 0; k < depth; ++k) {
          color[k] = T(!own_colors  ? c.input(2).data<float>()[i % num_colors * c.input(2).dim(1) + k]
                       : depth == 1 ? 1.0f
                                    : kColors[i % num_colors][k]);
        }
        const auto paint = [&](int64_t y, int64_t x) { std::copy_n(color, depth, image + (y * width + x) * depth); };
        const int64_t first_row = std::max<int64_t>(top, 0), last_row = std::min(bottom, height - 1);
        const int64_t first_column = std::max<int64_t>(left, 0), last_column = std::min(right, width - 1);
        for (int64_t x = first_column; x <= last_column; ++x) {
          if (top >= 0) paint(top, x);
          if (bottom < height) paint(bottom, x);
        }
        for (int64_t y = first_row; y <= last_row; ++y) {
          if (left >= 0) paint(y, left);
          if (right < width) paint(y, right);
        }
      }
    }
  });
}

Status Run(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  VisitLoops<kWidenHalves, float, Half>(c.output(0).dtype(), [&](auto tag) { Draw<typename decltype(tag)::Type>(c); });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "DrawBoundingBoxes",
     .inputs = "images:T, boxes:f32",
     .outputs = "output:T",
     .attrs = "T:type=f32 in {f16,f32}",
     .infer = Infer,
     .run = kWidened<Run, kWidenHalves>},
    {.name = "DrawBoundingBoxesV2",
     .inputs = "images:T, boxes:f32, colors:f32",
     .outputs = "output:T",
     .attrs = "T:type=f32 in {f16,f32}",
     .infer = Infer,
     .run = kWidened<Run, kWidenHalves>},
};

}  // namespace

RIVULET_OP_LIST(DrawBoundingBoxes, kDefs);

}  // namespace rivulet

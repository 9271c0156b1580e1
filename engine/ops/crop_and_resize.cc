// CropAndResize: boxes cut out of images and brought to one size.
//
//   image [batch, height, width, depth] of T, boxes [n, 4]: y1, x1, y2, x2 where 0 is the first and 1 the last pixel,
//   box_ind [n]: which image, crop_size [2] -> crops [n, crop_size[0], crop_size[1], depth] of float32
//
// Places outside the image become extrapolation_value. A box with y1 > y2 is cut upside down.
#include <algorithm>
#include <cmath>

#include "engine/ops/crop_axis.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(3, 1));
  Shape out = Shape::OfUnknownDims(4);
  const Shape& image = c.shape(0);
  const Shape& boxes = c.shape(1);
  if (image.has_rank()) {
    if (image[1] == 0 || image[2] == 0) {
      return InvalidArgument("image: want a height and width above 0, got ", image);
    }
    out.set_dim(3, image[3]);
  }
  if (boxes.has_rank()) {
    if (boxes[1] >= 0 && boxes[1] != 4) return InvalidArgument("boxes: want shape [n,4], got ", boxes);
    out.set_dim(0, boxes[0]);
  }
  if (c.shape(2).has_rank() && c.shape(2)[0] >= 0) {
    if (out[0] >= 0 && out[0] != c.shape(2)[0]) {
      return InvalidArgument("box_ind: want one for each of ", out[0], " boxes, got ", c.shape(2)[0]);
    }
    out.set_dim(0, c.shape(2)[0]);
  }
  if (c.shape(3).has_rank() && c.shape(3)[0] >= 0 && c.shape(3)[0] != 2) {
    return InvalidArgument("crop_size: want 2 elements, got ", c.shape(3)[0]);
  }
  if (c.known(3)) {
    const std::vector<int64_t> size = c.ints(3);
    for (int i = 0; i < 2; ++i) {
      const int64_t extent = size[static_cast<size_t>(i)];
      if (extent <= 0) return InvalidArgument("crop_size: want extents above 0, got ", extent);
      out.set_dim(i + 1, extent);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

struct State : OpState {
  bool nearest = false;
  float outside = 0;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->nearest = c.attrs().Str("method") == "nearest";
  state->outside = c.attrs().Float("extrapolation_value");
  return std::unique_ptr<OpState>(std::move(state));
}

// A row of a crop, from the image that begins at element `first` of `images`.
template <typename T>
void CropRow(const State& state, const Tensor& images, int64_t first, float y, const CropAxis& columns, int64_t count,
             float* to) {
  const T* image = static_cast<const T*>(images.raw()) + first;
  const int64_t width = images.dim(2), depth = images.dim(3);
  const auto value = [](T x) { return static_cast<float>(Widen(x)); };
  const float y_floor = state.nearest ? std::round(y) : std::floor(y);
  const T* top = image + static_cast<int64_t>(y_floor) * width * depth;
  const T* bottom = image + static_cast<int64_t>(std::ceil(y)) * width * depth;
  for (int64_t i = 0; i < count; ++i, to += depth) {
    const float x = columns.At(i);
    if (!columns.Inside(x)) {
      std::fill_n(to, depth, state.outside);
    } else if (state.nearest) {
      const T* from = top + static_cast<int64_t>(std::round(x)) * depth;
      for (int64_t k = 0; k < depth; ++k) to[k] = value(from[k]);
    } else {
      const int64_t left = static_cast<int64_t>(std::floor(x)) * depth,
                    right = static_cast<int64_t>(std::ceil(x)) * depth;
      const float x_part = x - std::floor(x), y_part = y - y_floor;
      for (int64_t k = 0; k < depth; ++k) {
        const float a = value(top[left + k]), b = value(bottom[left + k]);
        const float upper = a + (value(top[right + k]) - a) * x_part;
        const float lower = b + (value(bottom[right + k]) - b) * x_part;
        to[k] = upper + (lower - upper) * y_part;
      }
    }
  }
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& image = c.input(0);
  const float* boxes = c.input(1).data<float>();
  const Indices which(c.input(2));
  const int64_t batch = image.dim(0), height = image.dim(1), width = image.dim(2), depth = image.dim(3);
  for (int64_t i = 0; i < c.input(2).num_elements(); ++i) {
    if (!InRange(which[i], batch)) {
      return InvalidArgument("box_ind[", i, "]: want [0, ", batch, "), got ", which[i]);
    }
  }
  for (int64_t i = 0; i < c.input(1).num_elements(); ++i) {
    if (!std::isfinite(boxes[i]))
      return InvalidArgument("boxes: want finite numbers, got ", boxes[i], " in box ", i / 4);
  }
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t crop_height = c.output(0).dim(1), crop_width = c.output(0).dim(2);
  float* out = c.output(0).data<float>();
  const int64_t row_size = crop_width * depth;
  const int64_t grain = std::max<int64_t>((1 << 14) / row_size, 1);
  decltype(&CropRow<float>) crop_row = nullptr;
  VisitLoops<kWidenImages, float, double, Half, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(
      image.dtype(), [&](auto tag) { crop_row = CropRow<typename decltype(tag)::Type>; });
  if (crop_row == nullptr) return Status();
  c.ParallelFor(c.output(0).dim(0) * crop_height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* box = boxes + row / crop_height * 4;
      const CropAxis rows(box[0], box[2], height, crop_height);
      const CropAxis columns(box[1], box[3], width, crop_width);
      const float y = rows.At(row % crop_height);
      float* to = out + row * row_size;
      if (rows.Inside(y)) {
        crop_row(state, image, which[row / crop_height] * height * width * depth, y, columns, crop_width, to);
      } else {
        std::fill_n(to, row_size, state.outside);
      }
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "CropAndResize",
     .inputs = "image:T, boxes:f32, box_ind:i32, crop_size:i32",
     .outputs = "crops:f32",
     .attrs = "T:type in {u8,u16,i8,i16,i32,i64,f16,f32,f64}; "
              "method:string=\"bilinear\" in {bilinear,nearest}; extrapolation_value:float=0",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenImages, State>},
};

}  // namespace

RIVULET_OP_LIST(CropAndResize, kDefs);

}  // namespace rivulet

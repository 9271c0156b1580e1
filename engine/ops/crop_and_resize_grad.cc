// Gradients of CropAndResize.
//
//   CropAndResizeGradImage  grads [n, h, w, depth] of float32, boxes [n, 4], box_ind [n], image_size [4]
//                           -> [batch, height, width, depth] of T: each gradient goes back to the pixels of its place
//   CropAndResizeGradBoxes  grads, image [batch, height, width, depth] of T, boxes, box_ind -> [n, 4] of float32:
//                           how the crops change when a box's borders move
//
// Sums of float16 are rounded at every step, as TensorFlow's are. Places outside the image give nothing.
#include "engine/ops/crop_axis.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status InferBoxCount(const InferContext& c, int boxes, int which, int64_t* count) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  RIVULET_RETURN_IF_ERROR(c.WantRank(boxes, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(which, 1));
  if (c.shape(boxes).has_rank() && c.shape(boxes)[1] >= 0 && c.shape(boxes)[1] != 4) {
    return InvalidArgument("boxes: want shape [n,4], got ", c.shape(boxes));
  }
  for (const int input : {0, boxes, which}) {
    const Shape& shape = c.shape(input);
    if (!shape.has_rank() || shape[0] < 0) continue;
    if (*count >= 0 && *count != shape[0]) {
      return InvalidArgument("grads, boxes and box_ind: want one of each for a crop, got ", *count, " and ", shape[0]);
    }
    *count = shape[0];
  }
  if (c.shape(0).has_rank() && (c.shape(0)[1] == 0 || c.shape(0)[2] == 0)) {
    return InvalidArgument("grads: want a height and width above 0, got ", c.shape(0));
  }
  return Status();
}

Status InferImage(InferContext& c) {
  int64_t count = Shape::kUnknownDim;
  RIVULET_RETURN_IF_ERROR(InferBoxCount(c, 1, 2, &count));
  RIVULET_RETURN_IF_ERROR(c.WantRank(3, 1));
  if (c.shape(3).has_rank() && c.shape(3)[0] >= 0 && c.shape(3)[0] != 4) {
    return InvalidArgument("image_size: want 4 elements, got ", c.shape(3)[0]);
  }
  Shape out = Shape::OfUnknownDims(4);
  if (c.known(3)) {
    const std::vector<int64_t> size = c.ints(3);
    for (int i = 0; i < 4; ++i) {
      const int64_t extent = size[static_cast<size_t>(i)];
      if (extent < (i == 1 || i == 2)) return InvalidArgument("image_size: element ", i, " is ", extent);
      out.set_dim(i, extent);
    }
    if (c.shape(0).has_rank() && c.shape(0)[3] >= 0 && c.shape(0)[3] != out[3]) {
      return InvalidArgument("image_size: want the depth of grads, ", c.shape(0)[3], ", got ", out[3]);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status InferBoxes(InferContext& c) {
  int64_t count = Shape::kUnknownDim;
  RIVULET_RETURN_IF_ERROR(InferBoxCount(c, 2, 3, &count));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 4));
  const Shape& image = c.shape(1);
  if (image.has_rank()) {
    if (image[1] == 0 || image[2] == 0) {
      return InvalidArgument("image: want a height and width above 0, got ", image);
    }
    if (c.shape(0).has_rank() && c.shape(0)[3] >= 0 && image[3] >= 0 && image[3] != c.shape(0)[3]) {
      return InvalidArgument("image: want the depth of grads, ", c.shape(0)[3], ", got ", image[3]);
    }
  }
  c.set_output(0, {count, 4});
  return Status();
}

Status CheckBoxes(const Tensor& boxes, const Tensor& box_ind, int64_t batch) {
  const Indices which(box_ind);
  for (int64_t i = 0; i < box_ind.num_elements(); ++i) {
    if (!InRange(which[i], batch)) {
      return InvalidArgument("box_ind[", i, "]: want [0, ", batch, "), got ", which[i]);
    }
  }
  for (int64_t i = 0; i < boxes.num_elements(); ++i) {
    const float border = boxes.data<float>()[i];
    if (!std::isfinite(border)) return InvalidArgument("boxes: want finite numbers, got ", border, " in box ", i / 4);
  }
  return Status();
}

// Calls visit(crop, y, x, place in grads) for every place of every crop that lies in the image.
template <typename Visit>
void ForEachPlace(const Tensor& grads, const float* boxes, int64_t height, int64_t width, int64_t begin, int64_t end,
                  const Visit& visit) {
  for (int64_t crop = begin; crop < end; ++crop) {
    const float* box = boxes + crop * 4;
    const CropAxis rows(box[0], box[2], height, grads.dim(1));
    const CropAxis columns(box[1], box[3], width, grads.dim(2));
    for (int64_t i = 0; i < grads.dim(1); ++i) {
      const float y = rows.At(i);
      if (!rows.Inside(y)) continue;
      for (int64_t j = 0; j < grads.dim(2); ++j) {
        const float x = columns.At(j);
        if (columns.Inside(x)) visit(crop, i, j, y, x);
      }
    }
  }
}

struct State : OpState {
  bool nearest = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->nearest = c.attrs().Str("method") == "nearest";
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
void GradImage(RunContext& c, bool nearest) {
  const Tensor& grads = c.input(0);
  Tensor& out = c.output(0);
  const Indices which(c.input(2));
  const int64_t height = out.dim(1), width = out.dim(2), depth = out.dim(3);
  T* to = static_cast<T*>(out.raw());
  std::fill_n(to, out.num_elements(), T(0));
  // In the order of the crops, which may overlap in one image.
  ForEachPlace(grads, c.input(1).data<float>(), height, width, 0, grads.dim(0),
               [&](int64_t crop, int64_t i, int64_t j, float y, float x) {
                 const float* grad = grads.data<float>() + ((crop * grads.dim(1) + i) * grads.dim(2) + j) * depth;
                 T* image = to + which[crop] * height * width * depth;
                 const auto add = [&](float row, float column, float weight) {
                   T* pixel = image + (static_cast<int64_t>(row) * width + static_cast<int64_t>(column)) * depth;
                   for (int64_t k = 0; k < depth; ++k) pixel[k] = Plus(pixel[k], T(weight * grad[k]));
                 };
                 if (nearest) return add(std::round(y), std::round(x), 1);
                 const float top = std::floor(y), left = std::floor(x), y_part = y - top, x_part = x - left;
                 add(top, left, (1 - x_part) * (1 - y_part));
                 add(top, std::ceil(x), x_part * (1 - y_part));
                 add(std::ceil(y), left, (1 - x_part) * y_part);
                 add(std::ceil(y), std::ceil(x), x_part * y_part);
               });
}

Status RunImage(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckBoxes(c.input(1), c.input(2), c.output(0).dim(0)));
  if (c.output(0).num_elements() == 0) return Status();
  VisitType<float, double, Half>(
      c.output(0).dtype(), [&](auto tag) { GradImage<typename decltype(tag)::Type>(c, c.state<State>().nearest); });
  return Status();
}

template <typename T>
float PixelAt(const void* image, int64_t i) {
  return static_cast<float>(Widen(static_cast<const T*>(image)[i]));
}
using Pixel = decltype(&PixelAt<float>);

void GradBoxes(RunContext& c, Pixel pixel) {
  const Tensor& grads = c.input(0);
  const Tensor& image = c.input(1);
  const float* boxes = c.input(2).data<float>();
  const Indices which(c.input(3));
  const int64_t height = image.dim(1), width = image.dim(2), depth = image.dim(3);
  const int64_t crop_height = grads.dim(1), crop_width = grads.dim(2);
  const auto last_row = static_cast<float>(height - 1), last_column = static_cast<float>(width - 1);
  const float row_ratio = crop_height > 1 ? last_row / static_cast<float>(crop_height - 1) : 0;
  const float column_ratio = crop_width > 1 ? last_column / static_cast<float>(crop_width - 1) : 0;
  float* out = c.output(0).data<float>();
  std::fill_n(out, c.output(0).num_elements(), 0.0f);
  const void* pixels = image.raw();
  c.ParallelFor(grads.dim(0), 1, [&](int64_t begin, int64_t end) {
    ForEachPlace(grads, boxes, height, width, begin, end, [&](int64_t crop, int64_t i, int64_t j, float y, float x) {
      const float* grad = grads.data<float>() + ((crop * crop_height + i) * crop_width + j) * depth;
      const auto row = [&](float at) { return (which[crop] * height + static_cast<int64_t>(at)) * width * depth; };
      const int64_t top = row(std::floor(y)), bottom = row(std::ceil(y));
      const int64_t left = static_cast<int64_t>(std::floor(x)) * depth;
      const int64_t right = static_cast<int64_t>(std::ceil(x)) * depth;
      const float y_part = y - std::floor(y), x_part = x - std::floor(x);
      float* box = out + crop * 4;
      const float down = static_cast<float>(i) * row_ratio, along = static_cast<float>(j) * column_ratio;
      for (int64_t k = 0; k < depth; ++k) {
        const float a = pixel(pixels, top + left + k), b = pixel(pixels, top + right + k);
        const float d = pixel(pixels, bottom + left + k), e = pixel(pixels, bottom + right + k);
        const float dy = ((1 - x_part) * (d - a) + x_part * (e - b)) * grad[k];
        const float dx = ((1 - y_part) * (b - a) + y_part * (e - d)) * grad[k];
        box[0] += dy * (crop_height > 1 ? last_row - down : 0.5f * last_row);
        box[2] += dy * (crop_height > 1 ? down : 0.5f * last_row);
        box[1] += dx * (crop_width > 1 ? last_column - along : 0.5f * last_column);
        box[3] += dx * (crop_width > 1 ? along : 0.5f * last_column);
      }
    });
  });
}

Status RunBoxes(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckBoxes(c.input(2), c.input(3), c.input(1).dim(0)));
  if (c.output(0).num_elements() == 0) return Status();
  Pixel pixel = PixelAt<float>;
  VisitType<double, Half, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(
      c.input(1).dtype(), [&](auto tag) { pixel = PixelAt<typename decltype(tag)::Type>; });
  GradBoxes(c, pixel);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "CropAndResizeGradImage",
     .inputs = "grads:f32, boxes:f32, box_ind:i32, image_size:i32",
     .outputs = "output:T",
     .attrs = "T:type in {f16,f32,f64}; method:string=\"bilinear\" in {bilinear,nearest}",
     .infer = InferImage,
     .prepare = Prepare,
     .run = RunImage},
    {.name = "CropAndResizeGradBoxes",
     .inputs = "grads:f32, image:T, boxes:f32, box_ind:i32",
     .outputs = "output:f32",
     .attrs = "T:type in {u8,u16,i8,i16,i32,i64,f16,f32,f64}; method:string=\"bilinear\" in {bilinear}",
     .infer = InferBoxes,
     .run = RunBoxes},
};

}  // namespace

RIVULET_OP_LIST(CropAndResizeGrad, kDefs);

}  // namespace rivulet

// Gradients of the resizing operators: each pixel of the gradient goes back to the pixels it was made from, by the same
// weights.
//
//   ResizeBilinearGrad         grads [batch, h, w, channels] of float32, original_image [batch, H, W, channels] of T
//                              (only its shape counts) -> [batch, H, W, channels] of T
//   ResizeNearestNeighborGrad  grads [batch, h, w, channels] of T, size [2]: H and W -> [batch, H, W, channels] of T
//
// Sums are kept in T: those of small types are rounded at every step, and integers wrap around, as in TensorFlow.
#include "engine/ops/number.h"
#include "engine/ops/resize_shape.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

// The gradient may be empty, and align_corners and half_pixel_centers may both be set, unlike in what it is the
// gradient of; TensorFlow checks no more here.
Status InferNearest(InferContext& c) { return InferOfSize(c, 1); }

// The input pixels below and above a place, and how far it is from the lower one.
struct Pair {
  int64_t low;
  int64_t high;
  float part;
};

Pair PairAt(const ResizeAxis& axis, int64_t i) {
  const float place = axis.At(i);
  const float floor = std::floor(place);
  return {std::max<int64_t>(static_cast<int64_t>(floor), 0),
          std::min<int64_t>(static_cast<int64_t>(std::ceil(place)), axis.in - 1), place - floor};
}

template <typename T>
void Bilinear(RunContext& c, const ResizeState& state) {
  const Tensor& grads = c.input(0);
  Tensor& out = c.output(0);
  const int64_t height = grads.dim(1), width = grads.dim(2), channels = grads.dim(3);
  const ResizeAxis rows(out.dim(1), height, state.align_corners, state.half_pixel_centers);
  const ResizeAxis columns(out.dim(2), width, state.align_corners, state.half_pixel_centers);
  const int64_t image_size = out.dim(1) * out.dim(2) * channels;
  c.ParallelFor(out.dim(0), 1, [&](int64_t begin, int64_t end) {
    const float* grad = grads.data<float>() + begin * height * width * channels;
    for (int64_t image = begin; image < end; ++image) {
      T* to = static_cast<T*>(out.raw()) + image * image_size;
      std::fill_n(to, image_size, T(0));
      for (int64_t i = 0; i < height; ++i) {
        const Pair y = PairAt(rows, i);
        T* top = to + y.low * out.dim(2) * channels;
        T* bottom = to + y.high * out.dim(2) * channels;
        for (int64_t j = 0; j < width; ++j) {
          const Pair x = PairAt(columns, j);
          for (int64_t k = 0; k < channels; ++k) {
            const float upper = *grad * (1 - y.part), lower = *grad * y.part;
            ++grad;
            const auto add = [&](T* row, int64_t column, float value) {
              T& sum = row[column * channels + k];
              sum = Plus(sum, T(value));
            };
            add(top, x.low, upper * (1 - x.part));
            add(top, x.high, upper * x.part);
            add(bottom, x.low, lower * (1 - x.part));
            add(bottom, x.high, lower * x.part);
          }
        }
      }
    }
  });
}

Status RunBilinear(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  VisitType<float, double, Half, BFloat16>(
      c.output(0).dtype(), [&](auto tag) { Bilinear<typename decltype(tag)::Type>(c, c.state<ResizeState>()); });
  return Status();
}

int64_t NearestAt(const ResizeAxis& axis, bool align_corners, int64_t i) {
  const auto x = static_cast<float>(i);
  const float place = axis.half_pixel ? (x + 0.5f) * axis.scale : x * axis.scale;
  return axis.Clamp(static_cast<int64_t>(align_corners ? std::round(place) : std::floor(place)));
}

template <typename T>
void Nearest(RunContext& c, const ResizeState& state) {
  const Tensor& grads = c.input(0);
  Tensor& out = c.output(0);
  const int64_t height = grads.dim(1), width = grads.dim(2), channels = grads.dim(3);
  const ResizeAxis rows(out.dim(1), height, state.align_corners, state.half_pixel_centers);
  const ResizeAxis columns(out.dim(2), width, state.align_corners, state.half_pixel_centers);
  const int64_t image_size = out.dim(1) * out.dim(2) * channels;
  c.ParallelFor(out.dim(0), 1, [&](int64_t begin, int64_t end) {
    const T* grad = static_cast<const T*>(grads.raw()) + begin * height * width * channels;
    for (int64_t image = begin; image < end; ++image) {
      T* to = static_cast<T*>(out.raw()) + image * image_size;
      std::fill_n(to, image_size, T(0));
      for (int64_t i = 0; i < height; ++i) {
        T* row = to + NearestAt(rows, state.align_corners, i) * out.dim(2) * channels;
        for (int64_t j = 0; j < width; ++j) {
          T* pixel = row + NearestAt(columns, state.align_corners, j) * channels;
          for (int64_t k = 0; k < channels; ++k) pixel[k] = Plus(pixel[k], *grad++);
        }
      }
    }
  });
}

Status RunNearest(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  VisitLoops<kWidenShorts, float, double, Half, BFloat16, int8_t, uint8_t, int32_t>(
      c.output(0).dtype(), [&](auto tag) { Nearest<typename decltype(tag)::Type>(c, c.state<ResizeState>()); });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ResizeBilinearGrad",
     .inputs = "grads:f32, original_image:T",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64}; align_corners:bool=false; half_pixel_centers:bool=false",
     .infer = InferResizeGrad,
     .prepare = PrepareResize,
     .run = RunBilinear},
    {.name = "ResizeNearestNeighborGrad",
     .inputs = "grads:T, size:i32",
     .outputs = "output:T",
     .attrs = "T:type in {i8,u8,i32,bf16,f16,f32,f64}; align_corners:bool=false; half_pixel_centers:bool=false",
     .infer = InferNearest,
     .prepare = PrepareResize,
     .run = kWidened<RunNearest, kWidenShorts, ResizeState>},
};

}  // namespace

RIVULET_OP_LIST(ResizeGrad, kDefs);

}  // namespace rivulet

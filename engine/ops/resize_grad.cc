// Gradients of the resizing operators: each pixel of the gradient goes back to the pixels it was made from, by the same
// weights.
//
//   ResizeBilinearGrad         grads [batch, h, w, channels] of float32, original_image [batch, H, W, channels] of T
//                              (only its shape counts) -> [batch, H, W, channels] of T
//   ResizeNearestNeighborGrad  grads [batch, h, w, channels] of T, size [2]: H and W -> [batch, H, W, channels] of T
//
// Sums are kept in T: those of small types are rounded at every step, and integers wrap around, as in TensorFlow.
#include <span>

#include "engine/ops/number.h"
#include "engine/ops/resize_shape.h"
#include "engine/ops/rows.h"
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

// What a row of the gradient is spread over.
struct Rows {
  void* top;
  void* bottom;
  float part;  // of the bottom one
};
using SpreadRow = const float* (*)(const float* grad, std::span<const Pair> columns, int64_t channels, Rows rows);

// Returns the end of the row.
template <typename T>
const float* Spread(const float* grad, std::span<const Pair> columns, int64_t channels, Rows rows) {
  T *top = static_cast<T*>(rows.top), *bottom = static_cast<T*>(rows.bottom);
  for (const Pair& x : columns) {
    for (int64_t k = 0; k < channels; ++k) {
      const float upper = *grad * (1 - rows.part), lower = *grad * rows.part;
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
  return grad;
}

Status RunBilinear(RunContext& c) {
  const auto& state = c.state<ResizeState>();
  const Tensor& grads = c.input(0);
  Tensor& out = c.output(0);
  const DType dtype = out.dtype();
  SpreadRow spread = nullptr;
  VisitType<float, double, Half, BFloat16>(dtype, [&](auto tag) { spread = Spread<typename decltype(tag)::Type>; });
  if (out.num_elements() == 0 || spread == nullptr) return Status();
  const int64_t height = grads.dim(1), width = grads.dim(2), channels = grads.dim(3);
  const ResizeAxis down(out.dim(1), height, state.align_corners, state.half_pixel_centers);
  const ResizeAxis across(out.dim(2), width, state.align_corners, state.half_pixel_centers);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(width) * sizeof(Pair)));
  const std::span columns(static_cast<Pair*>(scratch), static_cast<size_t>(width));
  for (int64_t i = 0; i < width; ++i) columns[static_cast<size_t>(i)] = PairAt(across, i);
  const int64_t line = out.dim(2) * channels, image_size = out.dim(1) * line;
  c.ParallelFor(out.dim(0), 1, [&](int64_t begin, int64_t end) {
    const float* grad = grads.data<float>() + begin * height * width * channels;
    for (int64_t image = begin; image < end; ++image) {
      void* to = ElementAt(out.raw(), dtype, image * image_size);
      ClearElements(dtype, to, image_size);
      for (int64_t i = 0; i < height; ++i) {
        const Pair y = PairAt(down, i);
        grad = spread(grad, columns, channels,
                      {ElementAt(to, dtype, y.low * line), ElementAt(to, dtype, y.high * line), y.part});
      }
    }
  });
  return Status();
}

int64_t NearestAt(const ResizeAxis& axis, bool align_corners, int64_t i) {
  const auto x = static_cast<float>(i);
  const float place = axis.half_pixel ? (x + 0.5f) * axis.scale : x * axis.scale;
  return axis.Clamp(static_cast<int64_t>(align_corners ? std::round(place) : std::floor(place)));
}

// Adds a row of the gradient to that of the output that it goes to, pixel i to pixel columns[i].
using AddRow = void (*)(const void* grad, std::span<const int64_t> columns, int64_t channels, void* to);

template <typename T>
void AddPixels(const void* grad, std::span<const int64_t> columns, int64_t channels, void* to) {
  const T* from = static_cast<const T*>(grad);
  for (const int64_t column : columns) {
    T* pixel = static_cast<T*>(to) + column * channels;
    for (int64_t k = 0; k < channels; ++k) pixel[k] = Plus(pixel[k], *from++);
  }
}

Status RunNearest(RunContext& c) {
  const auto& state = c.state<ResizeState>();
  const Tensor& grads = c.input(0);
  Tensor& out = c.output(0);
  const DType dtype = out.dtype();
  AddRow add = nullptr;
  VisitLoops<kWidenShorts, float, double, Half, BFloat16, int8_t, uint8_t, int32_t>(
      dtype, [&](auto tag) { add = AddPixels<typename decltype(tag)::Type>; });
  if (out.num_elements() == 0 || add == nullptr) return Status();
  const int64_t height = grads.dim(1), width = grads.dim(2), channels = grads.dim(3);
  const ResizeAxis down(out.dim(1), height, state.align_corners, state.half_pixel_centers);
  const ResizeAxis across(out.dim(2), width, state.align_corners, state.half_pixel_centers);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(width) * sizeof(int64_t)));
  const std::span columns(static_cast<int64_t*>(scratch), static_cast<size_t>(width));
  for (int64_t i = 0; i < width; ++i) columns[static_cast<size_t>(i)] = NearestAt(across, state.align_corners, i);
  const int64_t line = out.dim(2) * channels, image_size = out.dim(1) * line;
  c.ParallelFor(out.dim(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image) {
      void* to = ElementAt(out.raw(), dtype, image * image_size);
      ClearElements(dtype, to, image_size);
      for (int64_t i = 0; i < height; ++i) {
        add(ElementAt(grads.raw(), dtype, (image * height + i) * width * channels), columns, channels,
            ElementAt(to, dtype, NearestAt(down, state.align_corners, i) * line));
      }
    }
  });
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

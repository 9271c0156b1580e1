// ResizeBicubic: each output pixel is the sum of the 4 x 4 input pixels around its place, weighted by a cubic.
//
//   images [batch, height, width, channels] of T, size [2] -> [batch, size[0], size[1], channels] of float32
//
// The cubic's parameter is -0.75, and pixels beyond the border repeat those at it; with half_pixel_centers it is -0.5
// (Keys'), pixels beyond the border do not count and the other weights are scaled to a sum of 1. Weights are those of
// the nearest of 1025 places between two pixels, as in TensorFlow.
//
// ResizeBicubicGrad: grads [batch, h, w, channels] of float32, original_image [batch, H, W, channels] of T (only its
// shape counts) -> [batch, H, W, channels] of T, where each gradient goes back by the same weights.
#include "engine/base/checked.h"
#include "engine/ops/number.h"
#include "engine/ops/resize_shape.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  return InferResize(c, 1, c.attrs().Bool("align_corners"), c.attrs().Bool("half_pixel_centers"));
}

struct Taps {
  int64_t at[4];
  float weight[4];
};

constexpr float kPlaces = 1024;

// The cubic with parameter a at distance x in [0, 1], and at distance 1 + x.
float Near(float a, float x) { return ((a + 2) * x - (a + 3)) * x * x + 1; }
float Far(float a, float x) {
  x += 1;
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

Taps TapsAt(const ResizeAxis& axis, int64_t out) {
  const float place = axis.At(out);
  const float floor = std::floor(place);
  const float part = std::nearbyint((place - floor) * kPlaces) / kPlaces;
  const auto first = static_cast<int64_t>(floor) - 1;
  const float a = axis.half_pixel ? -0.5f : -0.75f;
  Taps taps = {{}, {Far(a, part), Near(a, part), Near(a, 1 - part), Far(a, 1 - part)}};
  float sum = 0;
  for (int64_t i = 0; i < 4; ++i) {
    taps.at[i] = axis.Clamp(first + i);
    if (axis.half_pixel && taps.at[i] != first + i) taps.weight[i] = 0;
    sum += taps.weight[i];
  }
  if (axis.half_pixel && std::fabs(sum) >= 1000 * std::numeric_limits<float>::min()) {
    for (float& weight : taps.weight) weight /= sum;
  }
  return taps;
}

// Four rows of an image, of `count` elements each, mixed into one.
using MixFour = void (*)(const void* image, int64_t count, const Taps& y, float* mixed);

template <typename T>
void MixRows(const void* from, int64_t count, const Taps& y, float* mixed) {
  const T* image = static_cast<const T*>(from);
  const T* row0 = image + y.at[0] * count;
  const T* row1 = image + y.at[1] * count;
  const T* row2 = image + y.at[2] * count;
  const T* row3 = image + y.at[3] * count;
  for (int64_t i = 0; i < count; ++i) {
    float sum = 0;
    sum += static_cast<float>(Widen(row0[i])) * y.weight[0];
    sum += static_cast<float>(Widen(row1[i])) * y.weight[1];
    sum += static_cast<float>(Widen(row2[i])) * y.weight[2];
    sum += static_cast<float>(Widen(row3[i])) * y.weight[3];
    mixed[i] = sum;
  }
}

// Four pixels of such a row mixed into one.
void MixPixels(const float* mixed, int64_t channels, const Taps& x, float* to) {
  for (int64_t k = 0; k < channels; ++k) {
    float sum = 0;
    for (int h = 0; h < 4; ++h) sum += mixed[x.at[h] * channels + k] * x.weight[h];
    to[k] = sum;
  }
}

Status Run(RunContext& c) {
  const auto& state = c.state<ResizeState>();
  const Tensor& images = c.input(0);
  const DType dtype = images.dtype();
  if (c.output(0).num_elements() == 0) return Status();
  MixFour mix = nullptr;
  VisitLoops<kWidenImages, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(
      dtype, [&](auto tag) { mix = MixRows<typename decltype(tag)::Type>; });
  if (mix == nullptr) return Status();
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = c.output(0).dim(1), out_width = c.output(0).dim(2), line = width * channels;
  // The taps of the output's columns, and a row of floats for each thread.
  const CheckedSize taps = CheckedSize(out_width) * int64_t{sizeof(Taps)};
  const CheckedSize rows = CheckedSize(width) * channels * c.pool().num_threads();
  const CheckedSize bytes = taps + rows * int64_t{sizeof(float)};
  if (!bytes.valid()) return ResourceExhausted("images of shape ", images.shape(), " are too large");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  auto* columns = static_cast<Taps*>(scratch);
  auto* mixed = reinterpret_cast<float*>(columns + out_width);
  const ResizeAxis down(height, out_height, state.align_corners, state.half_pixel_centers);
  const ResizeAxis across(width, out_width, state.align_corners, state.half_pixel_centers);
  for (int64_t i = 0; i < out_width; ++i) columns[i] = TapsAt(across, i);
  const int64_t grain = ResizeGrain(std::max(out_width, width) * channels * 4);
  c.ParallelFor(images.dim(0) * out_height, grain, [&](int64_t begin, int64_t end, int thread) {
    float* own = mixed + thread * line;
    for (int64_t row = begin; row < end; ++row) {
      const void* image = ElementAt(images.raw(), dtype, row / out_height * height * line);
      mix(image, line, TapsAt(down, row % out_height), own);
      float* to = c.output(0).data<float>() + row * out_width * channels;
      for (int64_t i = 0; i < out_width; ++i, to += channels) MixPixels(own, channels, columns[i], to);
    }
  });
  return Status();
}

template <typename T>
void ResizeBack(RunContext& c, const ResizeState& state, const Taps* columns) {
  const Tensor& grads = c.input(0);
  Tensor& out = c.output(0);
  const int64_t height = grads.dim(1), width = grads.dim(2), channels = grads.dim(3);
  const int64_t image_size = out.dim(1) * out.dim(2) * channels;
  const ResizeAxis axis(out.dim(1), height, state.align_corners, state.half_pixel_centers);
  c.ParallelFor(out.dim(0), 1, [&](int64_t begin, int64_t end) {
    const float* grad = grads.data<float>() + begin * height * width * channels;
    for (int64_t n = begin; n < end; ++n) {
      T* image = out.data<T>() + n * image_size;
      std::fill_n(image, image_size, T{0});
      for (int64_t i = 0; i < height; ++i) {
        const Taps y = TapsAt(axis, i);
        for (int64_t j = 0; j < width; ++j, grad += channels) {
          const Taps& x = columns[j];
          for (int v = 0; v < 4; ++v) {
            for (int h = 0; h < 4; ++h) {
              T* to = image + (y.at[v] * out.dim(2) + x.at[h]) * channels;
              const T weight = static_cast<T>(y.weight[v] * x.weight[h]);
              for (int64_t k = 0; k < channels; ++k) to[k] += static_cast<T>(grad[k]) * weight;
            }
          }
        }
      }
    }
  });
}

Status RunBack(RunContext& c) {
  const auto& state = c.state<ResizeState>();
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t width = c.input(0).dim(2);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(width) * sizeof(Taps)));
  auto* columns = static_cast<Taps*>(scratch);
  const ResizeAxis axis(c.output(0).dim(2), width, state.align_corners, state.half_pixel_centers);
  for (int64_t i = 0; i < width; ++i) columns[i] = TapsAt(axis, i);
  VisitType<float, double>(c.output(0).dtype(),
                           [&](auto tag) { ResizeBack<typename decltype(tag)::Type>(c, state, columns); });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ResizeBicubic",
     .inputs = "images:T, size:i32",
     .outputs = "resized_images:f32",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16}; align_corners:bool=false; "
              "half_pixel_centers:bool=false",
     .infer = Infer,
     .prepare = PrepareResize,
     .run = kWidened<Run, kWidenImages, ResizeState>},
    {.name = "ResizeBicubicGrad",
     .inputs = "grads:f32, original_image:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64}; align_corners:bool=false; half_pixel_centers:bool=false",
     .infer = InferResizeGrad,
     .prepare = PrepareResize,
     .run = RunBack},
};

}  // namespace

RIVULET_OP_LIST(ResizeBicubic, kDefs);

}  // namespace rivulet

// ScaleAndTranslate: each output pixel is a weighted sum of the input pixels around its place.
//
//   images [batch, H, W, channels] of T, size [2]: h and w, scale [2], translation [2] of float32
//   -> [batch, h, w, channels] of float32;  pixel x of the output lies at (x + 0.5 - translation) / scale in the input
//
// The weights are those of kernel_type, stretched by 1 / scale where antialias is set and the image shrinks, and scaled
// to a sum of 1. A place outside the input gives 0. ScaleAndTranslateGrad: grads [batch, h, w, channels] and the
// original image (only its shape counts), both float32, -> [batch, H, W, channels]: gradients go back by the same
// weights.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct Kernel {
  const char* name;
  float radius;
  float (*weight)(float x, float radius);  // x >= 0
};

float Lanczos(float x, float radius) {
  constexpr float kPi = 3.14159265358979f;
  if (x > radius) return 0;
  if (x <= 1e-3f) return 1;
  return radius * std::sin(kPi * x) * std::sin(kPi * x / radius) / (kPi * kPi * x * x);
}
// Three standard deviations are the radius.
float Gaussian(float x, float radius) {
  const float sigma = radius / 3.0f;
  return x >= radius ? 0 : std::exp(-x * x / (2.0f * sigma * sigma));
}
float Box(float x, float) { return x < 0.5f ? 1.0f : x == 0.5f ? 0.5f : 0.0f; }
float Triangle(float x, float) { return x < 1 ? 1 - x : 0; }
float KeysCubic(float x, float) {
  if (x >= 2) return 0;
  if (x >= 1) return ((-0.5f * x + 2.5f) * x - 4.0f) * x + 2.0f;
  return ((1.5f * x - 2.5f) * x) * x + 1.0f;
}
float MitchellCubic(float x, float) {
  if (x >= 2) return 0;
  if (x >= 1) return (((-7.0f / 18.0f) * x + 2.0f) * x - 10.0f / 3.0f) * x + 16.0f / 9.0f;
  return (((7.0f / 6.0f) * x - 2.0f) * x) * x + 8.0f / 9.0f;
}

constexpr Kernel kKernels[] = {
    {"lanczos1", 1, Lanczos},
    {"lanczos3", 3, Lanczos},
    {"lanczos5", 5, Lanczos},
    {"gaussian", 1.5f, Gaussian},
    {"box", 1, Box},
    {"triangle", 1, Triangle},
    {"keyscubic", 2, KeysCubic},
    {"mitchellcubic", 2, MitchellCubic},
};

const Kernel* FindKernel(std::string_view name) {
  for (const Kernel& kernel : kKernels) {
    if (name == kernel.name) return &kernel;
  }
  return nullptr;
}

Status CheckImages(const InferContext& c, int input) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(input, 4));
  const Shape& images = c.shape(input);
  if (!images.has_rank()) return Status();
  for (int i = 1; i < 4; ++i) {
    if (images[i] == 0) {
      return InvalidArgument("images: want a height, width and channels above 0, got ", images.ToString());
    }
    if (images[i] > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument("images: want extents below 2^31, got ", images.ToString());
    }
  }
  return Status();
}

Status CheckRest(const InferContext& c) {
  for (const int input : {2, 3}) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(input, 1));
    if (c.shape(input).complete() && c.shape(input)[0] != 2) {
      return InvalidArgument(input == 2 ? "scale" : "translation", ": want 2 elements, got ", c.shape(input)[0]);
    }
  }
  if (FindKernel(c.attrs().Str("kernel_type")) == nullptr) {
    return InvalidArgument("kernel_type: unknown kernel '", c.attrs().Str("kernel_type"),
                           "'; want lanczos1, lanczos3, lanczos5, gaussian, box, triangle, keyscubic or mitchellcubic");
  }
  return Status();
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckImages(c, 0));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(CheckRest(c));
  if (c.shape(1).complete() && c.shape(1)[0] != 2) {
    return InvalidArgument("size: want 2 elements, got ", c.shape(1)[0]);
  }
  Shape out = Shape::OfUnknownDims(4);
  if (c.shape(0).has_rank()) {
    out.set_dim(0, c.shape(0)[0]);
    out.set_dim(3, c.shape(0)[3]);
  }
  if (c.known(1)) {
    const std::vector<int64_t> size = c.ints(1);
    for (int i = 0; i < 2; ++i) {
      const int64_t extent = size[static_cast<size_t>(i)];
      if (extent <= 0) return InvalidArgument("size: want extents above 0, got ", extent);
      out.set_dim(i + 1, extent);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status InferGrad(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckImages(c, 0));
  RIVULET_RETURN_IF_ERROR(CheckImages(c, 1));
  RIVULET_RETURN_IF_ERROR(CheckRest(c));
  Shape out = Shape::OfUnknownDims(4);
  for (int i = 0; i < 4; ++i) {
    for (int input = 0; input < 2; ++input) {
      const Shape& shape = c.shape(input);
      if (!shape.has_rank() || shape[i] < 0 || (input == 0 && (i == 1 || i == 2))) continue;
      if (out[i] >= 0 && out[i] != shape[i]) {
        return InvalidArgument("original_image: want dim ", i, " as in grads (", out[i], "), got ", shape[i]);
      }
      out.set_dim(i, shape[i]);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

struct State : OpState {
  const Kernel* kernel = nullptr;
  bool antialias = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->kernel = FindKernel(c.attrs().Str("kernel_type"));
  state->antialias = c.attrs().Bool("antialias");
  return std::unique_ptr<OpState>(std::move(state));
}

// For every output place of one axis: the first input pixel that counts and how many do, and their weights.
class Spans {
 public:
  int64_t start(int64_t place) const { return places_.data<int64_t>()[2 * place]; }
  int64_t count(int64_t place) const { return places_.data<int64_t>()[2 * place + 1]; }
  const float* weights(int64_t place) const { return weights_.data<float>() + place * stride_; }

  Status Make(const State& state, int64_t in, int64_t out, float scale, float shift, Allocator& allocator);

 private:
  int64_t stride_ = 0;
  Tensor places_;
  Tensor weights_;
};

Status Spans::Make(const State& state, int64_t in, int64_t out, float scale, float shift, Allocator& allocator) {
  const Kernel& kernel = *state.kernel;
  const auto inverse = static_cast<float>(1.0 / static_cast<double>(scale));
  const float inverse_shift = -inverse * shift;
  const float stretch = state.antialias ? std::max(inverse, 1.0f) : 1.0f;
  const float reach = kernel.radius * stretch;
  const double widest = 2 * std::ceil(static_cast<double>(reach)) + 1;
  stride_ = widest < static_cast<double>(in) ? static_cast<int64_t>(widest) : in;
  RIVULET_ASSIGN_OR_RETURN(places_, Tensor::Allocate(DType::kInt64, {out, 2}, allocator));
  RIVULET_ASSIGN_OR_RETURN(weights_, Tensor::Allocate(DType::kFloat, {out, stride_}, allocator));
  auto* places = places_.data<int64_t>();
  std::fill_n(places, 2 * out, int64_t{0});
  for (int64_t i = 0; i < out; ++i) {
    const float place = (static_cast<float>(i) + 0.5f) * inverse + inverse_shift;
    if (!(place >= 0 && place <= static_cast<float>(in))) continue;
    const auto limit = [&](float x) {
      return std::clamp<int64_t>(static_cast<int64_t>(std::clamp(x, -1e9f, 4e9f)), 0, in - 1);
    };
    const int64_t first = limit(std::ceil(place - reach - 0.5f));
    const int64_t last = std::min(limit(std::floor(place + reach - 0.5f)), first + stride_ - 1);
    float* weight = weights_.data<float>() + i * stride_;
    float sum = 0;
    for (int64_t k = first; k <= last; ++k) {
      weight[k - first] =
          kernel.weight(std::fabs((static_cast<float>(k) + 0.5f - place) * (1.0f / stretch)), kernel.radius);
      sum += weight[k - first];
    }
    // Weights that cancel to nothing give nothing.
    if (std::fabs(sum) < 1000.0f * std::numeric_limits<float>::min()) continue;
    places[2 * i] = first;
    places[2 * i + 1] = last - first + 1;
    for (int64_t k = first; k <= last; ++k) weight[k - first] *= 1.0f / sum;
  }
  return Status();
}

Status MakeBoth(RunContext& c, const Shape& from, const Shape& to, Spans* rows, Spans* columns) {
  const float* scale = c.input(2).data<float>();
  const float* shift = c.input(3).data<float>();
  for (int i = 0; i < 2; ++i) {
    if (!(scale[i] > 0)) return InvalidArgument("scale: want numbers above 0, got ", scale[i]);
  }
  RIVULET_RETURN_IF_ERROR(rows->Make(c.state<State>(), from[1], to[1], scale[0], shift[0], c.allocator()));
  return columns->Make(c.state<State>(), from[2], to[2], scale[1], shift[1], c.allocator());
}

Status Run(RunContext& c) {
  const Tensor& images = c.input(0);
  const Shape& out_shape = c.output(0).shape();
  Spans rows, columns;
  RIVULET_RETURN_IF_ERROR(MakeBoth(c, images.shape(), out_shape, &rows, &columns));
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = out_shape[1], out_width = out_shape[2];
  // Rows are gathered first: one row of sums for each output row.
  const int64_t line = width * channels;
  RIVULET_ASSIGN_OR_RETURN(Tensor sums,
                           Tensor::Allocate(DType::kFloat, {images.dim(0) * out_height, line}, c.allocator()));
  float* out = c.output(0).data<float>();
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(
      images.dtype(), [&](auto tag) {
        using T = typename decltype(tag)::Type;
        const T* in = static_cast<const T*>(images.raw());
        c.ParallelFor(images.dim(0) * out_height, std::max<int64_t>((1 << 13) / line, 1),
                      [&](int64_t begin, int64_t end) {
                        for (int64_t row = begin; row < end; ++row) {
                          const int64_t place = row % out_height;
                          float* sum = sums.data<float>() + row * line;
                          std::fill_n(sum, line, 0.0f);
                          const T* from = in + (row / out_height * height + rows.start(place)) * line;
                          for (int64_t k = 0; k < rows.count(place); ++k, from += line) {
                            const float weight = rows.weights(place)[k];
                            for (int64_t i = 0; i < line; ++i) sum[i] += weight * static_cast<float>(Widen(from[i]));
                          }
                          float* to = out + row * out_width * channels;
                          for (int64_t x = 0; x < out_width; ++x, to += channels) {
                            std::fill_n(to, channels, 0.0f);
                            const float* pixel = sum + columns.start(x) * channels;
                            for (int64_t k = 0; k < columns.count(x); ++k, pixel += channels) {
                              const float weight = columns.weights(x)[k];
                              for (int64_t i = 0; i < channels; ++i) to[i] += weight * pixel[i];
                            }
                          }
                        }
                      });
      });
  return Status();
}

Status RunGrad(RunContext& c) {
  const Tensor& grads = c.input(0);
  const Shape& shape = c.output(0).shape();
  Spans rows, columns;
  RIVULET_RETURN_IF_ERROR(MakeBoth(c, shape, grads.shape(), &rows, &columns));
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t width = shape[2], channels = shape[3], height = grads.dim(1), image_size = shape[1] * width * channels;
  const int64_t line = width * channels;
  RIVULET_ASSIGN_OR_RETURN(Tensor scattered, Tensor::Allocate(DType::kFloat, {shape[0], line}, c.allocator()));
  c.ParallelFor(shape[0], 1, [&](int64_t begin, int64_t end) {
    const float* grad = grads.data<float>() + begin * height * grads.dim(2) * channels;
    for (int64_t n = begin; n < end; ++n) {
      float* image = c.output(0).data<float>() + n * image_size;
      std::fill_n(image, image_size, 0.0f);
      for (int64_t y = 0; y < height; ++y) {
        float* sum = scattered.data<float>() + n * line;
        std::fill_n(sum, line, 0.0f);
        for (int64_t x = 0; x < grads.dim(2); ++x, grad += channels) {
          float* pixel = sum + columns.start(x) * channels;
          for (int64_t k = 0; k < columns.count(x); ++k, pixel += channels) {
            const float weight = columns.weights(x)[k];
            for (int64_t i = 0; i < channels; ++i) pixel[i] += weight * grad[i];
          }
        }
        float* to = image + rows.start(y) * line;
        for (int64_t k = 0; k < rows.count(y); ++k, to += line) {
          const float weight = rows.weights(y)[k];
          for (int64_t i = 0; i < line; ++i) to[i] += weight * sum[i];
        }
      }
    }
  });
  return Status();
}

#define RIVULET_KERNEL_ATTRS "kernel_type:string=\"lanczos3\"; antialias:bool=true"
constexpr OpDef kDefs[] = {
    {.name = "ScaleAndTranslate",
     .inputs = "images:T, size:i32, scale:f32, translation:f32",
     .outputs = "resized_images:f32",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16}; " RIVULET_KERNEL_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
    {.name = "ScaleAndTranslateGrad",
     .inputs = "grads:T, original_image:T, scale:f32, translation:f32",
     .outputs = "output:T",
     .attrs = "T:type in {f32}; " RIVULET_KERNEL_ATTRS,
     .infer = InferGrad,
     .prepare = Prepare,
     .run = RunGrad},
};
#undef RIVULET_KERNEL_ATTRS

}  // namespace

RIVULET_OP_LIST(ScaleAndTranslate, kDefs);

}  // namespace rivulet

#include "engine/ops/scale_spans.h"

#include <cmath>
#include <limits>

namespace rivulet {
namespace {

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

constexpr ScaleKernel kKernels[] = {
    {"lanczos1", 1, Lanczos},
    {"lanczos3", 3, Lanczos},
    {"lanczos5", 5, Lanczos},
    {"gaussian", 1.5f, Gaussian},
    {"box", 1, Box},
    {"triangle", 1, Triangle},
    {"keyscubic", 2, KeysCubic},
    {"mitchellcubic", 2, MitchellCubic},
};

}  // namespace

const ScaleKernel* FindScaleKernel(std::string_view name) {
  for (const ScaleKernel& kernel : kKernels) {
    if (name == kernel.name) return &kernel;
  }
  return nullptr;
}

Status ScaleSpans::Make(const ScaleKernel& kernel, bool antialias, int64_t in, int64_t out, float scale, float shift,
                        Allocator& allocator) {
  const auto inverse = static_cast<float>(1.0 / static_cast<double>(scale));
  const float inverse_shift = -inverse * shift;
  const float stretch = antialias ? std::max(inverse, 1.0f) : 1.0f;
  const float reach = kernel.radius * stretch;
  const double widest = 2 * std::ceil(static_cast<double>(reach)) + 1;
  stride_ = widest < static_cast<double>(in) ? static_cast<int64_t>(widest) : in;
  in_ = in;
  out_ = out;
  RIVULET_ASSIGN_OR_RETURN(starts_, Tensor::Allocate(DType::kInt64, {out}, allocator));
  RIVULET_ASSIGN_OR_RETURN(weights_, Tensor::Allocate(DType::kFloat, {out, stride_}, allocator));
  auto* starts = starts_.data<int64_t>();
  std::fill_n(starts, out, int64_t{0});
  std::fill_n(weights_.data<float>(), out * stride_, 0.0f);
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
    const float whole = std::fabs(sum) < 1000.0f * std::numeric_limits<float>::min() ? 0 : 1.0f / sum;
    for (int64_t k = first; k <= last; ++k) weight[k - first] *= whole;
    starts[i] = first;
  }
  return Status();
}

Result<ScaleSpans> ScaleSpans::Turned(Allocator& allocator) const {
  ScaleSpans turned;
  turned.in_ = out_;
  turned.out_ = in_;
  RIVULET_ASSIGN_OR_RETURN(turned.starts_, Tensor::Allocate(DType::kInt64, {in_}, allocator));
  RIVULET_ASSIGN_OR_RETURN(Tensor ends, Tensor::Allocate(DType::kInt64, {in_}, allocator));
  auto* begin = turned.starts_.data<int64_t>();
  auto* end = ends.data<int64_t>();
  std::fill_n(begin, in_, int64_t{0});
  std::fill_n(end, in_, int64_t{0});
  const auto for_each = [&](const auto& visit) {
    for (int64_t place = 0; place < out_; ++place) {
      for (int64_t k = 0; k < count(place); ++k) {
        if (weights(place)[k] != 0) visit(start(place) + k, place, weights(place)[k]);
      }
    }
  };
  for_each([&](int64_t pixel, int64_t place, float) {
    if (end[pixel] == 0) begin[pixel] = place;
    end[pixel] = place + 1;
    turned.stride_ = std::max(turned.stride_, end[pixel] - begin[pixel]);
  });
  RIVULET_ASSIGN_OR_RETURN(turned.weights_, Tensor::Allocate(DType::kFloat, {in_, turned.stride_}, allocator));
  auto* weight = turned.weights_.data<float>();
  std::fill_n(weight, in_ * turned.stride_, 0.0f);
  for_each([&](int64_t pixel, int64_t place, float w) { weight[pixel * turned.stride_ + place - begin[pixel]] = w; });
  return turned;
}

}  // namespace rivulet

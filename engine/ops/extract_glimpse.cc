// ExtractGlimpse, ExtractGlimpseV2: windows of images, around given places.
//
//   input [batch, height, width, depth] of float32, size [2]: the window's height and width, offsets [batch, 2]: y, x
//   -> [batch, size[0], size[1], depth]
//
// Where a window sticks out of its image, the noise is there: zeros, or numbers between the image's smallest and
// largest ("uniform"), or normal ones with the channel's mean and deviation ("gaussian"), from seeds of the system as
// in TensorFlow. V1 takes half the window off every place, V2 only where places are normalized and centered.
#include <algorithm>
#include <cmath>
#include <random>

#include "engine/kernels/philox.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

enum class Noise { kZero, kUniform, kGaussian };

struct State : OpState {
  bool centered = true;
  bool normalized = true;
  bool first_version = true;
  Noise noise = Noise::kUniform;
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 2));
  const Shape& input = c.shape(0);
  const Shape& offsets = c.shape(2);
  if (c.shape(1).complete() && c.shape(1)[0] != 2) return InvalidArgument("size: want 2 elements, got ", c.shape(1)[0]);
  Shape out = Shape::OfUnknownDims(4);
  if (input.has_rank()) {
    out.set_dim(0, input[0]);
    out.set_dim(3, input[3]);
  }
  if (offsets.has_rank()) {
    if (offsets[1] >= 0 && offsets[1] != 2) return InvalidArgument("offsets: want shape [batch,2], got ", offsets);
    if (offsets[0] >= 0) {
      if (out[0] >= 0 && out[0] != offsets[0]) {
        return InvalidArgument("offsets: want one row for each of ", out[0], " images, got ", offsets[0]);
      }
      out.set_dim(0, offsets[0]);
    }
  }
  if (c.known(1)) {
    const std::vector<int64_t> size = c.ints(1);
    for (int i = 0; i < 2; ++i) {
      const int64_t extent = size[static_cast<size_t>(i)];
      if (extent < 0) return InvalidArgument("size: want extents of at least 0, got ", extent);
      out.set_dim(i + 1, extent);
    }
  }
  const std::string noise = c.attrs().Str("noise");
  if (noise != "uniform" && noise != "gaussian" && noise != "zero") {
    return InvalidArgument("noise: want uniform, gaussian or zero, got ", Quoted(noise));
  }
  if (c.attrs().Bool("uniform_noise") && noise != "uniform") {
    return InvalidArgument("noise: want 'uniform' where uniform_noise is set, got ", Quoted(noise));
  }
  c.set_output(0, std::move(out));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->centered = c.attrs().Bool("centered");
  state->normalized = c.attrs().Bool("normalized");
  state->first_version = c.node().op == "ExtractGlimpse";
  const std::string noise = c.attrs().Str("noise");
  if (noise == "zero") state->noise = Noise::kZero;
  if (noise == "gaussian") state->noise = Noise::kGaussian;
  return std::unique_ptr<OpState>(std::move(state));
}

// The first pixel of a window along one axis; rounded to zero. Places without number are far outside.
int64_t FirstPixel(const State& state, float place, int64_t image, int64_t window) {
  const auto extent = static_cast<float>(image);
  const float half_window = static_cast<float>(window) / 2.0f;
  if (state.first_version) {
    if (state.normalized) place *= extent;
    if (state.centered) place = place / 2.0f + extent / 2.0f;
    place -= half_window;
  } else if (state.normalized) {
    place *= extent;
    if (state.centered) place = place / 2.0f + extent / 2.0f - half_window;
  } else if (state.centered) {
    place += extent / 2.0f;
  }
  return place == place ? static_cast<int64_t>(std::clamp(place, -4e9f, 4e9f)) : -4000000000;
}

void FillNoise(Noise noise, const float* image, int64_t pixels, int64_t depth, float* out, int64_t count) {
  if (noise == Noise::kZero || pixels * depth == 0) {
    std::fill_n(out, count * depth, 0.0f);
    return;
  }
  std::random_device device;
  PhiloxWords words(Philox::FromSeeds(Philox::Join(device(), device()), Philox::Join(device(), device())));
  if (noise == Noise::kUniform) {
    const auto [low, high] = std::minmax_element(image, image + pixels * depth);
    for (int64_t i = 0; i < count * depth; ++i) out[i] = *low + UniformFloat(words.Next()) * (*high - *low);
    return;
  }
  for (int64_t k = 0; k < depth; ++k) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < pixels; ++i) {
      const auto v = static_cast<double>(image[i * depth + k]);
      sum += v;
      squares += v * v;
    }
    const double mean = sum / static_cast<double>(pixels);
    const double deviation = std::sqrt(std::max(squares / static_cast<double>(pixels) - mean * mean, 0.0));
    for (int64_t i = 0; i < count; ++i) {
      const uint32_t a = words.Next();
      out[i * depth + k] = static_cast<float>(mean + deviation * static_cast<double>(NormalFloats(a, words.Next())[0]));
    }
  }
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& input = c.input(0);
  const Tensor& out = c.output(0);
  if (out.num_elements() == 0) return Status();
  const int64_t height = input.dim(1), width = input.dim(2), depth = input.dim(3);
  const int64_t rows = out.dim(1), columns = out.dim(2);
  c.ParallelFor(out.dim(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const float* image = input.data<float>() + n * height * width * depth;
      float* window = c.output(0).data<float>() + n * rows * columns * depth;
      const float* place = c.input(2).data<float>() + n * 2;
      const int64_t y = FirstPixel(state, place[0], height, rows), x = FirstPixel(state, place[1], width, columns);
      const int64_t top = std::max<int64_t>(y, 0), bottom = std::min(y + rows, height);
      const int64_t left = std::max<int64_t>(x, 0), right = std::min(x + columns, width);
      if (y < 0 || x < 0 || y + rows > height || x + columns > width) {
        FillNoise(state.noise, image, height * width, depth, window, rows * columns);
      }
      for (int64_t row = top; row < bottom && left < right; ++row) {
        std::copy_n(image + (row * width + left) * depth, (right - left) * depth,
                    window + ((row - y) * columns + left - x) * depth);
      }
    }
  });
  return Status();
}

#define RIVULET_GLIMPSE "centered:bool=true; normalized:bool=true; uniform_noise:bool=true; noise:string=\"uniform\""
constexpr OpDef kDefs[] = {
    {.name = "ExtractGlimpse",
     .inputs = "input:f32, size:i32, offsets:f32",
     .outputs = "glimpse:f32",
     .attrs = RIVULET_GLIMPSE,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
    {.name = "ExtractGlimpseV2",
     .inputs = "input:f32, size:i32, offsets:f32",
     .outputs = "glimpse:f32",
     .attrs = RIVULET_GLIMPSE,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};
#undef RIVULET_GLIMPSE

}  // namespace

RIVULET_OP_LIST(ExtractGlimpse, kDefs);

}  // namespace rivulet

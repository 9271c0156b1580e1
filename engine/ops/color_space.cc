// RGBToHSV, HSVToRGB: colours with components in the last dim, which is 3. AdjustContrastv2: every channel of every
// image stretched about its mean. AdjustContrast: the same for any type, limited to a range.
//
//   images [.., 3] of T -> [.., 3];  images [.., height, width, channels] of float32 (AdjustContrast: T, to float32),
//   contrast_factor scalar, (AdjustContrast: min_value, max_value scalars) -> like images
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Status InferColor(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  Shape out = c.shape(0);
  if (out.has_rank()) {
    const int64_t last = out[out.rank() - 1];
    if (last >= 0 && last != 3) return InvalidArgument("images: want 3 components in the last dim, got ", last);
    out.set_dim(out.rank() - 1, 3);
  }
  c.set_output(0, std::move(out));
  return Status();
}

template <typename T>
void ToHsv(const T* rgb, T* hsv) {
  const T r = rgb[0], g = rgb[1], b = rgb[2];
  // Beside a NaN the later one, as in TensorFlow.
  const auto greater = [](T x, T y) { return x > y ? x : y; };
  const auto lesser = [](T x, T y) { return x < y ? x : y; };
  const T value = greater(greater(r, g), b);
  const T range = value - lesser(lesser(r, g), b);
  const T norm = T(1) / (T(6) * range);
  T hue = 0;
  if (range > 0) {
    hue = r == value ? norm * (g - b) : g == value ? norm * (b - r) + T(2) / T(6) : norm * (r - g) + T(4) / T(6);
    if (hue < 0) hue += T(1);
  }
  hsv[0] = hue;
  hsv[1] = value > 0 ? range / value : T(0);
  hsv[2] = value;
}

template <typename T>
void ToRgb(const T* hsv, T* rgb) {
  const T h = hsv[0] * T(6), s = hsv[1], v = hsv[2];
  const auto limit = [](T x) { return std::min(std::max(x, T(0)), T(1)); };
  const T part[3] = {limit(std::abs(h - T(3)) - T(1)), limit(T(2) - std::abs(h - T(2))),
                     limit(T(2) - std::abs(h - T(4)))};
  for (int i = 0; i < 3; ++i) rgb[i] = ((T(1) - s) + s * part[i]) * v;
}

template <typename T, void (*kTurn)(const Wide<T>* in, Wide<T>* out)>
void TurnPixels(const void* from, int64_t begin, int64_t end, void* to) {
  const T* x = static_cast<const T*>(from);
  T* y = static_cast<T*>(to);
  for (int64_t i = begin * 3; i < end * 3; i += 3) {
    const Wide<T> in[3] = {Widen(x[i]), Widen(x[i + 1]), Widen(x[i + 2])};
    Wide<T> out[3];
    kTurn(in, out);
    for (int k = 0; k < 3; ++k) y[i + k] = T(out[k]);
  }
}

Status RunColor(RunContext& c, bool to_hsv) {
  void (*turn)(const void* from, int64_t begin, int64_t end, void* to) = nullptr;
  VisitLoops<kWidenHalves, float, double, Half, BFloat16>(c.output(0).dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    turn = to_hsv ? TurnPixels<T, ToHsv<Wide<T>>> : TurnPixels<T, ToRgb<Wide<T>>>;
  });
  if (turn == nullptr) return Status();
  c.ParallelFor(c.output(0).num_elements() / 3, 1 << 11,
                [&](int64_t begin, int64_t end) { turn(c.input(0).raw(), begin, end, c.output(0).raw()); });
  return Status();
}

Status InferContrast(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 3));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, c.shape(0));
  return Status();
}

Status InferOldContrast(InferContext& c) {
  for (int i = 1; i < 4; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  return InferContrast(c);
}

struct Stretch {
  float factor;
  float low;
  float high;
};

// A channel of an image: `area` elements, `stride` apart.
template <typename T>
void StretchChannel(const Stretch& stretch, const void* from, int64_t area, int64_t stride, float* y) {
  const T* x = static_cast<const T*>(from);
  double sum = 0;
  for (int64_t i = 0; i < area; ++i) sum += static_cast<double>(x[i * stride]);
  const auto mean = static_cast<float>(sum / static_cast<double>(area));
  for (int64_t i = 0; i < area; ++i) {
    const float v = (static_cast<float>(x[i * stride]) - mean) * stretch.factor + mean;
    const float below = v > stretch.high ? stretch.high : v;
    y[i * stride] = below < stretch.low ? stretch.low : below;  // also where low > high
  }
}

Status RunContrast(RunContext& c, bool limited) {
  if (c.output(0).num_elements() == 0) return Status();
  const Tensor& images = c.input(0);
  void (*channel)(const Stretch& stretch, const void* from, int64_t area, int64_t stride, float* y) = nullptr;
  VisitLoops<kWidenShorts, float, double, int8_t, uint8_t, int16_t, int32_t>(
      images.dtype(), [&](auto tag) { channel = StretchChannel<typename decltype(tag)::Type>; });
  if (channel == nullptr) return Status();
  Stretch stretch{*c.input(1).data<float>(), -kInfinity, kInfinity};
  if (limited) {
    stretch.low = *c.input(2).data<float>();
    stretch.high = *c.input(3).data<float>();
  }
  const int rank = images.rank();
  const int64_t channels = images.dim(rank - 1), area = images.dim(rank - 2) * images.dim(rank - 3);
  const int64_t lines = images.num_elements() / area;
  c.ParallelFor(lines, std::max<int64_t>((1 << 14) / area, 1), [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t at = line / channels * area * channels + line % channels;
      channel(stretch, ElementAt(images.raw(), images.dtype(), at), area, channels, c.output(0).data<float>() + at);
    }
  });
  return Status();
}

#define RIVULET_FLOATS "T:type=f32 in {f16,bf16,f32,f64}"

constexpr OpDef kDefs[] = {
    {.name = "RGBToHSV",
     .inputs = "images:T",
     .outputs = "output:T",
     .attrs = RIVULET_FLOATS,
     .infer = InferColor,
     .run = kWidened<With<RunColor, true>, kWidenHalves>},
    {.name = "HSVToRGB",
     .inputs = "images:T",
     .outputs = "output:T",
     .attrs = RIVULET_FLOATS,
     .infer = InferColor,
     .run = kWidened<With<RunColor, false>, kWidenHalves>},
    {.name = "AdjustContrastv2",
     .inputs = "images:T, contrast_factor:f32",
     .outputs = "output:T",
     .attrs = "T:type=f32 in {f32}",
     .infer = InferContrast,
     .run = With<RunContrast, false>},
    {.name = "AdjustContrast",
     .inputs = "images:T, contrast_factor:f32, min_value:f32, max_value:f32",
     .outputs = "output:f32",
     .attrs = "T:type in {u8,i8,i16,i32,f32,f64}",
     .infer = InferOldContrast,
     .run = kWidened<With<RunContrast, true>, kWidenShorts>},
};

}  // namespace

RIVULET_OP_LIST(ColorSpace, kDefs);

}  // namespace rivulet

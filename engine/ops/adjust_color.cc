// AdjustHue, AdjustSaturation: the colours of an image turned around the colour circle, or made stronger or weaker.
//
//   images [.., 3] of float32, delta or scale scalar -> like images
//
// Hue: delta is a part of the whole circle. Saturation: multiplied by scale and limited to [0, 1].
#include <algorithm>
#include <cmath>

#include "engine/ops/op.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 3));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  const Shape& images = c.shape(0);
  if (images.has_rank()) {
    const int64_t last = images[images.rank() - 1];
    if (last >= 0 && last != 3) return InvalidArgument("images: want 3 components in the last dim, got ", last);
  }
  c.set_output(0, images);
  return Status();
}

// Which components are the largest, the middle and the smallest one in each sixth of the circle. From one sixth to the
// next the middle one rises in the even ones and falls in the odd ones.
constexpr int kOrder[6][3] = {{0, 1, 2}, {1, 0, 2}, {1, 2, 0}, {2, 1, 0}, {2, 0, 1}, {0, 2, 1}};

int SixthOf(const float* rgb) {
  const float r = rgb[0], g = rgb[1], b = rgb[2];
  if (r < g) return b < r ? 1 : b > g ? 3 : 2;
  return b < g ? 0 : b > r ? 4 : 5;
}

// `turn` is in sixths of the circle.
void TurnHue(const float* rgb, float turn, float* out) {
  const int sixth = SixthOf(rgb);
  const float high = rgb[kOrder[sixth][0]], middle = rgb[kOrder[sixth][1]], low = rgb[kOrder[sixth][2]];
  float hue = 0;
  if (high != low) {
    const float part = (middle - low) / (high - low);
    hue = static_cast<float>(sixth) + (sixth % 2 == 0 ? part : 1 - part);
  }
  hue = std::fmod(hue + turn, 6.0f);
  if (hue < 0) hue += 6.0f;
  if (!(hue < 6)) hue = hue >= 6 ? 0 : hue;  // -1e-9 + 6 is 6
  const int to = hue == hue ? static_cast<int>(hue) : 5;
  float part = hue - static_cast<float>(to);
  if (to % 2 == 1) part = 1 - part;
  out[kOrder[to][0]] = high;
  out[kOrder[to][1]] = low + part * (high - low);
  out[kOrder[to][2]] = low;
}

void ScaleSaturation(const float* rgb, float scale, float* out) {
  const float r = rgb[0], g = rgb[1], b = rgb[2];
  const float value = std::max(r, std::max(g, b));
  const float range = value - std::min(r, std::min(g, b));
  float saturation = value > 0 ? range / value : 0;
  float hue = 0;
  if (range > 0) {
    const float norm = 1.0f / (6.0f * range);
    hue = r == value ? norm * (g - b) : g == value ? norm * (b - r) + 2.0f / 6.0f : norm * (r - g) + 4.0f / 6.0f;
    if (hue < 0) hue += 1;
  }
  saturation = std::min(1.0f, std::max(0.0f, saturation * scale));
  const float chroma = saturation * value;
  const float rest = value - chroma;
  const float turn = hue * 6.0f;
  // The middle component: a saw-tooth of period 2.
  const float middle = chroma * (1 - std::fabs(turn - 2 * std::floor(turn / 2) - 1));
  const int sixth = turn >= 0 && turn < 6 ? static_cast<int>(turn) : -1;
  float part[3] = {0, 0, 0};
  if (sixth >= 0) {
    part[kOrder[sixth][0]] = chroma;
    part[kOrder[sixth][1]] = middle;
  }
  for (int k = 0; k < 3; ++k) out[k] = part[k] + rest;
}

template <void (*kAdjust)(const float* rgb, float amount, float* out)>
void AdjustPixels(const float* x, int64_t begin, int64_t end, float amount, float* y) {
  for (int64_t i = begin * 3; i < end * 3; i += 3) {
    const float rgb[3] = {x[i], x[i + 1], x[i + 2]};
    kAdjust(rgb, amount, y + i);
  }
}

Status Run(RunContext& c, bool hue) {
  const float given = c.input(1).data<float>()[0];
  const float amount = hue ? std::fmod(given, 1.0f) * 6.0f : given;
  const auto adjust = hue ? AdjustPixels<TurnHue> : AdjustPixels<ScaleSaturation>;
  c.ParallelFor(c.output(0).num_elements() / 3, 1 << 11, [&](int64_t begin, int64_t end) {
    adjust(c.input(0).data<float>(), begin, end, amount, c.output(0).data<float>());
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "AdjustHue",
     .inputs = "images:T, delta:f32",
     .outputs = "output:T",
     .attrs = "T:type=f32 in {f32}",
     .infer = Infer,
     .run = With<Run, true>},
    {.name = "AdjustSaturation",
     .inputs = "images:T, scale:f32",
     .outputs = "output:T",
     .attrs = "T:type=f32 in {f32}",
     .infer = Infer,
     .run = With<Run, false>},
};

}  // namespace

RIVULET_OP_LIST(AdjustColor, kDefs);

}  // namespace rivulet

// QuantizedResizeBilinear: ResizeBilinear of codes, which keep their range.
//
//   images [batch, height, width, channels] of T, size [2], min, max -> resized of T, min, max
//
// Codes of quint8 are mixed with weights of 7 bits, those of qint32, first rounded to float, in
// double; one half is added and the rest cut off. Unlike ResizeBilinear takes align_corners and half_pixel_centers
// together.
#include <cstring>

#include "engine/base/checked.h"
#include "engine/kernels/mix_bytes.h"
#include "engine/ops/quantized.h"
#include "engine/ops/resize_shape.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantScalars(c, 2, 2));
  RIVULET_RETURN_IF_ERROR(InferResize(c, 1, false, false));
  c.set_output(1, {});
  c.set_output(2, {});
  return Status();
}

struct Mix {
  int64_t lower;
  int64_t upper;
  float part;  // of upper
};

Mix MixAt(const ResizeAxis& axis, int64_t out) {
  const float at = axis.At(out);
  const float floor = std::floor(at);
  return {axis.Clamp(static_cast<int64_t>(floor)), axis.Clamp(static_cast<int64_t>(std::ceil(at))), at - floor};
}

int32_t Blend(int32_t a, int32_t b, int32_t c, int32_t d, float x, float y) {
  const auto mix = [](double from, double to, float part) { return from + (to - from) * static_cast<double>(part); };
  const auto rough = [](int32_t code) { return static_cast<double>(static_cast<float>(code)); };
  return Saturate<int32_t>(mix(mix(rough(a), rough(b), x), mix(rough(c), rough(d), x), y) + 0.5);
}

float Blend(float a, float b, float c, float d, float x, float y) {
  const float top = a + (b - a) * x, bottom = c + (d - c) * x;
  return top + (bottom - top) * y;
}

// Codes of 8 bits: two rows are mixed first, then columns of that, which gives the same since nothing is rounded before
// the end.
Status ResizeBytes(RunContext& c) {
  const auto& state = c.state<ResizeState>();
  const Tensor& images = c.input(0);
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = c.output(0).dim(1), out_width = c.output(0).dim(2);
  const ResizeAxis rows(height, out_height, state.align_corners, state.half_pixel_centers);
  const ResizeAxis columns(width, out_width, state.align_corners, state.half_pixel_centers);
  const auto* in = static_cast<const uint8_t*>(images.raw());
  auto* out = static_cast<uint8_t*>(c.output(0).raw());
  const CheckedSize pairs_bytes = CheckedSize(out_width) * int64_t{sizeof(MixBytePair)};
  const CheckedSize bytes =
      pairs_bytes + CheckedSize(width * channels) * c.pool().num_threads() * int64_t{sizeof(uint16_t)};
  if (!bytes.valid()) return ResourceExhausted("images of shape ", images.shape(), " are too large");
  RIVULET_ASSIGN_OR_RETURN(void* memory, c.Scratch(static_cast<size_t>(bytes.value())));
  auto* pairs = static_cast<MixBytePair*>(memory);
  const auto weight = [](float part) { return static_cast<int32_t>(part * kWholeByteWeight); };
  for (int64_t i = 0; i < out_width; ++i) {
    const Mix x = MixAt(columns, i);
    pairs[i] = {x.lower * channels, x.upper * channels, weight(x.part)};
  }
  auto* rows_memory = reinterpret_cast<uint16_t*>(pairs + out_width);
  const int64_t grain = ResizeGrain(out_width * channels);
  c.pool().ParallelFor(images.dim(0) * out_height, grain, c.stop(), [&](int64_t begin, int64_t end, int thread) {
    uint16_t* mixed = rows_memory + thread * width * channels;
    for (int64_t row = begin; row < end; ++row) {
      const Mix y = MixAt(rows, row % out_height);
      const uint8_t* image = in + row / out_height * height * width * channels;
      MixByteRows(image + y.lower * width * channels, image + y.upper * width * channels, width * channels,
                  weight(y.part), mixed);
      MixBytePairs(mixed, pairs, out_width, channels, out + row * out_width * channels);
    }
  });
  return Status();
}

template <typename T>
void Resize(RunContext& c) {
  const auto& state = c.state<ResizeState>();
  const Tensor& images = c.input(0);
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = c.output(0).dim(1), out_width = c.output(0).dim(2);
  const ResizeAxis rows(height, out_height, state.align_corners, state.half_pixel_centers);
  const ResizeAxis columns(width, out_width, state.align_corners, state.half_pixel_centers);
  const T* in = static_cast<const T*>(images.raw());
  T* out = static_cast<T*>(c.output(0).raw());
  c.ParallelFor(images.dim(0) * out_height, ResizeGrain(out_width * channels), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Mix y = MixAt(rows, row % out_height);
      const T* image = in + row / out_height * height * width * channels;
      const T* top = image + y.lower * width * channels;
      const T* bottom = image + y.upper * width * channels;
      T* to = out + row * out_width * channels;
      for (int64_t i = 0; i < out_width; ++i) {
        const Mix x = MixAt(columns, i);
        const int64_t left = x.lower * channels, right = x.upper * channels;
        for (int64_t k = 0; k < channels; ++k) {
          *to++ = Blend(top[left + k], top[right + k], bottom[left + k], bottom[right + k], x.part, y.part);
        }
      }
    }
  });
}

Status Run(RunContext& c) {
  Range range;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 2, 3, false, &range));
  WriteRange(c, 1, range);
  if (c.output(0).num_elements() == 0) return Status();
  if (c.input(0).shape() == c.output(0).shape()) {
    std::memcpy(c.output(0).raw(), c.input(0).raw(), c.output(0).bytes());
    return Status();
  }
  switch (c.output(0).dtype()) {
    case DType::kQuint8: return ResizeBytes(c);
    case DType::kQint32: Resize<int32_t>(c); break;
    default: Resize<float>(c); break;
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "QuantizedResizeBilinear",
     .inputs = "images:T, size:i32, min:f32, max:f32",
     .outputs = "resized_images:T, out_min:f32, out_max:f32",
     .attrs = "T:type in {qu8,qi32,f32}; align_corners:bool=false; half_pixel_centers:bool=false",
     .infer = Infer,
     .prepare = PrepareResize,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(QuantizedResizeBilinear, kDefs);

}  // namespace rivulet

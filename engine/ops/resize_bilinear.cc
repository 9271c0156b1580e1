// ResizeBilinear: each output pixel is mixed from the four input pixels around its place.
//
//   images [batch, height, width, channels] of T, size [2] -> [batch, size[0], size[1], channels] of float32
#include "engine/ops/number.h"
#include "engine/ops/resize_shape.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  return InferResize(c, 1, c.attrs().Bool("align_corners"), c.attrs().Bool("half_pixel_centers"));
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

// Mixes of input columns for a stretch of output columns, kept for the two input rows that the next output row most
// likely lies between: where a picture grows, most of them are asked for again.
template <typename T>
class MixedRows {
 public:
  static constexpr int64_t kFloats = 1024;  // of a stretch, unless one pixel has more channels

  MixedRows(const Mix* columns, int64_t count, int64_t channels, int64_t first_channel, int64_t end_channel)
      : columns_(columns), count_(count), channels_(channels), first_(first_channel), end_(end_channel) {}

  // The mixes along input row `row`; the one of `other`, if it is there, stays.
  const float* Of(const T* row, const T* other) {
    for (const Kept& kept : kept_) {
      if (kept.row == row) return kept.values;
    }
    Kept& kept = kept_[kept_[0].row == other ? 1 : 0];
    kept.row = row;
    float* to = kept.values;
    for (int64_t i = 0; i < count_; ++i) {
      const T* left = row + columns_[i].lower * channels_;
      const T* right = row + columns_[i].upper * channels_;
      const float part = columns_[i].part;
      for (int64_t k = first_; k < end_; ++k) {
        const float a = static_cast<float>(Widen(left[k]));
        *to++ = a + (static_cast<float>(Widen(right[k])) - a) * part;
      }
    }
    return kept.values;
  }

 private:
  struct Kept {
    const T* row = nullptr;
    float values[kFloats];
  };
  const Mix* columns_;
  int64_t count_, channels_, first_, end_;
  Kept kept_[2];
};

template <typename T>
void Resize(RunContext& c, const ResizeState& state, const Mix* columns) {
  const Tensor& images = c.input(0);
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = c.output(0).dim(1), out_width = c.output(0).dim(2);
  const ResizeAxis axis(height, out_height, state.align_corners, state.half_pixel_centers);
  const T* in = static_cast<const T*>(images.raw());
  float* out = c.output(0).data<float>();
  // A stretch is some whole pixels, or some channels of one.
  const int64_t depth = std::min(channels, MixedRows<T>::kFloats);
  const int64_t stretch = MixedRows<T>::kFloats / depth;
  c.ParallelFor(images.dim(0) * out_height, ResizeGrain(out_width * channels), [&](int64_t begin, int64_t end) {
    for (int64_t first = 0; first < out_width; first += stretch) {
      for (int64_t channel = 0; channel < channels; channel += depth) {
        const int64_t count = std::min(stretch, out_width - first);
        const int64_t end_channel = std::min(channel + depth, channels);
        MixedRows<T> mixed(columns + first, count, channels, channel, end_channel);
        for (int64_t row = begin; row < end; ++row) {
          const Mix y = MixAt(axis, row % out_height);
          const T* image = in + row / out_height * height * width * channels;
          const T* top = image + y.lower * width * channels;
          const T* bottom = image + y.upper * width * channels;
          const float* upper = mixed.Of(top, bottom);
          const float* lower = mixed.Of(bottom, top);
          float* to = out + (row * out_width + first) * channels + channel;
          for (int64_t i = 0; i < count * (end_channel - channel); ++i)
            to[i] = upper[i] + (lower[i] - upper[i]) * y.part;
        }
      }
    }
  });
}

template <typename T>
void Convert(RunContext& c) {
  const T* in = static_cast<const T*>(c.input(0).raw());
  float* out = c.output(0).data<float>();
  c.ParallelFor(c.output(0).num_elements(), 1 << 15, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[i] = static_cast<float>(Widen(in[i]));
  });
}

Status Run(RunContext& c) {
  const auto& state = c.state<ResizeState>();
  const Tensor& images = c.input(0);
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t out_width = c.output(0).dim(2);
  // Infinities survive only where nothing is mixed.
  const bool same = images.shape() == c.output(0).shape();
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(out_width) * sizeof(Mix)));
  auto* columns = static_cast<Mix*>(scratch);
  const ResizeAxis axis(images.dim(2), out_width, state.align_corners, state.half_pixel_centers);
  for (int64_t i = 0; i < out_width; ++i) columns[i] = MixAt(axis, i);
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(
      images.dtype(), [&](auto tag) {
        using T = typename decltype(tag)::Type;
        same ? Convert<T>(c) : Resize<T>(c, state, columns);
      });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ResizeBilinear",
     .inputs = "images:T, size:i32",
     .outputs = "resized_images:f32",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16}; align_corners:bool=false; "
              "half_pixel_centers:bool=false",
     .infer = Infer,
     .prepare = PrepareResize,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ResizeBilinear, kDefs);

}  // namespace rivulet

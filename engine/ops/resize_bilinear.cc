// ResizeBilinear: each output pixel is mixed from the four input pixels around its place.
//
//   images [batch, height, width, channels] of T, size [2] -> [batch, size[0], size[1], channels] of float32
#include "engine/kernels/mix_rows.h"
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

// Some output columns, and some channels of `channels`.
struct Stretch {
  const Mix* columns;
  int64_t count;
  int64_t channels;
  int64_t first_channel, end_channel;
};

// The mixes along the input row that begins at element `first`.
template <typename T>
void MixRow(const Tensor& images, int64_t first, const Stretch& s, float* to) {
  const T* row = static_cast<const T*>(images.raw()) + first;
  for (int64_t i = 0; i < s.count; ++i) {
    const T* left = row + s.columns[i].lower * s.channels;
    const T* right = row + s.columns[i].upper * s.channels;
    const float part = s.columns[i].part;
    for (int64_t k = s.first_channel; k < s.end_channel; ++k) {
      const float a = static_cast<float>(Widen(left[k]));
      *to++ = a + (static_cast<float>(Widen(right[k])) - a) * part;
    }
  }
}
using MixRowOf = decltype(&MixRow<float>);

// The same of floats, whose channels are mixed by vectors.
void MixWideRow(const Tensor& images, int64_t first, const Stretch& s, float* to) {
  const float* row = static_cast<const float*>(images.raw()) + first + s.first_channel;
  const int64_t size = images.num_elements() - first - s.first_channel;  // what lies behind the row counts, too
  const int64_t depth = s.end_channel - s.first_channel;
  constexpr int64_t kPairs = 64;
  MixPair pairs[kPairs];
  for (int64_t done = 0; done < s.count; done += kPairs) {
    const int64_t count = std::min(kPairs, s.count - done);
    for (int64_t i = 0; i < count; ++i) {
      const Mix& mix = s.columns[done + i];
      pairs[i] = {mix.lower * s.channels, mix.upper * s.channels, mix.part};
    }
    MixPairs(row, size, pairs, count, depth, to + done * depth);
  }
}

template <typename T>
MixRowOf MixRowFor(int64_t channels) {
  constexpr int64_t kWide = 8;
  const bool pays = channels >= kWide || channels == 3 || channels == 4;
  return std::is_same_v<T, float> && pays ? MixWideRow : MixRow<T>;
}

// Mixes of input columns for a stretch of output columns, kept for the two input rows that the next output row most
// likely lies between: where a picture grows, most of them are asked for again.
class MixedRows {
 public:
  static constexpr int64_t kFloats = 4096;  // of a stretch, unless one pixel has more channels

  MixedRows(const Tensor& images, const Stretch& stretch, MixRowOf mix_row)
      : images_(images), stretch_(stretch), mix_row_(mix_row) {}

  // The mixes along the input row at element `row`; the one of `other`, if it is there, stays.
  const float* Of(int64_t row, int64_t other) {
    for (const Kept& kept : kept_) {
      if (kept.row == row) return kept.values;
    }
    Kept& kept = kept_[kept_[0].row == other ? 1 : 0];
    kept.row = row;
    mix_row_(images_, row, stretch_, kept.values);
    return kept.values;
  }

 private:
  struct Kept {
    int64_t row = -1;
    float values[kFloats];
  };
  const Tensor& images_;
  const Stretch stretch_;
  const MixRowOf mix_row_;
  Kept kept_[2];
};

void Resize(RunContext& c, const ResizeState& state, const Mix* columns, MixRowOf mix_row) {
  const Tensor& images = c.input(0);
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = c.output(0).dim(1), out_width = c.output(0).dim(2);
  const ResizeAxis axis(height, out_height, state.align_corners, state.half_pixel_centers);
  float* out = c.output(0).data<float>();
  // A stretch is some whole pixels, or some channels of one.
  const int64_t depth = std::min(channels, MixedRows::kFloats);
  const int64_t stretch = MixedRows::kFloats / depth;
  // A piece's first rows are mixed for it alone: there are some more.
  const int64_t grain = std::max(ResizeGrain(out_width * channels), 4 * out_height / height);
  c.ParallelFor(images.dim(0) * out_height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t first = 0; first < out_width; first += stretch) {
      for (int64_t channel = 0; channel < channels; channel += depth) {
        const int64_t count = std::min(stretch, out_width - first);
        const int64_t end_channel = std::min(channel + depth, channels);
        MixedRows mixed(images, {columns + first, count, channels, channel, end_channel}, mix_row);
        for (int64_t row = begin; row < end; ++row) {
          const Mix y = MixAt(axis, row % out_height);
          const int64_t image = row / out_height * height;
          const int64_t top = (image + y.lower) * width * channels;
          const int64_t bottom = (image + y.upper) * width * channels;
          const float* upper = mixed.Of(top, bottom);
          const float* lower = mixed.Of(bottom, top);
          float* to = out + (row * out_width + first) * channels + channel;
          MixRows(upper, lower, y.part, count * (end_channel - channel), to);
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
        same ? Convert<T>(c) : Resize(c, state, columns, MixRowFor<T>(images.dim(3)));
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

// ResizeArea: each output pixel is the mean of the input under its area.
//
//   images [batch, height, width, channels] of T, size [2] -> [batch, size[0], size[1], channels] of float32
//
// With align_corners the areas of the last pixels reach beyond the image, where its border is repeated.
#include <span>

#include "engine/ops/number.h"
#include "engine/ops/resize_shape.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) { return InferResize(c, 1, c.attrs().Bool("align_corners"), false); }

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<ResizeState>();
  state->align_corners = c.attrs().Bool("align_corners");
  return std::unique_ptr<OpState>(std::move(state));
}

// The input pixels [begin, end) that an output pixel covers, some in part. Not yet limited to the image.
struct Cover {
  float low;
  float high;
  int64_t begin;
  int64_t end;

  Cover(const ResizeAxis& axis, float scale, int64_t out)
      : low(static_cast<float>(out) * scale),
        high(static_cast<float>(out + 1) * scale),
        begin(static_cast<int64_t>(std::floor(low))),
        end(static_cast<int64_t>(std::ceil(high))) {
    // Rounding never makes an area larger than the image and its repeated border.
    end = std::min(end, begin + axis.in + 1);
  }
  float Part(int64_t i) const {
    const auto x = static_cast<float>(i);
    return std::min(x + 1, high) - std::max(x, low);
  }
};

// A line of one pixel is the same everywhere.
float Scale(const ResizeAxis& axis) { return axis.scale > 0 ? axis.scale : 1.0f; }

// Adds what a row of the input, weighted by `part`, gives to each pixel of an output row.
using AddLine = void (*)(const void* line, const ResizeAxis& axis, std::span<const Cover> covers, int64_t channels,
                         float part, float weight, float* to);

template <typename T>
void AddPixels(const void* line, const ResizeAxis& axis, std::span<const Cover> covers, int64_t channels, float part,
               float weight, float* to) {
  for (const Cover& x : covers) {
    for (int64_t h = x.begin; h < x.end; ++h) {
      const T* from = static_cast<const T*>(line) + axis.Clamp(h) * channels;
      const float both = part * x.Part(h) * weight;
      for (int64_t k = 0; k < channels; ++k) to[k] += static_cast<float>(Widen(from[k])) * both;
    }
    to += channels;
  }
}

Status Run(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  const Tensor& images = c.input(0);
  const DType dtype = images.dtype();
  AddLine add = nullptr;
  VisitLoops<kWidenImages, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(
      dtype, [&](auto tag) { add = AddPixels<typename decltype(tag)::Type>; });
  if (add == nullptr) return Status();
  const bool corners = c.state<ResizeState>().align_corners;
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = c.output(0).dim(1), out_width = c.output(0).dim(2);
  const ResizeAxis rows(height, out_height, corners, false), columns(width, out_width, corners, false);
  const float row_scale = Scale(rows), column_scale = Scale(columns);
  const float weight = 1.0f / (row_scale * column_scale);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(out_width) * sizeof(Cover)));
  const std::span covers(static_cast<Cover*>(scratch), static_cast<size_t>(out_width));
  for (int64_t i = 0; i < out_width; ++i) covers[static_cast<size_t>(i)] = Cover(columns, column_scale, i);
  const int64_t work = (width + out_width) * channels * (height / out_height + 1);
  c.ParallelFor(images.dim(0) * out_height, ResizeGrain(work), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Cover y(rows, row_scale, row % out_height);
      float* to = c.output(0).data<float>() + row * out_width * channels;
      std::fill_n(to, out_width * channels, 0.0f);
      for (int64_t v = y.begin; v < y.end; ++v) {
        const int64_t line = row / out_height * height + rows.Clamp(v);
        add(ElementAt(images.raw(), dtype, line * width * channels), columns, covers, channels, y.Part(v), weight, to);
      }
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ResizeArea",
     .inputs = "images:T, size:i32",
     .outputs = "resized_images:f32",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16}; align_corners:bool=false",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenImages, ResizeState>},
};

}  // namespace

RIVULET_OP_LIST(ResizeArea, kDefs);

}  // namespace rivulet

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
#include <limits>

#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/resize_shape.h"
#include "engine/ops/rows.h"
#include "engine/ops/scale_spans.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status CheckImages(const InferContext& c, int input) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(input, 4));
  const Shape& images = c.shape(input);
  if (!images.has_rank()) return Status();
  for (int i = 1; i < 4; ++i) {
    if (images[i] == 0) {
      return InvalidArgument("images: want a height, width and channels above 0, got ", images);
    }
    if (images[i] > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument("images: want extents below 2^31, got ", images);
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
  if (FindScaleKernel(c.attrs().Str("kernel_type")) == nullptr) {
    return InvalidArgument("kernel_type: unknown kernel ", Quoted(c.attrs().Str("kernel_type")),
                           "; want lanczos1, lanczos3, lanczos5, gaussian, box, triangle, keyscubic or mitchellcubic");
  }
  return Status();
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckImages(c, 0));
  RIVULET_RETURN_IF_ERROR(CheckRest(c));
  return InferOfSize(c, 1);
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
  const ScaleKernel* kernel = nullptr;
  bool antialias = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->kernel = FindScaleKernel(c.attrs().Str("kernel_type"));
  state->antialias = c.attrs().Bool("antialias");
  return std::unique_ptr<OpState>(std::move(state));
}

Status MakeBoth(RunContext& c, const Shape& from, const Shape& to, ScaleSpans* rows, ScaleSpans* columns) {
  const auto& state = c.state<State>();
  const float* scale = c.input(2).data<float>();
  const float* shift = c.input(3).data<float>();
  for (int i = 0; i < 2; ++i) {
    if (!(scale[i] > 0)) return InvalidArgument("scale: want numbers above 0, got ", scale[i]);
  }
  RIVULET_RETURN_IF_ERROR(
      rows->Make(*state.kernel, state.antialias, from[1], to[1], scale[0], shift[0], c.allocator()));
  return columns->Make(*state.kernel, state.antialias, from[2], to[2], scale[1], shift[1], c.allocator());
}

// sum += weight * row, for n elements.
using AddWeighted = void (*)(float weight, const void* row, int64_t n, float* sum);

template <typename T>
void AddRow(float weight, const void* row, int64_t n, float* sum) {
  const T* from = static_cast<const T*>(row);
  for (int64_t i = 0; i < n; ++i) sum[i] += weight * static_cast<float>(Widen(from[i]));
}

// Rows are gathered first: one row of sums for each output row.
Status Gather(RunContext& c, AddWeighted add, const ScaleSpans& rows, const ScaleSpans& columns) {
  const Tensor& images = c.input(0);
  const DType dtype = images.dtype();
  const Shape& out_shape = c.output(0).shape();
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = out_shape[1], out_width = out_shape[2];
  const int64_t line = width * channels;
  const int64_t line_bytes = line * static_cast<int64_t>(ElementBytes(dtype));
  RIVULET_ASSIGN_OR_RETURN(Tensor sums,
                           Tensor::Allocate(DType::kFloat, {images.dim(0) * out_height, line}, c.allocator()));
  float* out = c.output(0).data<float>();
  const auto grain = std::max<int64_t>((1 << 13) / line, 1);
  c.ParallelFor(images.dim(0) * out_height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t place = row % out_height, first = row / out_height * height + rows.start(place);
      float* sum = sums.data<float>() + row * line;
      std::fill_n(sum, line, 0.0f);
      const char* from = ElementAt(images.raw(), dtype, first * line);
      for (int64_t k = 0; k < rows.count(place); ++k, from += line_bytes) add(rows.weights(place)[k], from, line, sum);
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
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& images = c.input(0);
  ScaleSpans rows, columns;
  RIVULET_RETURN_IF_ERROR(MakeBoth(c, images.shape(), c.output(0).shape(), &rows, &columns));
  AddWeighted add = nullptr;
  VisitLoops<kWidenImages, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(
      images.dtype(), [&](auto tag) { add = AddRow<typename decltype(tag)::Type>; });
  if (c.output(0).num_elements() == 0 || add == nullptr) return Status();
  return Gather(c, add, rows, columns);
}

Status RunGrad(RunContext& c) {
  ScaleSpans rows, columns;
  RIVULET_RETURN_IF_ERROR(MakeBoth(c, c.output(0).shape(), c.input(0).shape(), &rows, &columns));
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ScaleSpans rows_back, rows.Turned(c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(const ScaleSpans columns_back, columns.Turned(c.allocator()));
  return Gather(c, AddRow<float>, rows_back, columns_back);
}

#define RIVULET_KERNEL_ATTRS "kernel_type:string=\"lanczos3\"; antialias:bool=true"
constexpr OpDef kDefs[] = {
    {.name = "ScaleAndTranslate",
     .inputs = "images:T, size:i32, scale:f32, translation:f32",
     .outputs = "resized_images:f32",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16}; " RIVULET_KERNEL_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenImages, State>},
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

// ResizeNearestNeighbor: each output pixel is one input pixel.
//
//   images [batch, height, width, channels] of T, size [2] -> [batch, size[0], size[1], channels] of T
#include "engine/ops/resize_shape.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  return InferResize(c, 1, c.attrs().Bool("align_corners"), c.attrs().Bool("half_pixel_centers"));
}

int64_t Nearest(const ResizeAxis& axis, const ResizeState& state, int64_t out) {
  const auto x = static_cast<float>(out);
  if (state.half_pixel_centers) return axis.Clamp(static_cast<int64_t>(std::floor((x + 0.5f) * axis.scale)));
  const float at = x * axis.scale;
  return axis.Clamp(static_cast<int64_t>(state.align_corners ? std::round(at) : std::floor(at)));
}

Status Run(RunContext& c) {
  const auto& state = c.state<ResizeState>();
  const Tensor& images = c.input(0);
  Tensor& resized = c.output(0);
  if (resized.num_elements() == 0) return Status();
  const int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  const int64_t out_height = resized.dim(1), out_width = resized.dim(2);
  const ResizeAxis rows(height, out_height, state.align_corners, state.half_pixel_centers);
  const ResizeAxis columns(width, out_width, state.align_corners, state.half_pixel_centers);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(out_width) * sizeof(int64_t)));
  auto* from = static_cast<int64_t*>(scratch);
  for (int64_t i = 0; i < out_width; ++i) from[i] = Nearest(columns, state, i);
  const DType dtype = images.dtype();
  c.ParallelFor(images.dim(0) * out_height, ResizeGrain(out_width * channels), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t in_row = row / out_height * height + Nearest(rows, state, row % out_height);
      GatherRows(dtype, ElementAt(resized.raw(), dtype, row * out_width * channels),
                 ElementAt(images.raw(), dtype, in_row * width * channels), channels, 0, out_width,
                 [&](int64_t i) { return from[i]; });
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ResizeNearestNeighbor",
     .inputs = "images:T, size:i32",
     .outputs = "resized_images:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16}; align_corners:bool=false; "
              "half_pixel_centers:bool=false",
     .infer = Infer,
     .prepare = PrepareResize,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ResizeNearestNeighbor, kDefs);

}  // namespace rivulet

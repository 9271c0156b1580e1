// AvgPool, AvgPool3D and their gradients.
//
//   y[n, i, j, c] = mean over the window's places inside the image of x[n, i * stride - pad + .., c]
//   dx[n, y, x, c] = the sum over the windows that hold (y, x) of dy / the number of places the window sees
//
// In two dimensions half and bfloat16 are rounded at every step, as in TensorFlow: a sum of many places is visibly
// another one, and their number stops growing where adding 1 changes nothing. In three dimensions they are summed in
// float. NHWC, NCHW, NDHWC, NCDHW; TensorFlow's CPU kernels take only channels last.
#include "engine/kernels/half.h"
#include "engine/kernels/pool.h"
#include "engine/ops/pool_shape.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  PoolSpec spec;
};

Status Infer(InferContext& c, int rank) {
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), rank, false));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(spec, c.shape(0)));
  c.set_output(0, OutputShape(spec.window, sizes));
  return Status();
}

Status InferGrad(InferContext& c, int rank) {
  const int full_rank = rank + 2;
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), rank, false));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, full_rank));
  const Shape& sizes_shape = c.known(0) ? c.value(0)->shape() : c.shape(0);
  if (!MergeShapes(sizes_shape, {full_rank}).ok()) {
    return InvalidArgument("orig_input_shape: want shape [", full_rank, "], got ", sizes_shape);
  }
  if (!c.known(0)) {
    Shape unknown = Shape::OfUnknownDims(full_rank);
    if (c.shape(1).has_rank()) unknown.set_dim(0, c.shape(1)[0]);
    c.set_output(0, unknown);
    return Status();
  }
  const std::vector<int64_t> dims = c.ints(0);
  for (const int64_t dim : dims) {
    if (dim < 0) return InvalidArgument("orig_input_shape: want >= 0, got ", dim);
  }
  const Shape input{std::span<const int64_t>(dims)};
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(spec, input));
  const Shape want = OutputShape(spec.window, sizes);
  if (!MergeShapes(want, c.shape(1)).ok()) {
    return InvalidArgument("grad: want shape ", want, " for an input of ", input, ", got ", c.shape(1));
  }
  c.set_output(0, input);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int rank) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParsePoolSpec(c.attrs(), rank, false));
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
void Pool(RunContext& c, const ConvSizes& s, const T* in, T* out) {
  const int64_t channels = s.in_c;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(WindowWork(s) * static_cast<double>(channels)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t pixel = begin; pixel < end; ++pixel) {
                    const T* image = in + pixel / s.out_pixels() * s.in_pixels() * channels;
                    T* to = out + pixel * channels;
                    std::fill_n(to, channels, T(0));
                    ForWindow(s, pixel % s.out_pixels(), [&](int64_t tap) {
                      const T* from = image + tap * channels;
                      for (int64_t i = 0; i < channels; ++i) to[i] += from[i];
                    });
                    const T count = static_cast<T>(std::max<int64_t>(WindowCount(s, pixel % s.out_pixels()), 1));
                    for (int64_t i = 0; i < channels; ++i) to[i] /= count;
                  }
                });
}

// Rounds floats to what `half` can hold.
void RoundTo(DType half, float* x, int64_t n) {
  constexpr int64_t kBlock = 64;
  uint16_t narrow[kBlock];
  for (int64_t at = 0; at < n; at += kBlock) {
    const int64_t count = std::min(kBlock, n - at);
    NarrowToHalf(half, x + at, count, narrow);
    WidenHalf(half, narrow, count, x + at);
  }
}

// Places counted one by one in the type: 2048 + 1 is 2048 as a half, 256 + 1 is 256 as a bfloat16.
float HalfCount(DType half, int64_t count) {
  return static_cast<float>(std::clamp<int64_t>(count, 1, half == DType::kHalf ? 2048 : 256));
}

void PoolHalves(RunContext& c, DType half, const ConvSizes& s, const float* in, float* out) {
  const int64_t channels = s.in_c;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(WindowWork(s) * static_cast<double>(channels) * 4),
                [&](int64_t begin, int64_t end) {
                  for (int64_t pixel = begin; pixel < end; ++pixel) {
                    const float* image = in + pixel / s.out_pixels() * s.in_pixels() * channels;
                    float* to = out + pixel * channels;
                    std::fill_n(to, channels, 0.0f);
                    ForWindow(s, pixel % s.out_pixels(), [&](int64_t tap) {
                      const float* from = image + tap * channels;
                      for (int64_t i = 0; i < channels; ++i) to[i] += from[i];
                      RoundTo(half, to, channels);
                    });
                    const float count = HalfCount(half, WindowCount(s, pixel % s.out_pixels()));
                    for (int64_t i = 0; i < channels; ++i) to[i] /= count;
                  }
                });
}

// `half` says which type to round to at every step; another one is not rounded to.
template <typename T>
void Spread(RunContext& c, DType half, const ConvSizes& s, const T* grad, T* out) {
  const int64_t channels = s.in_c;
  const int64_t in_size = s.in_pixels() * channels;
  std::fill_n(out, s.batch * in_size, T(0));
  // Neighbouring windows overlap, so a piece is a run of channels of one image.
  constexpr int64_t kRun = 16;
  const int64_t runs = (channels + kRun - 1) / kRun;
  const double work = WindowWork(s) * static_cast<double>(s.out_pixels()) * kRun;
  c.ParallelFor(s.batch * runs, ConvGrain(work), [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t image = piece / runs;
      const int64_t first = piece % runs * kRun;
      const int64_t count = std::min(kRun, channels - first);
      T* to = out + image * in_size + first;
      for (int64_t pixel = 0; pixel < s.out_pixels(); ++pixel) {
        const T* from = grad + (image * s.out_pixels() + pixel) * channels + first;
        T share = T(1) / static_cast<T>(std::max<int64_t>(WindowCount(s, pixel), 1));
        if constexpr (std::is_same_v<T, float>) {
          if (IsHalf(half)) {
            float parts[kRun];
            RoundTo(half, &share, 1);
            for (int64_t i = 0; i < count; ++i) parts[i] = from[i] * share;
            RoundTo(half, parts, count);
            ForWindow(s, pixel, [&](int64_t tap) {
              float* sums = to + tap * channels;
              for (int64_t i = 0; i < count; ++i) sums[i] += parts[i];
              RoundTo(half, sums, count);
            });
            continue;
          }
        }
        ForWindow(s, pixel, [&](int64_t tap) {
          for (int64_t i = 0; i < count; ++i) to[tap * channels + i] += from[i] * share;
        });
      }
    }
  });
}

// Input `kInput` pooled, or a gradient spread.
Status Run(RunContext& c, bool is_grad) {
  if (c.output(0).num_elements() == 0) return Status();
  const PoolSpec& spec = c.state<State>().spec;
  const Tensor& source = c.input(is_grad ? 1 : 0);
  RIVULET_ASSIGN_OR_RETURN(ConvSizes s, PoolSizesOf(spec, is_grad ? c.output(0).shape() : source.shape()));
  if (!is_grad) CenterVolumes(spec.window, &s);
  ScratchPieces pieces;
  const StagedInput input(source, spec.window.channels_last, pieces);
  const StagedOutput output(c.output(0), spec.window.channels_last, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* in = input.Fill(c, pieces);
  void* out = output.data(pieces);
  const bool is_double = IsBuilt(DType::kDouble) && source.dtype() == DType::kDouble;
  // Only in two dimensions, see above.
  const DType half = spec.window.spatial_rank == 2 ? source.dtype() : DType::kFloat;
  if (is_grad && is_double) {
    Spread(c, half, s, static_cast<const double*>(in), static_cast<double*>(out));
  } else if (is_grad) {
    Spread(c, half, s, static_cast<const float*>(in), static_cast<float*>(out));
  } else if (is_double) {
    Pool(c, s, static_cast<const double*>(in), static_cast<double*>(out));
  } else if (IsHalf(half)) {
    PoolHalves(c, half, s, static_cast<const float*>(in), static_cast<float*>(out));
  } else if (spec.window.spatial_rank == 2) {
    Pool2D(PoolKind::kAverage, static_cast<const float*>(in), ToPoolGeometry(s), static_cast<float*>(out), c.pool(),
           c.stop());
  } else {
    Pool(c, s, static_cast<const float*>(in), static_cast<float*>(out));
  }
  output.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS_2D                                                         \
  "ksize:list(int) >=4; strides:list(int) >=4; padding:string in {SAME,VALID}; " \
  "data_format:string=\"NHWC\" in {NHWC,NCHW}; T:type in {f16,bf16,f32,f64}"
#define RIVULET_ATTRS_3D                                                         \
  "ksize:list(int) >=5; strides:list(int) >=5; padding:string in {SAME,VALID}; " \
  "data_format:string=\"NDHWC\" in {NDHWC,NCDHW}; T:type in {f16,bf16,f32,f64}"

constexpr OpDef kDefs[] = {
    {.name = "AvgPool",
     .inputs = "value:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS_2D,
     .infer = With<Infer, 2>,
     .prepare = With<Prepare, 2>,
     .run = With<Run, false>},
    {.name = "AvgPool3D",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS_3D,
     .infer = With<Infer, 3>,
     .prepare = With<Prepare, 3>,
     .run = With<Run, false>},
    {.name = "AvgPool3DGrad",
     .inputs = "orig_input_shape:i32, grad:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS_3D,
     .infer = With<InferGrad, 3>,
     .prepare = With<Prepare, 3>,
     .run = With<Run, true>},
    {.name = "AvgPoolGrad",
     .inputs = "orig_input_shape:i32, grad:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS_2D,
     .infer = With<InferGrad, 2>,
     .prepare = With<Prepare, 2>,
     .run = With<Run, true>},
};

}  // namespace

RIVULET_OP_LIST(AvgPool, kDefs);

}  // namespace rivulet

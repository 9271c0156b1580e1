// The gradient of a convolution with respect to its filter:
//
//   filter[i, j, c, o] = sum over n, y, x of in[n, y * stride - pad + i * dilation, .., c] * grad[n, y, x, o]
//
// `filter_sizes` is the shape of the result; the V2 of the two-dimensional and the old three-dimensional form take a
// tensor of that shape instead. grad ("out_backprop") must have the shape that the convolution would give.
//
// Beyond TensorFlow's CPU kernels: channels first, dilations, groups. Like them, the depthwise form takes no notice of
// its dilations.
//
// In float, dense filters: the input patches of a block of output rows are written out as a matrix [pixels, taps *
// in_c], whose transpose times grad is added to the result.
#include "engine/kernels/matmul.h"
#include "engine/ops/conv_gradient.h"
#include "engine/ops/conv_loops.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  WindowSpec spec;
  FilterKind kind = FilterKind::kDense;
};

// `by_sizes`: input 1 is the result's shape, not a tensor of that shape.
Status Infer(InferContext& c, int spatial_rank, FilterKind kind, bool by_sizes) {
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseGradientSpec(c.attrs(), spatial_rank, kind));
  Shape shape = c.shape(1);
  if (by_sizes) {
    const Shape& sizes_shape = c.known(1) ? c.value(1)->shape() : c.shape(1);
    if (sizes_shape.has_rank() && (sizes_shape.rank() != 1 || (sizes_shape[0] >= 0 && sizes_shape[0] != spec.rank()))) {
      return InvalidArgument("filter_sizes: want ", spec.rank(), " elements, got shape ", sizes_shape);
    }
    shape = Shape::OfUnknownDims(spec.rank());
    if (c.known(1)) {
      const std::vector<int64_t> values = c.ints(1);
      for (const int64_t value : values) {
        if (value < 0) return InvalidArgument("filter_sizes: want >= 0, got ", value);
      }
      shape = Shape(std::span<const int64_t>(values));
    }
  }
  return InferConvGradient(c, spec, kind, shape, true);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int spatial_rank, FilterKind kind) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParseGradientSpec(c.attrs(), spatial_rank, kind));
  state->kind = kind;
  return std::unique_ptr<OpState>(std::move(state));
}

// Pixels of a block: its patches take about this many bytes, or are one pixel's.
constexpr int64_t kBlockBytes = 4 << 20;

struct Blocks {
  int64_t pixels;  // of all images
  int64_t patch;   // floats of one patch
  int64_t block;   // pixels of a block

  explicit Blocks(const ConvSizes& s)
      : pixels(s.batch * s.out_pixels()),
        patch(s.taps() * s.in_c),
        block(std::clamp<int64_t>(kBlockBytes / std::max<int64_t>(patch * static_cast<int64_t>(sizeof(float)), 1), 1,
                                  std::max<int64_t>(pixels, 1))) {}

  MatMulShape Product(const ConvSizes& s, int64_t count) const {
    MatMulShape shape;
    shape.m = patch;
    shape.n = s.out_c;
    shape.k = count;
    shape.transpose_a = true;
    return shape;
  }
};

// The patch under output pixel `pixel`.
void CopyPatch(const ConvSizes& s, const float* in, int64_t pixel, float* to) {
  const int64_t x = pixel % s.out[2];
  const int64_t y = pixel / s.out[2] % s.out[1];
  const int64_t z = pixel / s.out[2] / s.out[1] % s.out[0];
  const float* image = in + pixel / s.out_pixels() * s.in_pixels() * s.in_c;
  for (int64_t d = 0; d < s.k[0]; ++d) {
    const int64_t in_z = InputIndex(s, 0, z, d);
    for (int64_t h = 0; h < s.k[1]; ++h) {
      const int64_t in_y = InputIndex(s, 1, y, h);
      const bool inside = in_z >= 0 && in_z < s.in[0] && in_y >= 0 && in_y < s.in[1];
      for (int64_t w = 0; w < s.k[2]; ++w, to += s.in_c) {
        const int64_t in_x = InputIndex(s, 2, x, w);
        if (inside && in_x >= 0 && in_x < s.in[2]) {
          std::copy_n(image + ((in_z * s.in[1] + in_y) * s.in[2] + in_x) * s.in_c, s.in_c, to);
        } else {
          std::fill_n(to, s.in_c, 0.0f);
        }
      }
    }
  }
}

void RunBlocks(RunContext& c, const ConvSizes& s, const float* in, const float* grad, float* patches, void* scratch,
               float* result) {
  const Blocks blocks(s);
  std::fill_n(result, blocks.patch * s.out_c, 0.0f);
  Epilogue add;
  add.addend = result;
  for (int64_t first = 0; first < blocks.pixels && !c.stop().stopped(); first += blocks.block) {
    const int64_t count = std::min(blocks.block, blocks.pixels - first);
    c.ParallelFor(count, ConvGrain(static_cast<double>(blocks.patch)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) CopyPatch(s, in, first + i, patches + i * blocks.patch);
    });
    MatMulDynamic(blocks.Product(s, count), patches, nullptr, grad + first * s.out_c, nullptr, result, add, scratch,
                  c.pool(), c.stop());
  }
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  Tensor& result = c.output(0);
  if (result.num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes s,
                           ComputeConvSizes(state.spec, c.input(0).shape(), result.shape(), state.kind));
  const DType compute = ComputeType(result.dtype());
  ScratchPieces pieces;
  const StagedInput input(c.input(0), state.spec.channels_last, pieces);
  const StagedInput grad(c.input(2), state.spec.channels_last, pieces);
  const StagedOutput out(result, true, pieces);
  const bool blocks = compute == DType::kFloat && s.groups == 1;
  int64_t patches = 0;
  int64_t scratch = 0;
  if (blocks) {
    const Blocks b(s);
    patches = pieces.Add(CheckedSize(b.block) * b.patch * static_cast<int64_t>(sizeof(float)));
    scratch = pieces.Add(MatMulScratchBytes(b.Product(s, b.block)));
  }
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));

  const void* in = input.Fill(c, pieces);
  const void* g = grad.Fill(c, pieces);
  void* to = out.data(pieces);
  if (blocks) {
    RunBlocks(c, s, static_cast<const float*>(in), static_cast<const float*>(g), pieces.At<float>(patches),
              pieces.At<void>(scratch), static_cast<float*>(to));
  } else {
    ConvBackpropFilter(c, s, compute, in, g, to);
  }
  out.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS_2D                                                                     \
  "strides:list(int); use_cudnn_on_gpu:bool=true; padding:string in {SAME,VALID,EXPLICIT}; " \
  "explicit_paddings:list(int)=[]; data_format:string=\"NHWC\" in {NHWC,NCHW}; dilations:list(int)=[1,1,1,1]"

constexpr OpDef kDefs[] = {
    {.name = "Conv2DBackpropFilter",
     .inputs = "input:T, filter_sizes:i32, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; " RIVULET_ATTRS_2D,
     .infer = With<Infer, 2, FilterKind::kDense, true>,
     .prepare = With<Prepare, 2, FilterKind::kDense>,
     .run = Run},
    {.name = "Conv2DBackpropFilterV2",
     .inputs = "input:T, filter:T, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; " RIVULET_ATTRS_2D,
     .infer = With<Infer, 2, FilterKind::kDense, false>,
     .prepare = With<Prepare, 2, FilterKind::kDense>,
     .run = Run},
    {.name = "DepthwiseConv2dNativeBackpropFilter",
     .inputs = "input:T, filter_sizes:i32, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; " RIVULET_ATTRS_2D,
     .infer = With<Infer, 2, FilterKind::kDepthwise, true>,
     .prepare = With<Prepare, 2, FilterKind::kDepthwise>,
     .run = Run},
    {.name = "Conv3DBackpropFilter",
     .inputs = "input:T, filter:T, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,f32,f64}; strides:list(int) >=5; padding:string in {SAME,VALID}; "
              "dilations:list(int)=[1,1,1,1,1]",
     .infer = With<Infer, 3, FilterKind::kDense, false>,
     .prepare = With<Prepare, 3, FilterKind::kDense>,
     .run = Run},
    {.name = "Conv3DBackpropFilterV2",
     .inputs = "input:T, filter_sizes:i32, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; strides:list(int) >=5; padding:string in {SAME,VALID}; "
              "data_format:string=\"NDHWC\" in {NDHWC,NCDHW}; dilations:list(int)=[1,1,1,1,1]",
     .infer = With<Infer, 3, FilterKind::kDense, true>,
     .prepare = With<Prepare, 3, FilterKind::kDense>,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ConvBackpropFilter, kDefs);

}  // namespace rivulet

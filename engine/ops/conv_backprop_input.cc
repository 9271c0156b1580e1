// The gradient of a convolution with respect to its input, also known as transposed convolution:
//
//   in[n, y, x, c] = sum of grad[n, y', x', o] * filter[i, j, c, o] over all outputs (y', x') whose window holds (y, x)
//   under tap (i, j), that is y = y' * stride - pad + i * dilation, and x alike
//
// `input_sizes` is the shape of the result; Conv2DBackpropInput also takes only its height and width. The V2 of the
// two-dimensional and the old three-dimensional form take a tensor of that shape instead. grad ("out_backprop") must
// have the shape that the convolution would give.
//
// Beyond TensorFlow's CPU kernels: channels first, dilations, groups. Like them, the depthwise form takes no notice of
// its dilations.
//
// In float, dense filters: the products of a block of output rows with all taps are one matrix product, whose results
// are then added up for each input row.
#include "engine/kernels/matmul.h"
#include "engine/ops/conv_gradient.h"
#include "engine/ops/conv_loops.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  WindowSpec spec;
  FilterKind kind = FilterKind::kDense;
  // Of a constant filter: its transpose, [out_c, taps * in_c].
  std::shared_ptr<const PackedMatrix> packed;
  Shape filter_shape;
};

// The result's shape, as far as it is known; `sizes_value` may be null.
Result<Shape> ResultShape(const WindowSpec& spec, FilterKind kind, const Tensor* sizes_value, const Shape& known_shape,
                          const Shape& filter, const Shape& grad) {
  const Shape& sizes_shape = sizes_value != nullptr ? sizes_value->shape() : known_shape;
  if (sizes_shape.has_rank() && sizes_shape.rank() != 1) {
    return InvalidArgument("input_sizes: want rank 1, got shape ", sizes_shape);
  }
  const int64_t length = sizes_shape.has_rank() ? sizes_shape[0] : -1;
  const bool only_spatial = spec.spatial_rank == 2 && kind == FilterKind::kDense && length == 2;
  if (length >= 0 && length != spec.rank() && !only_spatial) {
    return InvalidArgument("input_sizes: want ", spec.rank(), " elements, got ", length);
  }
  if (sizes_value == nullptr) {
    Shape unknown = Shape::OfUnknownDims(spec.rank());
    if (grad.has_rank() && grad.rank() == spec.rank()) unknown.set_dim(0, grad[0]);
    return unknown;
  }
  const std::vector<int64_t> values = ToInt64s(*sizes_value);
  for (const int64_t value : values) {
    if (value < 0) return InvalidArgument("input_sizes: want >= 0, got ", value);
  }
  if (!only_spatial) return Shape(std::span<const int64_t>(values));
  Shape shape = Shape::OfUnknownDims(4);
  if (grad.has_rank() && grad.rank() == 4) shape.set_dim(0, grad[0]);
  if (filter.has_rank() && filter.rank() == 4) shape.set_dim(spec.format().channel_axis(), filter[2]);
  shape.set_dim(spec.format().spatial_axis(0), values[0]);
  shape.set_dim(spec.format().spatial_axis(1), values[1]);
  return shape;
}

// `by_sizes`: input 0 is the result's shape, not a tensor of that shape.
Status Infer(InferContext& c, int spatial_rank, FilterKind kind, bool by_sizes) {
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseGradientSpec(c.attrs(), spatial_rank, kind));
  Shape shape = c.shape(0);
  if (by_sizes) {
    RIVULET_ASSIGN_OR_RETURN(shape, ResultShape(spec, kind, c.value(0), c.shape(0), c.shape(1), c.shape(2)));
  }
  return InferConvGradient(c, spec, kind, shape, false);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int spatial_rank, FilterKind kind) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParseGradientSpec(c.attrs(), spatial_rank, kind));
  state->kind = kind;
  const Tensor* filter = c.constant(1);
  const Shape& result = c.output(0).shape;
  const int64_t in_c = result.has_rank() ? result[state->spec.format().channel_axis()] : -1;
  if (kind == FilterKind::kDense && filter != nullptr && filter->dtype() == DType::kFloat &&
      filter->num_elements() > 0 && filter->dim(spatial_rank) == in_c) {
    const int64_t out_c = filter->dim(spatial_rank + 1);
    RIVULET_ASSIGN_OR_RETURN(state->packed,
                             PackMatrixOnce(*filter, out_c, filter->num_elements() / out_c, true, c.allocator()));
    state->filter_shape = filter->shape();
    c.Consume(1);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

// Output rows are taken as many at a time as fit this many bytes of products, but at least one.
constexpr int64_t kBlockBytes = 4 << 20;

int64_t RowsPerBlock(const ConvSizes& s) {
  const CheckedSize row = CheckedSize(s.out[2]) * s.taps() * s.in_c * static_cast<int64_t>(sizeof(float));
  if (!row.valid() || row.value() == 0) return 1;
  return std::clamp<int64_t>(kBlockBytes / row.value(), 1, std::max<int64_t>(s.batch * s.out[0] * s.out[1], 1));
}

CheckedSize BlockBytes(const ConvSizes& s) {
  return CheckedSize(RowsPerBlock(s)) * s.out[2] * s.taps() * s.in_c * static_cast<int64_t>(sizeof(float));
}

// Adds what output rows [first, last) contribute to input row `row` of image `n`; `products` [rows, out_w, taps, in_c].
void AddRows(const ConvSizes& s, const float* products, int64_t first, int64_t last, int64_t n, int64_t row,
             float* to) {
  const int64_t z = row / s.in[1];
  const int64_t y = row % s.in[1];
  for (int64_t tap = 0; tap < s.k[0] * s.k[1]; ++tap) {
    const int64_t out_z = OutputIndex(s, 0, z, tap / s.k[1]);
    const int64_t out_y = OutputIndex(s, 1, y, tap % s.k[1]);
    if (out_z < 0 || out_y < 0) continue;
    const int64_t out_row = (n * s.out[0] + out_z) * s.out[1] + out_y;
    if (out_row < first || out_row >= last) continue;
    const float* from = products + (out_row - first) * s.out[2] * s.taps() * s.in_c;
    for (int64_t out_x = 0; out_x < s.out[2]; ++out_x) {
      const TapRange taps = TapsOf(s, 2, out_x);
      for (int64_t j = taps.begin; j < taps.end; ++j) {
        const float* product = from + (out_x * s.taps() + tap * s.k[2] + j) * s.in_c;
        float* sum = to + InputIndex(s, 2, out_x, j) * s.in_c;
        for (int64_t i = 0; i < s.in_c; ++i) sum[i] += product[i];
      }
    }
  }
}

void RunBlocks(RunContext& c, const ConvSizes& s, const PackedMatrix& filter, const float* grad, float* products,
               float* result) {
  const int64_t image_rows = s.in[0] * s.in[1];
  const int64_t row_floats = s.in[2] * s.in_c;
  c.ParallelFor(s.batch * image_rows * row_floats, 1 << 16,
                [&](int64_t begin, int64_t end) { std::fill(result + begin, result + end, 0.0f); });
  const int64_t rows = s.batch * s.out[0] * s.out[1];
  const int64_t block = RowsPerBlock(s);
  const double add_work = static_cast<double>(row_floats) * static_cast<double>(s.taps());
  for (int64_t first = 0; first < rows && !c.stop().stopped(); first += block) {
    const int64_t last = std::min(first + block, rows);
    MatMul(grad + first * s.out[2] * s.out_c, s.out_c, (last - first) * s.out[2], filter, products, filter.n(),
           Epilogue(), c.pool(), c.stop());
    const int64_t first_image = first / (s.out[0] * s.out[1]);
    const int64_t images = (last - 1) / (s.out[0] * s.out[1]) + 1 - first_image;
    c.ParallelFor(images * image_rows, ConvGrain(add_work), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        AddRows(s, products, first, last, first_image + i / image_rows, i % image_rows,
                result + (first_image * image_rows + i) * row_floats);
      }
    });
  }
}

void PackNow(RunContext& c, const float* filter, const PackedMatrix& packed, float* to) {
  const int64_t panels = (packed.n() + PackedMatrix::kPanel - 1) / PackedMatrix::kPanel;
  const int64_t grain = std::max<int64_t>((1 << 15) / (packed.k() * PackedMatrix::kPanel), 1);
  c.ParallelFor(panels, grain, [&](int64_t begin, int64_t end) {
    PackPanels(filter, packed.k(), packed.k(), packed.n(), true, begin, end, to);
  });
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  Tensor& result = c.output(0);
  if (result.num_elements() == 0) return Status();
  const Shape& filter_shape = state.packed != nullptr ? state.filter_shape : c.input(1).shape();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes s, ComputeConvSizes(state.spec, result.shape(), filter_shape, state.kind));

  ScratchPieces pieces;
  const StagedInput grad(c.input(2), state.spec.channels_last, pieces);
  const StagedOutput out(result, state.spec.channels_last, pieces);
  std::optional<StagedInput> filter;
  if (state.packed == nullptr) filter.emplace(c.input(1), true, pieces);
  const DType compute = ComputeType(result.dtype());
  const bool blocks = compute == DType::kFloat && s.groups == 1 && !EmptyFilter(s);
  int64_t packed_piece = 0;
  int64_t products_piece = 0;
  if (blocks) {
    if (state.packed == nullptr) packed_piece = pieces.Add(PackedMatrix::Bytes(s.out_c, s.taps() * s.in_c));
    products_piece = pieces.Add(BlockBytes(s));
  }
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));

  const void* g = grad.Fill(c, pieces);
  const void* f = filter ? filter->Fill(c, pieces) : nullptr;
  void* to = out.data(pieces);
  if (blocks) {
    PackedMatrix packed;
    if (state.packed != nullptr) {
      packed = *state.packed;
    } else {
      packed = PackedMatrix::View(pieces.At<float>(packed_piece), s.out_c, s.taps() * s.in_c, nullptr);
      PackNow(c, static_cast<const float*>(f), packed, pieces.At<float>(packed_piece));
    }
    RunBlocks(c, s, packed, static_cast<const float*>(g), pieces.At<float>(products_piece), static_cast<float*>(to));
  } else {
    ConvBackpropInput(c, s, compute, f, g, to);
  }
  out.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS_2D                                                                     \
  "strides:list(int); use_cudnn_on_gpu:bool=true; padding:string in {SAME,VALID,EXPLICIT}; " \
  "explicit_paddings:list(int)=[]; data_format:string=\"NHWC\" in {NHWC,NCHW}; dilations:list(int)=[1,1,1,1]"
#define RIVULET_ATTRS_3D                                                                                   \
  "strides:list(int) >=5; padding:string in {SAME,VALID}; data_format:string=\"NDHWC\" in {NDHWC,NCDHW}; " \
  "dilations:list(int)=[1,1,1,1,1]"

constexpr OpDef kDefs[] = {
    {.name = "Conv2DBackpropInput",
     .inputs = "input_sizes:i32, filter:T, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64,i32}; " RIVULET_ATTRS_2D,
     .infer = With<Infer, 2, FilterKind::kDense, true>,
     .prepare = With<Prepare, 2, FilterKind::kDense>,
     .run = Run},
    {.name = "Conv2DBackpropInputV2",
     .inputs = "input:T, filter:T, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64,i32}; " RIVULET_ATTRS_2D,
     .infer = With<Infer, 2, FilterKind::kDense, false>,
     .prepare = With<Prepare, 2, FilterKind::kDense>,
     .run = Run},
    {.name = "DepthwiseConv2dNativeBackpropInput",
     .inputs = "input_sizes:i32, filter:T, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; " RIVULET_ATTRS_2D,
     .infer = With<Infer, 2, FilterKind::kDepthwise, true>,
     .prepare = With<Prepare, 2, FilterKind::kDepthwise>,
     .run = Run},
    {.name = "Conv3DBackpropInput",
     .inputs = "input:T, filter:T, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,f32,f64}; strides:list(int) >=5; padding:string in {SAME,VALID}; "
              "dilations:list(int)=[1,1,1,1,1]",
     .infer = With<Infer, 3, FilterKind::kDense, false>,
     .prepare = With<Prepare, 3, FilterKind::kDense>,
     .run = Run},
    {.name = "Conv3DBackpropInputV2",
     .inputs = "input_sizes:Tshape, filter:T, out_backprop:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; Tshape:type=i32 in {i32,i64}; " RIVULET_ATTRS_3D,
     .infer = With<Infer, 3, FilterKind::kDense, true>,
     .prepare = With<Prepare, 3, FilterKind::kDense>,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(ConvBackpropInput, kDefs);

}  // namespace rivulet

// MaxPool, MaxPoolV2, MaxPool3D: the maximum over windows of an image's pixels, or over groups of channels.
//
//   y[n, i, j, c] = max over the window's places inside the image of x[n, i * stride - pad + .., c]
//
// Window and strides are attributes, or inputs (V2). ksize > 1 for the channels pools that many neighbouring channels;
// its stride must be the same and the other windows 1. NHWC, NCHW, NDHWC, NCDHW; TensorFlow's CPU kernels take only
// channels last.
//
// As in TensorFlow the maximum of floats over two dimensions leaves NaN out and is at least the lowest finite number.
// Over three dimensions it may be -inf, and is NaN where all is NaN; there TensorFlow's own result with NaN depends on
// the machine.
#include "engine/kernels/int8_codes_pool.h"
#include "engine/kernels/max_rows.h"
#include "engine/kernels/pool.h"
#include "engine/ops/pool_shape.h"
#include "engine/ops/staging.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool from_inputs = false;
  PoolSpec spec;
  std::string padding;
  std::string data_format;
};

// The spec of MaxPoolV2, whose window is inputs 1 and 2.
Result<PoolSpec> SpecFromInputs(const Tensor& ksize, const Tensor& strides, std::string_view padding,
                                std::string_view data_format) {
  return MakePoolSpec(ToInt64s(ksize), ToInt64s(strides), padding, {}, data_format, 2, true);
}

Status SetShape(InferContext& c, const PoolSpec& spec) {
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(spec, c.shape(0)));
  c.set_output(0, OutputShape(spec.window, sizes));
  return Status();
}

Status Infer(InferContext& c, int rank) {
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), rank, rank == 2));
  return SetShape(c, spec);
}

Status InferV2(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  for (int i = 1; i <= 2; ++i) {
    const Shape& shape = c.known(i) ? c.value(i)->shape() : c.shape(i);
    if (!MergeShapes(shape, {4}).ok()) {
      return InvalidArgument(i == 1 ? "ksize" : "strides", ": want shape [4], got ", shape);
    }
  }
  if (!c.known(1) || !c.known(2)) {
    Shape unknown = Shape::OfUnknownDims(4);
    if (c.shape(0).has_rank()) unknown.set_dim(0, c.shape(0)[0]);
    c.set_output(0, unknown);
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, SpecFromInputs(*c.value(1), *c.value(2), c.attrs().Str("padding"),
                                                               c.attrs().Str("data_format")));
  return SetShape(c, spec);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int rank) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParsePoolSpec(c.attrs(), rank, rank == 2));
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareV2(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->from_inputs = true;
  state->padding = c.attrs().Str("padding");
  state->data_format = c.attrs().Str("data_format");
  return std::unique_ptr<OpState>(std::move(state));
}

// What depends on the type: `dtype`, which the elements may be computed in a wider one of, is that of the operator.
struct PoolLoops {
  // Output pixels [begin, end).
  void (*pixels)(const ConvSizes& s, DType dtype, const void* in, int64_t begin, int64_t end, void* out);
  // Outputs [begin, end), each of as many inputs as the window has.
  void (*channels)(int64_t window, DType dtype, const void* in, int64_t begin, int64_t end, void* out);
};

template <typename T>
void PoolPixels(const ConvSizes& s, DType dtype, const void* in, int64_t begin, int64_t end, void* out) {
  const int64_t channels = s.in_c;
  const T lowest = LowestOf<T>(dtype);
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    const T* image = static_cast<const T*>(in) + pixel / s.out_pixels() * s.in_pixels() * channels;
    T* to = static_cast<T*>(out) + pixel * channels;
    std::fill_n(to, channels, lowest);
    ForWindow(s, pixel % s.out_pixels(), [&](int64_t tap) {
      const T* from = image + tap * channels;
      for (int64_t i = 0; i < channels; ++i) to[i] = from[i] > to[i] ? from[i] : to[i];
    });
  }
}

template <typename T>
void PoolChannels(int64_t window, DType dtype, const void* in, int64_t begin, int64_t end, void* out) {
  const T lowest = LowestOf<T>(dtype);
  const T* from = static_cast<const T*>(in) + begin * window;
  for (int64_t i = begin; i < end; ++i, from += window) {
    T best = lowest;
    for (int64_t j = 0; j < window; ++j) best = from[j] > best ? from[j] : best;
    static_cast<T*>(out)[i] = best;
  }
}

template <typename T>
constexpr PoolLoops kPoolLoops = {PoolPixels<T>, PoolChannels<T>};

// Of outputs [batch, pixels, channels], or of groups of channels where the window is of those.
void Pool(RunContext& c, const PoolSpec& spec, const ConvSizes& s, const PoolLoops& loops, const void* in, void* out) {
  const DType dtype = c.output(0).dtype();
  const int64_t window = spec.depth_window;
  if (window > 1) {
    c.ParallelFor(c.output(0).num_elements(), ConvGrain(static_cast<double>(window)),
                  [&](int64_t begin, int64_t end) { loops.channels(window, dtype, in, begin, end, out); });
    return;
  }
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(WindowWork(s) * static_cast<double>(s.in_c)),
                [&](int64_t begin, int64_t end) { loops.pixels(s, dtype, in, begin, end, out); });
}

// The maximum of floats over volumes, a vector at a time: as many of a window's places at once as are kept.
void PoolVolumes(RunContext& c, const ConvSizes& s, float lowest, const float* in, float* out) {
  const int64_t channels = s.in_c;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(WindowWork(s) * static_cast<double>(channels)),
                [&](int64_t begin, int64_t end) {
                  constexpr int64_t kMost = 32;
                  const float* rows[kMost];
                  for (int64_t pixel = begin; pixel < end; ++pixel) {
                    const float* image = in + pixel / s.out_pixels() * s.in_pixels() * channels;
                    float* to = out + pixel * channels;
                    int64_t count = 0;
                    ForWindow(s, pixel % s.out_pixels(), [&](int64_t tap) {
                      if (count == kMost) {
                        MaxRows(rows, count, channels, to);
                        rows[0] = to;
                        count = 1;
                      }
                      rows[count++] = image + tap * channels;
                    });
                    if (count == 0) {
                      std::fill_n(to, channels, lowest);
                    } else {
                      MaxRows(rows, count, channels, to);
                    }
                  }
                });
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  if (c.output(0).num_elements() == 0) return Status();
  PoolSpec spec = state.spec;
  if (state.from_inputs) {
    RIVULET_ASSIGN_OR_RETURN(spec, SpecFromInputs(c.input(1), c.input(2), state.padding, state.data_format));
  }
  RIVULET_ASSIGN_OR_RETURN(ConvSizes s, PoolSizesOf(spec, c.input(0).shape()));
  CenterVolumes(spec.window, &s);
  const bool flat = spec.window.spatial_rank == 2;
  const DType dtype = c.output(0).dtype();
  ScratchPieces pieces;
  const StagedInput input(c.input(0), spec.window.channels_last, pieces);
  const StagedOutput output(c.output(0), spec.window.channels_last, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* in = input.Fill(c, pieces);
  void* out = output.data(pieces);
  const DType computed = ComputeType(dtype);
  if (dtype == DType::kUint8 && flat && spec.depth_window == 1) {
    MaxPoolBytes(static_cast<const uint8_t*>(in), ToPoolGeometry(s), static_cast<uint8_t*>(out), c.pool(), c.stop());
  } else if (computed != DType::kFloat || spec.depth_window > 1 || (flat && dtype != DType::kFloat)) {
    VisitLoops<kWidenInts, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(
        computed, [&]<typename T>(TypeTag<T>) { Pool(c, spec, s, kPoolLoops<T>, in, out); });
  } else if (flat) {
    Pool2D(PoolKind::kMax, static_cast<const float*>(in), ToPoolGeometry(s), static_cast<float*>(out), c.pool(),
           c.stop());
  } else {
    PoolVolumes(c, s, LowestOf<float>(dtype), static_cast<const float*>(in), static_cast<float*>(out));
  }
  output.Finish(c, pieces);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "MaxPool",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type=f32 in {f16,bf16,f32,f64,i32,i64,u8,i16,i8,u16}; ksize:list(int) >=4; strides:list(int) >=4; "
              "padding:string in {SAME,VALID,EXPLICIT}; explicit_paddings:list(int)=[]; "
              "data_format:string=\"NHWC\" in {NHWC,NCHW}",
     .infer = With<Infer, 2>,
     .prepare = With<Prepare, 2>,
     .run = kWidened<Run, kWidenInts, State>},
    {.name = "MaxPool3D",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "ksize:list(int) >=5; strides:list(int) >=5; padding:string in {SAME,VALID}; "
              "data_format:string=\"NDHWC\" in {NDHWC,NCDHW}; T:type in {f16,bf16,f32}",
     .infer = With<Infer, 3>,
     .prepare = With<Prepare, 3>,
     .run = kWidened<Run, kWidenInts, State>},
    {.name = "MaxPoolV2",
     .inputs = "input:T, ksize:i32, strides:i32",
     .outputs = "output:T",
     .attrs = "T:type=f32 in {f16,bf16,f32,f64,i32,i64,u8,i16,i8,u16}; padding:string in {SAME,VALID}; "
              "data_format:string=\"NHWC\" in {NHWC,NCHW}",
     .infer = InferV2,
     .prepare = PrepareV2,
     .run = kWidened<Run, kWidenInts, State>},
};

}  // namespace

RIVULET_OP_LIST(MaxPool, kDefs);

}  // namespace rivulet

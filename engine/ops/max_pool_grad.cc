// Gradients of maximum pooling, and the gradients of those.
//
//   MaxPoolGrad(V2): each output's gradient goes to the window's first maximum of orig_input, in row-major order
//   MaxPool3DGrad: it goes to every place of the window where orig_input equals orig_output
//   *GradGrad*: the other way round: out takes `grad`, which has the input's shape, from the first place of the window
//     where orig_input equals orig_output, and 0 if there is none
//
// Two-dimensional MaxPoolGrad looks at orig_output's shape only, as TensorFlow's does.
#include "engine/ops/pool_shape.h"
#include "engine/ops/rows.h"
#include "engine/ops/staging.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

constexpr uint32_t kWiden = kWidenInts;

enum class Rule : uint8_t { kFirstMaximum, kAllEqual, kGather };

struct State : OpState {
  bool from_inputs = false;
  PoolSpec spec;
  std::string padding;
  std::string data_format;
};

Result<PoolSpec> SpecFromInputs(const Tensor& ksize, const Tensor& strides, std::string_view padding,
                                std::string_view data_format) {
  return MakePoolSpec(ToInt64s(ksize), ToInt64s(strides), padding, {}, data_format, 2, false);
}

Status CheckShape(std::string_view name, const Shape& got, const Shape& want) {
  if (MergeShapes(got, want).ok()) return Status();
  return InvalidArgument(name, ": want shape ", want, ", got ", got);
}

Status SetShapes(InferContext& c, const PoolSpec& spec, Rule rule) {
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(spec, c.shape(0)));
  const Shape pooled = OutputShape(spec.window, sizes);
  const Shape input = InputShape(spec.window, sizes);
  RIVULET_RETURN_IF_ERROR(CheckShape("orig_output", c.shape(1), pooled));
  RIVULET_RETURN_IF_ERROR(CheckShape("grad", c.shape(2), rule == Rule::kGather ? input : pooled));
  c.set_output(0, rule == Rule::kGather ? pooled : input);
  return Status();
}

Status Infer(InferContext& c, int rank, Rule rule) {
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), rank, false));
  return SetShapes(c, spec, rule);
}

Status InferV2(InferContext& c, Rule rule) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  for (int i = 3; i <= 4; ++i) {
    RIVULET_RETURN_IF_ERROR(
        CheckShape(i == 3 ? "ksize" : "strides", c.known(i) ? c.value(i)->shape() : c.shape(i), {4}));
  }
  if (!c.known(3) || !c.known(4)) {
    Shape unknown = Shape::OfUnknownDims(4);
    c.set_output(0, rule == Rule::kGather || !c.shape(0).has_rank() ? unknown : c.shape(0));
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, SpecFromInputs(*c.value(3), *c.value(4), c.attrs().Str("padding"),
                                                               c.attrs().Str("data_format")));
  return SetShapes(c, spec, rule);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int rank) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParsePoolSpec(c.attrs(), rank, false));
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareV2(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->from_inputs = true;
  state->padding = c.attrs().Str("padding");
  state->data_format = c.attrs().Str("data_format");
  return std::unique_ptr<OpState>(std::move(state));
}

// Elements of the computed type: the whole tensors in a job, for a channel its first ones.
struct Operands {
  const void* input;
  const void* pooled;
  const void* grad;
  void* out;
};

// One channel of one image: all that depends on the element's type.
template <typename T>
void RunChannel(const ConvSizes& s, Rule rule, const Operands& o) {
  const T* input = static_cast<const T*>(o.input);
  const T* grad = static_cast<const T*>(o.grad);
  T* out = static_cast<T*>(o.out);
  const int64_t channels = s.in_c;
  for (int64_t pixel = 0; pixel < s.out_pixels(); ++pixel) {
    const int64_t at = pixel * channels;
    const T pooled = static_cast<const T*>(o.pooled)[at];
    int64_t best = -1;
    ForWindow(s, pixel, [&](int64_t tap) {
      const T x = input[tap * channels];
      if (rule == Rule::kAllEqual) {
        T& sum = out[tap * channels];
        if (x == pooled) sum = WrappingSum(sum, grad[at]);
        return;
      }
      const bool better =
          rule == Rule::kFirstMaximum ? best < 0 || input[best * channels] < x : best < 0 && x == pooled;
      if (better) best = tap;
    });
    if (rule == Rule::kGather) {
      out[at] = best >= 0 ? grad[best * channels] : T(0);
    } else if (best >= 0) {
      T& sum = out[best * channels];
      sum = WrappingSum(sum, grad[at]);
    }
  }
}

using ChannelRun = void (*)(const ConvSizes& s, Rule rule, const Operands& o);

void RunChannels(RunContext& c, const ConvSizes& s, Rule rule, DType dtype, const Operands& o) {
  ChannelRun run = nullptr;
  VisitLoops<kWiden, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      dtype, [&](auto tag) { run = RunChannel<typename decltype(tag)::Type>; });
  if (run == nullptr) return;
  const int64_t in_size = s.in_pixels() * s.in_c, out_size = s.out_pixels() * s.in_c;
  const int64_t to_size = rule == Rule::kGather ? out_size : in_size;
  const int64_t grad_size = rule == Rule::kGather ? in_size : out_size;
  ClearElements(dtype, o.out, s.batch * to_size);
  const double work = WindowWork(s) * static_cast<double>(s.out_pixels());
  c.ParallelFor(s.batch * s.in_c, ConvGrain(work), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / s.in_c, channel = i % s.in_c;
      run(s, rule,
          {ElementAt(o.input, dtype, image * in_size + channel), ElementAt(o.pooled, dtype, image * out_size + channel),
           ElementAt(o.grad, dtype, image * grad_size + channel), ElementAt(o.out, dtype, image * to_size + channel)});
    }
  });
}

Status Run(RunContext& c, Rule rule) {
  const auto& state = c.state<State>();
  const bool is_empty = c.output(0).num_elements() == 0;
  if (is_empty && !state.from_inputs) return Status();
  PoolSpec spec = state.spec;
  if (state.from_inputs) {
    RIVULET_ASSIGN_OR_RETURN(spec, SpecFromInputs(c.input(3), c.input(4), state.padding, state.data_format));
  }
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes s, PoolSizesOf(spec, c.input(0).shape()));
  if (state.from_inputs) {  // of a window that was not known before, infer could check nothing
    const Shape pooled = OutputShape(spec.window, s);
    RIVULET_RETURN_IF_ERROR(CheckShape("orig_output", c.input(1).shape(), pooled));
    RIVULET_RETURN_IF_ERROR(
        CheckShape("grad", c.input(2).shape(), rule == Rule::kGather ? c.input(0).shape() : pooled));
  }
  if (is_empty) return Status();
  const bool last = spec.window.channels_last;
  ScratchPieces pieces;
  const StagedInput input(c.input(0), last, pieces);
  const StagedInput pooled(c.input(1), last, pieces);
  const StagedInput grad(c.input(2), last, pieces);
  const StagedOutput output(c.output(0), last, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* x = input.Fill(c, pieces);
  const void* y = pooled.Fill(c, pieces);
  const void* g = grad.Fill(c, pieces);
  RunChannels(c, s, rule, ComputeType(c.output(0).dtype()), {x, y, g, output.data(pieces)});
  output.Finish(c, pieces);
  return Status();
}

#define RIVULET_TYPES "{f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}"
#define RIVULET_WINDOW_2D "ksize:list(int) >=4; strides:list(int) >=4; data_format:string=\"NHWC\" in {NHWC,NCHW}; "
#define RIVULET_WINDOW_3D                                                                       \
  "ksize:list(int) >=5; strides:list(int) >=5; data_format:string=\"NDHWC\" in {NDHWC,NCDHW}; " \
  "padding:string in {SAME,VALID}; "
#define RIVULET_INPUTS "orig_input:T, orig_output:T, grad:T"

constexpr OpDef kDefs[] = {
    {.name = "MaxPool3DGrad",
     .inputs = "orig_input:TInput, orig_output:TInput, grad:T",
     .outputs = "output:T",
     .attrs = RIVULET_WINDOW_3D "T:type=f32 in {f16,bf16,f32}; TInput:type=f32 in {f16,bf16,f32}",
     .infer = With<Infer, 3, Rule::kAllEqual>,
     .prepare = With<Prepare, 3>,
     .run = kWidened<With<Run, Rule::kAllEqual>, kWiden, State>},
    {.name = "MaxPool3DGradGrad",
     .inputs = RIVULET_INPUTS,
     .outputs = "output:T",
     .attrs = RIVULET_WINDOW_3D "T:type in " RIVULET_TYPES,
     .infer = With<Infer, 3, Rule::kGather>,
     .prepare = With<Prepare, 3>,
     .run = kWidened<With<Run, Rule::kGather>, kWiden, State>},
    {.name = "MaxPoolGrad",
     .inputs = RIVULET_INPUTS,
     .outputs = "output:T",
     .attrs = RIVULET_WINDOW_2D "padding:string in {SAME,VALID,EXPLICIT}; explicit_paddings:list(int)=[]; "
                                "T:type=f32 in " RIVULET_TYPES,
     .infer = With<Infer, 2, Rule::kFirstMaximum>,
     .prepare = With<Prepare, 2>,
     .run = kWidened<With<Run, Rule::kFirstMaximum>, kWiden, State>},
    {.name = "MaxPoolGradGrad",
     .inputs = RIVULET_INPUTS,
     .outputs = "output:T",
     .attrs = RIVULET_WINDOW_2D "padding:string in {SAME,VALID}; T:type in " RIVULET_TYPES,
     .infer = With<Infer, 2, Rule::kGather>,
     .prepare = With<Prepare, 2>,
     .run = kWidened<With<Run, Rule::kGather>, kWiden, State>},
    {.name = "MaxPoolGradGradV2",
     .inputs = RIVULET_INPUTS ", ksize:i32, strides:i32",
     .outputs = "output:T",
     .attrs = "padding:string in {SAME,VALID}; data_format:string=\"NHWC\" in {NHWC,NCHW}; T:type in " RIVULET_TYPES,
     .infer = With<InferV2, Rule::kGather>,
     .prepare = PrepareV2,
     .run = kWidened<With<Run, Rule::kGather>, kWiden, State>},
    {.name = "MaxPoolGradV2",
     .inputs = RIVULET_INPUTS ", ksize:i32, strides:i32",
     .outputs = "output:T",
     .attrs =
         "padding:string in {SAME,VALID}; data_format:string=\"NHWC\" in {NHWC,NCHW}; T:type=f32 in " RIVULET_TYPES,
     .infer = With<InferV2, Rule::kFirstMaximum>,
     .prepare = PrepareV2,
     .run = kWidened<With<Run, Rule::kFirstMaximum>, kWiden, State>},
};

}  // namespace

RIVULET_OP_LIST(MaxPoolGrad, kDefs);

}  // namespace rivulet

// Dilation2D and its gradients: the maximum over a window of input plus filter (grey-scale morphology).
//
//   out[b, y, x, c] = max over i, j of in[b, y * stride - pad + i * rate, x .., c] + filter[i, j, c]
//
// over the places inside the input. input [batch, height, width, channels], filter [height, width, channels]; where a
// window sees nothing the result is the type's lowest value. Integers wrap around, as TensorFlow's do.
//
// The gradients send each output's gradient to the input element, or the filter element, that gave the maximum: the
// first one in row-major order; without a maximum (a NaN) to the first place of the window.
#include <limits>

#include "engine/ops/conv_loops.h"
#include "engine/ops/pool_shape.h"
#include "engine/ops/rows.h"
#include "engine/ops/staging.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  WindowSpec spec;
  DType dtype = DType::kFloat;  // as the model has it
};

Result<WindowSpec> ParseSpec(const AttrReader& attrs) {
  WindowSpec spec;
  RIVULET_RETURN_IF_ERROR(SetStrides(attrs.Ints("strides"), &spec));
  const std::vector<int64_t> rates = attrs.Ints("rates");
  if (rates.empty()) return InvalidArgument("attr 'rates': want 4 entries, got 0");
  RIVULET_RETURN_IF_ERROR(SetDilations(rates, &spec, "rates"));
  RIVULET_RETURN_IF_ERROR(SetPadding(attrs.Str("padding"), {}, &spec));
  return spec;
}

Result<ConvSizes> SizesOf(const WindowSpec& spec, const Shape& input, const Shape& filter) {
  std::array<int64_t, 3> ksize = {1, -1, -1};
  int64_t channels = -1;
  if (filter.has_rank()) {
    if (filter.rank() != 3) return InvalidArgument("filter: want rank 3, got shape ", filter);
    ksize = {1, filter[0], filter[1]};
    channels = filter[2];
    if (ksize[1] > kMaxExtent || ksize[2] > kMaxExtent) {
      return InvalidArgument("filter of shape ", filter, ": want dims <= ", kMaxExtent);
    }
  }
  RIVULET_ASSIGN_OR_RETURN(ConvSizes sizes, ComputePoolSizes(spec, ksize, input));
  if (channels >= 0 && sizes.in_c >= 0 && channels != sizes.in_c) {
    return InvalidArgument("input: want the filter's ", channels, " channels, got ", sizes.in_c);
  }
  if (sizes.in_c < 0) sizes.in_c = sizes.out_c = channels;
  return sizes;
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseSpec(c.attrs()));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, SizesOf(spec, c.shape(0), c.shape(1)));
  c.set_output(0, OutputShape(spec, sizes));
  return Status();
}

Status InferBackprop(InferContext& c, int like) {
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseSpec(c.attrs()));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, SizesOf(spec, c.shape(0), c.shape(1)));
  const Shape want = OutputShape(spec, sizes);
  if (!MergeShapes(want, c.shape(2)).ok()) {
    return InvalidArgument("out_backprop: want shape ", want, ", got ", c.shape(2));
  }
  c.set_output(0, c.shape(like));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParseSpec(c.attrs()));
  state->dtype = c.output(0).dtype;
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
struct Best {
  T value;
  int64_t input;   // offset of the pixel in its image
  int64_t filter;  // offset of the tap
};

// The low bits of a sum, as `dtype` has them: wider integers may stand for its own.
int64_t CutTo(DType dtype, int64_t sum) {
  switch (dtype) {
    case DType::kInt8: return static_cast<int8_t>(sum);
    case DType::kInt16: return static_cast<int16_t>(sum);
    case DType::kInt32: return static_cast<int32_t>(sum);
    case DType::kUint8: return static_cast<uint8_t>(sum);
    case DType::kUint16: return static_cast<uint16_t>(sum);
    case DType::kUint32: return static_cast<uint32_t>(sum);
    default: return sum;
  }
}

// A sum as the narrow type has it, so that taps are equal where they are equal there.
template <typename T>
T SumIn(DType dtype, T a, T b) {
  if constexpr (std::is_same_v<T, float>) {
    if (dtype == DType::kBfloat16) return static_cast<float>(BFloat16(a + b));
    if (dtype == DType::kHalf) return static_cast<float>(Half(a + b));
  }
  if constexpr (std::is_same_v<T, int64_t>) return CutTo(dtype, WrappingSum(a, b));
  return WrappingSum(a, b);
}

// The best tap for channel `channel` of output (y, x); `image` is the input's, `lowest` what an output is at least.
template <typename T>
Best<T> FindBest(const ConvSizes& s, DType dtype, const T* image, const T* filter, T lowest, int64_t y, int64_t x,
                 int64_t channel) {
  const TapRange height = TapsOf(s, 1, y);
  const TapRange width = TapsOf(s, 2, x);
  // A window of no taps may lie past the input.
  const int64_t first_y = std::max<int64_t>(std::min(InputIndex(s, 1, y, 0), s.in[1] - 1), 0);
  const int64_t first_x = std::max<int64_t>(std::min(InputIndex(s, 2, x, 0), s.in[2] - 1), 0);
  Best<T> best{lowest, (first_y * s.in[2] + first_x) * s.in_c, 0};
  for (int64_t i = height.begin; i < height.end; ++i) {
    for (int64_t j = width.begin; j < width.end; ++j) {
      const int64_t at = (InputIndex(s, 1, y, i) * s.in[2] + InputIndex(s, 2, x, j)) * s.in_c;
      const int64_t tap = (i * s.k[2] + j) * s.in_c;
      const T value = SumIn(dtype, image[at + channel], filter[tap + channel]);
      if (value > best.value) best = {value, at, tap};
    }
  }
  return best;
}

enum class Wanted : uint8_t { kForward, kInput, kFilter };

struct Job {
  ConvSizes sizes;
  DType dtype;
  Wanted wanted;
  const void* input;
  const void* filter;
  const void* grad;
  void* out;
};

// The lowest number of `dtype`, whose elements are read as T.
template <typename T>
T LowestIn(DType dtype) {
  if constexpr (std::is_same_v<T, int64_t>) {
    switch (dtype) {
      case DType::kInt8: return std::numeric_limits<int8_t>::min();
      case DType::kInt16: return std::numeric_limits<int16_t>::min();
      case DType::kInt32: return std::numeric_limits<int32_t>::min();
      case DType::kInt64: return std::numeric_limits<int64_t>::min();
      default: return 0;
    }
  }
  return LowestOf<T>(dtype);
}

// All outputs of one channel of one image: all that depends on the element's type.
template <typename T>
void RunChannel(const Job& job, int64_t image, int64_t channel) {
  const ConvSizes& s = job.sizes;
  const int64_t image_size = s.in_pixels() * s.in_c;
  const T* input = static_cast<const T*>(job.input) + image * image_size;
  const T* filter = static_cast<const T*>(job.filter);
  const T lowest = LowestIn<T>(job.dtype);
  T* out = static_cast<T*>(job.out) + channel;
  for (int64_t pixel = 0; pixel < s.out_pixels(); ++pixel) {
    const Best<T> best = FindBest(s, job.dtype, input, filter, lowest, pixel / s.out[2], pixel % s.out[2], channel);
    const int64_t at = (image * s.out_pixels() + pixel) * s.in_c;
    if (job.wanted == Wanted::kForward) {
      out[at] = best.value;
      continue;
    }
    T& sum = out[job.wanted == Wanted::kFilter ? best.filter : image * image_size + best.input];
    sum = WrappingSum(sum, static_cast<const T*>(job.grad)[at + channel]);
  }
}

// Narrow floats are staged as float.
constexpr uint32_t kWiden = kWidenInts;

void Compute(RunContext& c, const Job& job) {
  const ConvSizes& s = job.sizes;
  const DType computed = ComputeType(c.output(0).dtype());
  if (job.wanted != Wanted::kForward) ClearElements(computed, job.out, c.output(0).num_elements());
  if (s.in_c == 0 || s.out_pixels() == 0) return;
  auto* run = RunChannel<float>;
  VisitLoops<kWiden, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      computed, [&](auto tag) { run = RunChannel<typename decltype(tag)::Type>; });
  const double work = static_cast<double>(s.out_pixels()) * static_cast<double>(s.taps());
  // Images share the filter.
  const bool by_channel = job.wanted == Wanted::kFilter;
  const int64_t images = by_channel ? s.batch : 1;
  c.ParallelFor(by_channel ? s.in_c : s.batch * s.in_c, ConvGrain(work * static_cast<double>(images)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const int64_t first = by_channel ? 0 : i / s.in_c;
                    for (int64_t image = first; image < first + images; ++image) run(job, image, i % s.in_c);
                  }
                });
}

Status Run(RunContext& c, Wanted wanted) {
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes s, SizesOf(c.state<State>().spec, c.input(0).shape(), c.input(1).shape()));
  ScratchPieces pieces;
  const StagedInput input(c.input(0), true, pieces);
  const StagedInput filter(c.input(1), true, pieces);
  std::optional<StagedInput> grad;
  if (wanted != Wanted::kForward) grad.emplace(c.input(2), true, pieces);
  const StagedOutput out(c.output(0), true, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* x = input.Fill(c, pieces);
  const void* f = filter.Fill(c, pieces);
  const void* g = grad ? grad->Fill(c, pieces) : nullptr;
  Compute(c, {s, c.state<State>().dtype, wanted, x, f, g, out.data(pieces)});
  out.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS                                                                                        \
  "T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}; strides:list(int) >=4; rates:list(int) >=4; " \
  "padding:string in {SAME,VALID}"

constexpr OpDef kDefs[] = {
    {.name = "Dilation2D",
     .inputs = "input:T, filter:T",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<With<Run, Wanted::kForward>, kWiden, State>},
    {.name = "Dilation2DBackpropFilter",
     .inputs = "input:T, filter:T, out_backprop:T",
     .outputs = "filter_backprop:T",
     .attrs = RIVULET_ATTRS,
     .infer = With<InferBackprop, 1>,
     .prepare = Prepare,
     .run = kWidened<With<Run, Wanted::kFilter>, kWiden, State>},
    {.name = "Dilation2DBackpropInput",
     .inputs = "input:T, filter:T, out_backprop:T",
     .outputs = "in_backprop:T",
     .attrs = RIVULET_ATTRS,
     .infer = With<InferBackprop, 0>,
     .prepare = Prepare,
     .run = kWidened<With<Run, Wanted::kInput>, kWiden, State>},
};

}  // namespace

RIVULET_OP_LIST(Dilation, kDefs);

}  // namespace rivulet

// MaxPoolWithArgmax and MaxPoolGradWithArgmax.
//
//   argmax: where the maximum was, as (y * width + x) * channels + c, plus the image's offset if
//   include_batch_in_index; the first place of the window in row-major order when there are several, or when it holds
//   NaN gradient: dx[argmax] += dy, zeros elsewhere
//
// NHWC. MaxPoolWithArgmax wants an input with elements, as in TensorFlow, which also checks a window over channels and
// then leaves it out of account: every channel is pooled by itself. The gradient of such a window has a channel for
// each window and a pixel for each of the input's.
#include "engine/ops/pool_shape.h"
#include "engine/ops/rows.h"
#include "engine/ops/staging.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

struct State : OpState {
  PoolSpec spec;
  bool batch_in_index = false;
};

Result<ConvSizes> SizesOf(const PoolSpec& spec, const Shape& input) {
  RIVULET_ASSIGN_OR_RETURN(ConvSizes sizes, PoolSizesOf(spec, input));
  sizes.out_c = sizes.in_c;
  return sizes;
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), 2, true));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, SizesOf(spec, c.shape(0)));
  if (c.shape(0).complete() && c.shape(0).num_elements() == 0) {
    return InvalidArgument("want an input with elements, got shape ", c.shape(0));
  }
  c.set_output(0, OutputShape(spec.window, sizes));
  c.set_output(1, OutputShape(spec.window, sizes));
  return Status();
}

Status InferGrad(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), 2, true));
  RIVULET_ASSIGN_OR_RETURN(ConvSizes sizes, PoolSizesOf(spec, c.shape(0)));
  if (spec.depth_window != 1) sizes.out = sizes.in;
  const Shape want = OutputShape(spec.window, sizes);
  for (int i = 1; i <= 2; ++i) {
    if (!MergeShapes(want, c.shape(i)).ok()) {
      return InvalidArgument(i == 1 ? "grad" : "argmax", ": want shape ", want, ", got ", c.shape(i));
    }
  }
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParsePoolSpec(c.attrs(), 2, true));
  state->batch_in_index = c.attrs().Bool("include_batch_in_index");
  return std::unique_ptr<OpState>(std::move(state));
}

// One channel of an output pixel: sets `out` to the maximum and returns its place in the image, or 0 where there is
// none.
using FindMaximum = int64_t (*)(const ConvSizes& s, int64_t pixel, int64_t channel, DType dtype, const void* image,
                                void* out);

template <typename T>
int64_t Maximum(const ConvSizes& s, int64_t pixel, int64_t channel, DType dtype, const void* image, void* out) {
  T best = LowestOf<T>(dtype);
  int64_t place = -1;
  ForWindow(s, pixel, [&](int64_t tap) {
    const int64_t at = tap * s.in_c + channel;
    const T value = static_cast<const T*>(image)[at];
    if (place < 0 || best < value) {
      best = value;
      place = at;
    }
  });
  *static_cast<T*>(out) = best;
  return std::max<int64_t>(place, 0);
}

void Pool(RunContext& c, const ConvSizes& s, FindMaximum find, const void* in, void* out) {
  const DType dtype = c.output(0).dtype(), computed = ComputeType(dtype);
  const int64_t channels = s.in_c;
  const int64_t image_size = s.in_pixels() * channels;
  const auto bytes = static_cast<int64_t>(ElementBytes(computed));
  const bool batch_in_index = c.state<State>().batch_in_index;
  Tensor& argmax = c.output(1);
  int32_t* const narrow = argmax.dtype() == DType::kInt32 ? argmax.data<int32_t>() : nullptr;
  int64_t* const wide = narrow == nullptr ? argmax.data<int64_t>() : nullptr;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(WindowWork(s) * static_cast<double>(channels)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t pixel = begin; pixel < end; ++pixel) {
                    const int64_t first = pixel / s.out_pixels() * image_size;
                    const void* image = ElementAt(in, computed, first);
                    char* to = ElementAt(out, computed, pixel * channels);
                    for (int64_t channel = 0; channel < channels; ++channel) {
                      const int64_t i = pixel * channels + channel;
                      const int64_t place =
                          find(s, pixel % s.out_pixels(), channel, dtype, image, to + channel * bytes);
                      const int64_t index = place + (batch_in_index ? first : 0);
                      if (narrow != nullptr) {
                        narrow[i] = static_cast<int32_t>(index);
                      } else {
                        wide[i] = index;
                      }
                    }
                  }
                });
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes s, SizesOf(state.spec, c.input(0).shape()));
  ScratchPieces pieces;
  const StagedInput input(c.input(0), true, pieces);
  const StagedOutput output(c.output(0), true, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* in = input.Fill(c, pieces);
  VisitLoops<kWidenInts, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      ComputeType(c.output(0).dtype()),
      [&]<typename T>(TypeTag<T>) { Pool(c, s, Maximum<T>, in, output.data(pieces)); });
  output.Finish(c, pieces);
  return Status();
}

// to[argmax] += grad; an index that is out of range is returned, else -1.
template <typename T>
int64_t Scatter(const T* grad, const Tensor& argmax, int64_t image_size, int64_t image_outputs, bool batch_in_index,
                int64_t size, T* to) {
  const bool narrow = argmax.dtype() == DType::kInt32;
  std::fill_n(to, size, T(0));
  for (int64_t i = 0; i < argmax.num_elements(); ++i) {
    const int64_t index = narrow ? argmax.data<int32_t>()[i] : argmax.data<int64_t>()[i];
    if (index < 0 || index >= (batch_in_index ? size : image_size)) return i;
    T& sum = to[batch_in_index ? index : index + i / image_outputs * image_size];
    sum = WrappingSum(sum, grad[i]);
  }
  return -1;
}

Status RunGrad(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& argmax = c.input(2);
  const int64_t size = c.output(0).num_elements();
  if (size == 0) return Status();
  const int64_t image_size = size / c.output(0).dim(0);
  const int64_t image_outputs = std::max<int64_t>(argmax.num_elements() / c.output(0).dim(0), 1);
  ScratchPieces pieces;
  const StagedInput grad(c.input(1), true, pieces);
  const StagedOutput output(c.output(0), true, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* from = grad.Fill(c, pieces);
  void* to = output.data(pieces);
  int64_t bad = -1;
  const auto scatter = [&]<typename T>(T) {
    bad = Scatter<T>(static_cast<const T*>(from), argmax, image_size, image_outputs, state.batch_in_index, size,
                     static_cast<T*>(to));
  };
  switch (ComputeType(c.output(0).dtype())) {
    case DType::kFloat: scatter(float()); break;
    case DType::kDouble: scatter(double()); break;
    case DType::kInt64:
    case DType::kUint64: scatter(uint64_t()); break;
    case DType::kInt32: scatter(uint32_t()); break;
    default:
      if constexpr (kHasLoops<kWidenInts, uint32_t>) {
        switch (ElementBytes(c.output(0).dtype())) {
          case 1: scatter(uint8_t()); break;
          case 2: scatter(uint16_t()); break;
          case 4: scatter(uint32_t()); break;
        }
      }
  }
  if (bad >= 0) {
    const int64_t index = argmax.dtype() == DType::kInt32 ? argmax.data<int32_t>()[bad] : argmax.data<int64_t>()[bad];
    return InvalidArgument("argmax: want [0, ", state.batch_in_index ? size : image_size, "), got ", index,
                           " at element ", bad);
  }
  output.Finish(c, pieces);
  return Status();
}

#define RIVULET_ATTRS                                                            \
  "ksize:list(int) >=4; strides:list(int) >=4; padding:string in {SAME,VALID}; " \
  "include_batch_in_index:bool=false; T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}; "

constexpr OpDef kDefs[] = {
    {.name = "MaxPoolGradWithArgmax",
     .inputs = "input:T, grad:T, argmax:Targmax",
     .outputs = "output:T",
     .attrs = RIVULET_ATTRS "Targmax:type in {i32,i64}",
     .infer = InferGrad,
     .prepare = Prepare,
     .run = kWidened<RunGrad, kWidenInts, State>},
    {.name = "MaxPoolWithArgmax",
     .inputs = "input:T",
     .outputs = "output:T, argmax:Targmax",
     .attrs = RIVULET_ATTRS "Targmax:type=i64 in {i32,i64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenInts, State>},
};

}  // namespace

RIVULET_OP_LIST(MaxPoolArgmax, kDefs);

}  // namespace rivulet

// _DepthwiseSteps: a depthwise convolution in floats and the steps that follow it (code_steps.h).
//
//   x, filter, arguments..              {steps}  ->  y, min, max       x of float
//   x, filter, min, max, arguments..    {steps}  ->  y, min, max       x of quint8, in floats by Dequantize, MIN_FIRST
//
// Where `has_bias` is set, the first of the arguments is one float a channel, which is added before the steps.
//
// TensorFlow leaves depthwise convolutions of its 8-bit graphs in floats. Here a thread makes floats of some rows of
// codes, and keeps the extremes of each channel of the results while these are in a near cache, so that nothing is read
// for them again. The sums are those of DepthwiseConv2dNative, bit for bit.
#include <algorithm>

#include "engine/kernels/depthwise.h"
#include "engine/ops/code_steps.h"
#include "engine/ops/conv_loops.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/quantized_ranges.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

struct State : OpState {
  WindowSpec spec;
  CodeSteps steps;
  bool of_codes = false;
  int bias_input = -1;
};

bool IsOfCodes(DType dtype) { return dtype == DType::kQuint8; }

Status Infer(InferContext& c) {
  const bool of_codes = IsOfCodes(c.dtype(0)), has_bias = c.attrs().Bool("has_bias");
  const int first = (of_codes ? 4 : 2) + (has_bias ? 1 : 0);
  if (c.num_inputs() < first) return InvalidArgument("want ", first, " inputs and more, got ", c.num_inputs());
  for (int i = 2; i < first; ++i) {
    if (c.dtype(i) != DType::kFloat) return InvalidArgument("input ", i, ": want float, got ", c.dtype(i));
    if (!has_bias || i + 1 < first) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  }
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindowSpec(c.attrs(), 2));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes,
                           ComputeConvSizes(spec, c.shape(0), c.shape(1), FilterKind::kDepthwise));
  RIVULET_RETURN_IF_ERROR(
      CheckCodeSteps(c.attrs().Strs("steps"), StageType::kFloats, c.num_inputs() - first, c.output_dtype(0)));
  c.set_output(0, OutputShape(spec, sizes));
  c.set_output(1, {});
  c.set_output(2, {});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParseWindowSpec(c.attrs(), 2));
  state->of_codes = IsOfCodes(c.dtype(0));
  const int first = state->of_codes ? 4 : 2;
  if (c.attrs().Bool("has_bias")) state->bias_input = first;
  state->steps = ReadCodeSteps(c.attrs().Strs("steps"), first + (state->bias_input >= 0 ? 1 : 0));
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor &x = c.input(0), &filter = c.input(1);
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes,
                           ComputeConvSizes(state.spec, x.shape(), filter.shape(), FilterKind::kDepthwise));
  DepthwiseSource from;
  if (state.of_codes) {
    const Decoder<uint8_t> decode({c.input(2).data<float>()[0], c.input(3).data<float>()[0]});
    from.codes = static_cast<const uint8_t*>(x.raw());
    from.factor = decode.step;
    from.term = decode.low;
  } else {
    from.floats = x.data<float>();
  }
  const float* bias = nullptr;
  if (state.bias_input >= 0) {
    const Tensor& row = c.input(state.bias_input);
    if (row.num_elements() != sizes.out_c) {
      return InvalidArgument("bias: want ", sizes.out_c, " elements, got ", row.shape());
    }
    bias = row.data<float>();
  }
  CodeStepsSource source;
  source.count = c.output(0).num_elements();
  source.channels = sizes.out_c;
  const int threads = c.pool().num_threads();
  const DepthwiseGeometry geometry = ToDepthwiseGeometry(sizes);
  ScratchPieces pieces;
  const int64_t extremes =
      pieces.Add(CheckedSize(ExtremesElements(source.channels, threads)) * static_cast<int64_t>(sizeof(float)));
  const int64_t rows = pieces.Add(DepthwiseScratchBytes(from, geometry, threads));
  const int64_t memory = pieces.Add(CodeStepsBytes(state.steps, source.channels, threads));
  const int64_t floats = pieces.AddCentered(CheckedSize(source.count) * static_cast<int64_t>(sizeof(float)));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  auto* sums = pieces.At<float>(floats);
  auto* ends = state.steps.finds && source.count > 0 ? pieces.At<float>(extremes) : nullptr;
  if (EmptyFilter(sizes)) {
    for (int64_t i = 0; i < source.count; ++i) sums[i] = bias != nullptr ? bias[i % source.channels] : 0.0f;
  } else {
    DepthwiseConv2DOf(from, filter.data<float>(), geometry, bias, sums, ends, pieces.At<float>(rows), c.pool(),
                      c.stop());
    source.extremes = ends;
  }
  source.values.type = StageType::kFloats;
  source.values.values = sums;
  return RunCodeSteps(c, state.steps, source, pieces.At<void>(memory));
}

}  // namespace

const OpDef kDepthwiseSteps = {
    .name = "_DepthwiseSteps",
    .inputs = "x:Tx, filter:f32, arguments:list(Targ)",
    .outputs = "y:T, min:f32, max:f32",
    .attrs =
        "Tx:type in {qu8,f32}; Targ:list(type); T:type in {qu8,f32}; steps:list(string); has_bias:bool=false; "
        "strides:list(int); "
        "padding:string in {SAME,VALID,EXPLICIT}; explicit_paddings:list(int)=[]; dilations:list(int)=[1,1,1,1]",
    .infer = Infer,
    .prepare = Prepare,
    .run = Run};

}  // namespace rivulet

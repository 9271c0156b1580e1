// Conv2D, Conv3D, DepthwiseConv2dNative and their fused forms:
//
//   out[n, y, x, o] = sum over i, j, c of in[n, y * stride - pad + i * dilation, .., c] * filter[i, j, c, o]
//
// input [batch, spatial.., in_c] (NHWC, NDHWC) or [batch, in_c, spatial..] (NCHW, NCDHW), filter [spatial.., in_c /
// groups, out_c]; the groups are those that make the channels fit. Depthwise: filter [h, w, in_c, multiplier], output
// channel c * multiplier + j is input channel c under its filter j. What lies outside the input counts as zero.
// The fused forms go on as fused_tail.h says.
//
// Beyond TensorFlow's CPU kernels: NCHW and NCDHW, groups and dilations in three dimensions, dilations and unequal
// strides of depthwise filters.
#include "engine/ops/conv_forward.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status CheckTail(const InferContext& c, const WindowSpec& spec, const Shape& output) {
  RIVULET_ASSIGN_OR_RETURN(const FusedTail tail, ParseFusedTail(c.attrs()));
  if (c.attrs().Has("num_args") && c.attrs().Int("num_args") < tail.num_args()) {
    return InvalidArgument("attr 'num_args': want ", tail.num_args(), " for attr 'fused_ops', got ",
                           c.attrs().Int("num_args"));
  }
  return CheckTailArgs(c, tail, output, spec.format().channel_axis());
}

Status Infer(InferContext& c, int spatial_rank, FilterKind kind, bool fused) {
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindowSpec(c.attrs(), spatial_rank));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(spec, c.shape(0), c.shape(1), kind));
  const Shape output = OutputShape(spec, sizes);
  if (fused) RIVULET_RETURN_IF_ERROR(CheckTail(c, spec, output));
  c.set_output(0, output);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int spatial_rank, FilterKind kind, bool fused) {
  auto state = std::make_unique<ConvState>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParseWindowSpec(c.attrs(), spatial_rank));
  state->kind = kind;
  if (fused) {
    RIVULET_ASSIGN_OR_RETURN(state->tail, ParseFusedTail(c.attrs()));
  }
  RIVULET_RETURN_IF_ERROR(PrepareConvFilter(c, c.shape(0), state.get()));
  return std::unique_ptr<OpState>(std::move(state));
}

constexpr OpDef kDefs[] = {
    {.name = "Conv2D",
     .inputs = "input:T, filter:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64,i32}; strides:list(int); use_cudnn_on_gpu:bool=true; "
              "padding:string in {SAME,VALID,EXPLICIT}; explicit_paddings:list(int)=[]; "
              "data_format:string=\"NHWC\" in {NHWC,NCHW}; dilations:list(int)=[1,1,1,1]",
     .infer = With<Infer, 2, FilterKind::kDense, false>,
     .prepare = With<Prepare, 2, FilterKind::kDense, false>,
     .run = RunConv},
    {.name = "Conv3D",
     .inputs = "input:T, filter:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; strides:list(int) >=5; padding:string in {SAME,VALID}; "
              "data_format:string=\"NDHWC\" in {NDHWC,NCDHW}; dilations:list(int)=[1,1,1,1,1]",
     .infer = With<Infer, 3, FilterKind::kDense, false>,
     .prepare = With<Prepare, 3, FilterKind::kDense, false>,
     .run = RunConv},
    {.name = "DepthwiseConv2dNative",
     .inputs = "input:T, filter:T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; strides:list(int); padding:string in {SAME,VALID,EXPLICIT}; "
              "explicit_paddings:list(int)=[]; data_format:string=\"NHWC\" in {NHWC,NCHW}; "
              "dilations:list(int)=[1,1,1,1]",
     .infer = With<Infer, 2, FilterKind::kDepthwise, false>,
     .prepare = With<Prepare, 2, FilterKind::kDepthwise, false>,
     .run = RunConv},
    {.name = "_FusedConv2D",
     .inputs = "input:T, filter:T, args:list(TArgs), host_args:num_host_args*f32",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; TArgs:list(type); num_args:int=0; num_host_args:int=0; strides:list(int); "
              "padding:string in {SAME,VALID,EXPLICIT}; explicit_paddings:list(int)=[]; "
              "data_format:string=\"NHWC\" in {NHWC,NCHW}; filter_format:string=\"HWIO\" in {HWIO}; "
              "dilations:list(int)=[1,1,1,1]; use_cudnn_on_gpu:bool=true; fused_ops:list(string)=[]; "
              "epsilon:float=0.0001; leakyrelu_alpha:float=0.2",
     .infer = With<Infer, 2, FilterKind::kDense, true>,
     .prepare = With<Prepare, 2, FilterKind::kDense, true>,
     .run = RunConv},
    {.name = "_FusedConv3D",
     .inputs = "input:T, filter:T, args:num_args*T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32}; num_args:int; strides:list(int) >=5; padding:string in {SAME,VALID}; "
              "data_format:string=\"NDHWC\" in {NDHWC,NCDHW}; dilations:list(int)=[1,1,1,1,1]; "
              "fused_ops:list(string)=[]; epsilon:float=0.0001; leakyrelu_alpha:float=0.2",
     .infer = With<Infer, 3, FilterKind::kDense, true>,
     .prepare = With<Prepare, 3, FilterKind::kDense, true>,
     .run = RunConv},
    {.name = "_FusedDepthwiseConv2dNative",
     .inputs = "input:T, filter:T, args:num_args*T",
     .outputs = "output:T",
     .attrs = "T:type in {f16,bf16,f32,f64}; num_args:int; strides:list(int); "
              "padding:string in {SAME,VALID,EXPLICIT}; explicit_paddings:list(int)=[]; "
              "data_format:string=\"NHWC\" in {NHWC,NCHW}; dilations:list(int)=[1,1,1,1]; fused_ops:list(string)=[]; "
              "epsilon:float=0.0001; leakyrelu_alpha:float=0.2",
     .infer = With<Infer, 2, FilterKind::kDepthwise, true>,
     .prepare = With<Prepare, 2, FilterKind::kDepthwise, true>,
     .run = RunConv},
};

}  // namespace

RIVULET_OP_LIST(Conv, kDefs);

}  // namespace rivulet

// QuantizedConv2D and QuantizedDepthwiseConv2D with what follows them: WithBias, Sum, AndRelu, AndRequantize, and with
// a range for each channel. Formulas and deviations: quantized_conv.h. padding_list is top, bottom, left and right
// between zeros, and takes the place of padding.
#include <memory>
#include <vector>

#include "engine/ops/quantized_conv.h"

namespace rivulet {
namespace {

enum class Sum { kNone, kNumbers, kCodes };

// The operands as the operators of these names have them.
constexpr QuantizedConvForm Form(bool bias, bool codes, bool relu, Sum sum = Sum::kNone) {
  QuantizedConvForm form;
  form.relu = relu;
  int next = 2;
  if (bias) form.bias = next++;
  form.ranges = next;
  next += 4;
  if (codes) {
    form.output_range = next;
    next += 2;
  }
  if (sum != Sum::kNone) form.summand = next++;
  if (sum == Sum::kCodes) form.summand_range = next;
  return form;
}

constexpr QuantizedConvForm Depthwise(QuantizedConvForm form) {
  form.kind = FilterKind::kDepthwise;
  return form;
}

constexpr QuantizedConvForm OneRange(QuantizedConvForm form) {
  form.channel_ranges = false;
  return form;
}

Result<WindowSpec> SpecOf(const AttrReader& attrs) {
  RIVULET_ASSIGN_OR_RETURN(WindowSpec spec, ParseWindowSpec(attrs, 2));
  if (const std::vector<int64_t> list = attrs.Ints("padding_list"); !list.empty()) {
    RIVULET_RETURN_IF_ERROR(SetPadding("EXPLICIT", list, &spec, "padding_list"));
  }
  return spec;
}

template <QuantizedConvForm kForm>
Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, SpecOf(c.attrs()));
  return InferQuantizedConv(c, kForm, spec);
}

template <QuantizedConvForm kForm>
Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, SpecOf(c.attrs()));
  return PrepareQuantizedConv(c, kForm, spec);
}

Status Run(RunContext& c) { return RunQuantizedConv(c, c.state<QuantizedConvState>()); }

#define RIVULET_RANGES "min_input:f32, max_input:f32, min_filter:f32, max_filter:f32"
#define RIVULET_PLAIN "input:Tinput, filter:Tfilter, " RIVULET_RANGES
#define RIVULET_BIASED(bias) "input:Tinput, filter:Tfilter, bias:" bias ", " RIVULET_RANGES
#define RIVULET_ASKED ", min_freezed_output:f32, max_freezed_output:f32"
#define RIVULET_SUMMAND ", summand:Tsummand, min_summand:f32, max_summand:f32"
#define RIVULET_OUTPUTS "output:out_type, min_output:f32, max_output:f32"
#define RIVULET_U8 "Tinput:type in {qu8}; Tfilter:type in {qi8}; "
#define RIVULET_8 "Tinput:type in {qi8,qu8}; Tfilter:type in {qi8}; "
#define RIVULET_TBIAS "Tbias:type in {f32,qi32}; "
#define RIVULET_OUT(t) "out_type:type=" t " in {" t "}; "
#define RIVULET_WINDOW "strides:list(int); padding:string in {SAME,VALID}; dilations:list(int)=[1,1,1,1]"
#define RIVULET_PADDED RIVULET_WINDOW "; padding_list:list(int)=[]"
#define RIVULET_FUNCTIONS(form) .infer = Infer<form>, .prepare = Prepare<form>, .run = Run

constexpr QuantizedConvForm kSums = Form(false, false, false);
constexpr QuantizedConvForm kSumsRelu = Form(false, false, true);
constexpr QuantizedConvForm kCodes = OneRange(Form(false, true, false));
constexpr QuantizedConvForm kCodesRelu = Form(false, true, true);
constexpr QuantizedConvForm kBias = Form(true, false, false);
constexpr QuantizedConvForm kBiasRelu = Form(true, false, true);
constexpr QuantizedConvForm kBiasCodes = Form(true, true, false);
constexpr QuantizedConvForm kBiasCodesRelu = Form(true, true, true);
constexpr QuantizedConvForm kBiasNumbers = Form(true, false, true, Sum::kNumbers);
constexpr QuantizedConvForm kBiasCodesSum = Form(true, true, true, Sum::kCodes);
constexpr QuantizedConvForm kDepthwiseSums = Depthwise(kSums);
constexpr QuantizedConvForm kDepthwiseBias = Depthwise(kBias);
constexpr QuantizedConvForm kDepthwiseBiasRelu = Depthwise(kBiasRelu);
constexpr QuantizedConvForm kDepthwiseBiasCodesRelu = Depthwise(kBiasCodesRelu);

constexpr OpDef kDefs[] = {
    {.name = "QuantizedConv2DAndRelu",
     .inputs = RIVULET_PLAIN,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_OUT("qi32") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kSumsRelu)},
    {.name = "QuantizedConv2DAndReluAndRequantize",
     .inputs = RIVULET_PLAIN RIVULET_ASKED,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_OUT("qu8") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kCodesRelu)},
    {.name = "QuantizedConv2DAndRequantize",
     .inputs = RIVULET_PLAIN RIVULET_ASKED,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_OUT("qi8") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kCodes)},
    {.name = "QuantizedConv2DPerChannel",
     .inputs = RIVULET_PLAIN,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_OUT("qi32") RIVULET_WINDOW,
     RIVULET_FUNCTIONS(kSums)},
    {.name = "QuantizedConv2DWithBias",
     .inputs = RIVULET_BIASED("f32"),
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_8 RIVULET_OUT("qi32") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kBias)},
    {.name = "QuantizedConv2DWithBiasAndRelu",
     .inputs = RIVULET_BIASED("f32"),
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_8 RIVULET_OUT("qi32") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kBiasRelu)},
    {.name = "QuantizedConv2DWithBiasAndReluAndRequantize",
     .inputs = RIVULET_BIASED("Tbias") RIVULET_ASKED,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_8 RIVULET_TBIAS RIVULET_OUT("qu8") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kBiasCodesRelu)},
    {.name = "QuantizedConv2DWithBiasAndRequantize",
     .inputs = RIVULET_BIASED("Tbias") RIVULET_ASKED,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_8 RIVULET_TBIAS RIVULET_OUT("qi8") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kBiasCodes)},
    {.name = "QuantizedConv2DWithBiasSignedSumAndReluAndRequantize",
     .inputs = RIVULET_BIASED("Tbias") RIVULET_ASKED RIVULET_SUMMAND,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_TBIAS "Tsummand:type in {qi8}; " RIVULET_OUT("qu8") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kBiasCodesSum)},
    {.name = "QuantizedConv2DWithBiasSumAndRelu",
     .inputs = RIVULET_BIASED("f32") ", summand:f32",
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_OUT("qi32") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kBiasNumbers)},
    {.name = "QuantizedConv2DWithBiasSumAndReluAndRequantize",
     .inputs = RIVULET_BIASED("Tbias") RIVULET_ASKED RIVULET_SUMMAND,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_TBIAS "Tsummand:type in {qu8}; " RIVULET_OUT("qu8") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kBiasCodesSum)},
    {.name = "QuantizedDepthwiseConv2D",
     .inputs = RIVULET_PLAIN,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_OUT("qi32") RIVULET_WINDOW,
     RIVULET_FUNCTIONS(kDepthwiseSums)},
    {.name = "QuantizedDepthwiseConv2DWithBias",
     .inputs = RIVULET_BIASED("f32"),
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_OUT("qi32") RIVULET_WINDOW,
     RIVULET_FUNCTIONS(kDepthwiseBias)},
    {.name = "QuantizedDepthwiseConv2DWithBiasAndRelu",
     .inputs = RIVULET_BIASED("f32"),
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_OUT("qi32") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kDepthwiseBiasRelu)},
    {.name = "QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize",
     .inputs = RIVULET_BIASED("Tbias") RIVULET_ASKED,
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_U8 RIVULET_TBIAS RIVULET_OUT("qu8") RIVULET_PADDED,
     RIVULET_FUNCTIONS(kDepthwiseBiasCodesRelu)},
};
#undef RIVULET_RANGES
#undef RIVULET_PLAIN
#undef RIVULET_BIASED
#undef RIVULET_ASKED
#undef RIVULET_SUMMAND
#undef RIVULET_OUTPUTS
#undef RIVULET_U8
#undef RIVULET_8
#undef RIVULET_TBIAS
#undef RIVULET_OUT
#undef RIVULET_WINDOW
#undef RIVULET_PADDED
#undef RIVULET_FUNCTIONS

}  // namespace

RIVULET_OP_LIST(QuantizedConvFused, kDefs);

}  // namespace rivulet

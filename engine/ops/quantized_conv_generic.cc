// _FusedQuantizedConv2D, _FusedQuantizedDepthwiseConv2D: the convolutions of quantized_conv.h with what follows them in
// an attribute.
//
//   device_inputs: input, filter, bias where it is added, summand where it is
//   host_inputs: min_input, max_input, min_filter, max_filter, min_summand and max_summand where it is of codes,
//     min_freezed_output and max_freezed_output where results are requantised
//   fused_ops: some of BiasAdd, Sum, Relu, Requantize, in this order; Sum comes after BiasAdd and before Relu
//
// Sum takes numbers where the output is of qint32, and codes where it is of quint8. Only NHWC.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ops/quantized_conv.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct Fused {
  bool bias = false;
  bool sum = false;
  bool relu = false;
  bool requantize = false;
};

Result<Fused> ReadFused(const std::vector<std::string>& names) {
  Fused fused;
  const std::array<std::pair<std::string_view, bool*>, 4> known = {
      {{"BiasAdd", &fused.bias}, {"Sum", &fused.sum}, {"Relu", &fused.relu}, {"Requantize", &fused.requantize}}};
  size_t next = 0;
  for (const std::string& name : names) {
    while (next < known.size() && known[next].first != name) ++next;
    if (next == known.size()) {
      return Unimplemented("attr 'fused_ops': want some of BiasAdd, Sum, Relu, Requantize in this order, got ",
                           Quoted(name));
    }
    *known[next++].second = true;
  }
  if (fused.sum && !(fused.bias && fused.relu)) return Unimplemented("attr 'fused_ops': Sum without BiasAdd and Relu");
  return fused;
}

// Only quint8, and without a range of its own qint32, is the output of a sum.
Status CheckTypes(const Fused& fused, DType summand, DType out) {
  if (fused.requantize == (out == DType::kQint32)) {
    return InvalidArgument("attr 'out_type': want ", fused.requantize ? "qint8 or quint8 with" : "qint32 without",
                           " Requantize, got ", out);
  }
  const bool fits = !fused.sum ? summand == out
                    : fused.requantize
                        ? out == DType::kQuint8 && (summand == DType::kQuint8 || summand == DType::kQint8)
                        : summand == DType::kFloat;
  if (fits) return Status();
  return InvalidArgument("attr 'Tsummand': ", summand, " does not go with an output of ", out,
                         fused.sum ? " and Sum" : " without Sum");
}

// From the attributes, with the number and types of operands checked.
template <typename Context>
Result<QuantizedConvForm> FormOf(const Context& c, FilterKind kind) {
  const AttrReader attrs = c.attrs();
  RIVULET_ASSIGN_OR_RETURN(const Fused fused, ReadFused(attrs.Strs("fused_ops")));
  const DType summand = attrs.Type("Tsummand");
  RIVULET_RETURN_IF_ERROR(CheckTypes(fused, summand, attrs.Type("out_type")));
  QuantizedConvForm form;
  form.kind = kind;
  form.relu = fused.relu;
  std::vector<DType> wanted = {attrs.Type("Tinput"), attrs.Type("Tfilter")};
  const auto add = [&wanted](int count, DType dtype) {
    const auto first = static_cast<int>(wanted.size());
    wanted.insert(wanted.end(), static_cast<size_t>(count), dtype);
    return first;
  };
  if (fused.bias) form.bias = add(1, attrs.Type("Tbias"));
  if (fused.sum) form.summand = add(1, summand);
  form.ranges = add(4, DType::kFloat);
  if (fused.sum && fused.requantize) form.summand_range = add(2, DType::kFloat);
  if (fused.requantize) form.output_range = add(2, DType::kFloat);
  if (c.num_inputs() != static_cast<int>(wanted.size())) {
    return InvalidArgument("want ", wanted.size(), " inputs, got ", c.num_inputs());
  }
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.dtype(i) != wanted[static_cast<size_t>(i)]) {
      return InvalidArgument("input ", i, ": want ", wanted[static_cast<size_t>(i)], ", got ", c.dtype(i));
    }
  }
  return form;
}

Result<WindowSpec> SpecOf(const AttrReader& attrs) {
  RIVULET_ASSIGN_OR_RETURN(WindowSpec spec, ParseWindowSpec(attrs, 2));
  if (!spec.channels_last) return Unimplemented("attr 'data_format': want NHWC, got NCHW");
  return spec;
}

Status Infer(InferContext& c, FilterKind kind) {
  RIVULET_ASSIGN_OR_RETURN(const QuantizedConvForm form, FormOf(c, kind));
  const bool fits = c.num_outputs() == 3 && c.output_dtype(0) == c.attrs().Type("out_type") &&
                    c.output_dtype(1) == DType::kFloat && c.output_dtype(2) == DType::kFloat;
  if (!fits) return InvalidArgument("outputs: want one of out_type and two of float");
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, SpecOf(c.attrs()));
  return InferQuantizedConv(c, form, spec);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, FilterKind kind) {
  RIVULET_ASSIGN_OR_RETURN(const QuantizedConvForm form, FormOf(c, kind));
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, SpecOf(c.attrs()));
  return PrepareQuantizedConv(c, form, spec);
}

Status Run(RunContext& c) { return RunQuantizedConv(c, c.state<QuantizedConvState>()); }

#define RIVULET_SIGNATURE                                                                                         \
  .inputs = "device_inputs:list(Tdevice_inputs), host_inputs:list(Thost_inputs)",                                 \
  .outputs = "device_outputs:list(Tdevice_outputs), host_outputs:list(Thost_outputs)",                            \
  .attrs =                                                                                                        \
      "Tinput:type=qu8 in {qi8,qu8}; Tfilter:type=qi8 in {qi8}; Tbias:type=qi32 in {f32,qi32}; "                  \
      "Tsummand:type in {f32,qi8,qu8,qi32}; out_type:type=qi32 in {qi8,qu8,qi32}; Tdevice_inputs:list(type)=[]; " \
      "Thost_inputs:list(type); Tdevice_outputs:list(type)=[] in {qi8,qu8,qi32}; Thost_outputs:list(type); "      \
      "data_format:string=\"NHWC\"; strides:list(int); is_filter_const:bool=true; is_bias_const:bool=true; "      \
      "padding:string in {SAME,VALID,EXPLICIT}; explicit_paddings:list(int)=[]; dilations:list(int)=[1,1,1,1]; "  \
      "fused_ops:list(string)=[]; alpha:float=0"
constexpr OpDef kDefs[] = {
    {.name = "_FusedQuantizedConv2D",
     RIVULET_SIGNATURE,
     .infer = With<Infer, FilterKind::kDense>,
     .prepare = With<Prepare, FilterKind::kDense>,
     .run = Run},
    {.name = "_FusedQuantizedDepthwiseConv2D",
     RIVULET_SIGNATURE,
     .infer = With<Infer, FilterKind::kDepthwise>,
     .prepare = With<Prepare, FilterKind::kDepthwise>,
     .run = Run},
};
#undef RIVULET_SIGNATURE

}  // namespace

RIVULET_OP_LIST(QuantizedConvGeneric, kDefs);

}  // namespace rivulet

// quantize_nodes: float operators become 8-bit ones, each between the quantising of its inputs and its dequantising.
//
//   y = Relu(x)   becomes   min = Min(x), max = Max(x), q = QuantizeV2(x, min, max),
//                           y/eightbit = QuantizedRelu(q, q:1, q:2), y = Dequantize(y/eightbit, :1, :2)
//
// Between neighbours the two cancel out. The operators are in quantized_ops.cc; one whose 8-bit form would compute
// something else (other formats, dilations, broadcasts, windows) stays float, and the reason is reported. Weights are
// best made 8-bit before, by quantize_weights.
#include <cmath>
#include <cstdlib>

#include "engine/base/errors.h"
#include "prepare/quantize.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Result<float> Number(const Arguments& arguments, const std::string& name) {
  RIVULET_ASSIGN_OR_RETURN(const std::string text, arguments.One(name, ""));
  char* end = nullptr;
  const float value = std::strtof(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) {
    return InvalidArgument("argument '", name, "': want a number, got '", text, "'");
  }
  return value;
}

// Nothing where neither end is given.
Result<std::optional<FloatRange>> Range(const Arguments& arguments, const std::string& stem) {
  const std::string low = stem + "_min", high = stem + "_max";
  if (!arguments.Has(low) && !arguments.Has(high)) return std::optional<FloatRange>();
  if (!arguments.Has(low) || !arguments.Has(high)) {
    return InvalidArgument("want both '", low, "' and '", high, "', or neither");
  }
  FloatRange range;
  RIVULET_ASSIGN_OR_RETURN(range.min, Number(arguments, low));
  RIVULET_ASSIGN_OR_RETURN(range.max, Number(arguments, high));
  if (range.min > 0 || range.max < 0 || range.min >= range.max) {
    return InvalidArgument("want a range that contains 0, got ", range.min, " to ", range.max);
  }
  return std::optional<FloatRange>(range);
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  QuantizeOptions options;
  RIVULET_ASSIGN_OR_RETURN(options.input, Range(context.arguments, "input"));
  RIVULET_ASSIGN_OR_RETURN(options.fallback, Range(context.arguments, "fallback"));
  for (std::string& op : context.arguments.All("ignore_op")) options.ignored_ops.insert(std::move(op));
  GraphDef changed = graph;
  RIVULET_RETURN_IF_ERROR(QuantizePlaceholders(options, context, changed));
  RIVULET_RETURN_IF_ERROR(HoistFakeQuants(context, changed));
  RIVULET_RETURN_IF_ERROR(ConvertFakeQuants(context, changed));
  RIVULET_RETURN_IF_ERROR(ReplaceOps(options, context, changed));
  RIVULET_RETURN_IF_ERROR(MergeRequantizes(context, changed));
  RIVULET_RETURN_IF_ERROR(kMergeDuplicateNodes.apply(changed, context));
  RIVULET_RETURN_IF_ERROR(RemoveRedundantQuantizes(context, changed));
  graph = std::move(changed);
  return Status();
}

}  // namespace

const Transform kQuantizeNodes = {"quantize_nodes", "fallback_max fallback_min ignore_op input_max input_min", Apply,
                                  Promise::kLossy};

}  // namespace rivulet::prepare

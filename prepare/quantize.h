// The steps of quantize_nodes, in their order: float operators become 8-bit ones.
#ifndef RIVULET_PREPARE_QUANTIZE_H_
#define RIVULET_PREPARE_QUANTIZE_H_

#include <optional>
#include <string>

#include "prepare/names.h"
#include "prepare/transform.h"

namespace rivulet::prepare {

struct FloatRange {
  float min = 0, max = 0;
};

struct QuantizeOptions {
  std::optional<FloatRange> input;     // of all float placeholders, which then take quint8
  std::optional<FloatRange> fallback;  // of results, instead of measuring them in every run
  NameSet ignored_ops;
};

// Float placeholders become quint8 ones, with a Dequantize of the input's range behind.
Status QuantizePlaceholders(const QuantizeOptions& options, const TransformContext& context, GraphDef& graph);

// A FakeQuantWithMinMaxVars moves in front of up to three operators that its rounding commutes with, so that it follows
// the operator whose range it tells.
Status HoistFakeQuants(const TransformContext& context, GraphDef& graph);

// A FakeQuantWithMinMaxVars of 8 bits and constant range becomes a Requantize to that range, with a QuantizeV2 before
// and a Dequantize behind, which has its name.
Status ConvertFakeQuants(const TransformContext& context, GraphDef& graph);

// Operators of the table in quantized_ops.h become 8-bit ones between QuantizeV2 and Dequantize.
Status ReplaceOps(const QuantizeOptions& options, const TransformContext& context, GraphDef& graph);

// Requantize(QuantizeV2(Dequantize(Requantize(x, measured range))), constant range) is one Requantize of x.
Status MergeRequantizes(const TransformContext& context, GraphDef& graph);

// A QuantizeV2 that measures what a Dequantize gives reads the 8-bit tensor instead.
Status RemoveRedundantQuantizes(const TransformContext& context, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_QUANTIZE_H_

// quantize_weights: large float weights become 8-bit ones with their range, and a Dequantize under the old name.
//
//   X = Const float -> X_quantized_const (quint8), X_quantized_min, X_quantized_max; X = Dequantize of them, mode
//   MIN_FIRST
//
// The range is widened so that it contains 0. What has an infinity in it stays as it is, and is told.
#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

struct Range {
  float min = 0, max = 0;
};

Range RangeOf(std::span<const float> values) {
  Range range;
  for (const float value : values) {
    range.min = std::min(range.min, value);
    range.max = std::max(range.max, value);
  }
  if (range.min == range.max) range.max = range.min + 1;  // zeros
  return range;
}

// As TensorFlow's QuantizeV2 in mode MIN_FIRST.
Result<Tensor> Quantize(const Tensor& values, Range range) {
  RIVULET_ASSIGN_OR_RETURN(Tensor levels, Tensor::Allocate(DType::kQuint8, values.shape(), *Allocator::Create()));
  const auto scale = static_cast<float>(255.0 / (range.max - range.min));
  const float first = std::round(range.min * scale);
  auto* out = levels.data<uint8_t>();
  for (const float value : values.values<float>()) {
    *out++ = static_cast<uint8_t>(std::min(std::max(std::round(value * scale) - first, 0.0f), 255.0f));
  }
  return levels;
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t least, context.arguments.Int("minimum_size", 1024));
  std::vector<NodeDef> nodes;
  for (NodeDef& node : graph.nodes) {
    if (!IsFloatConst(node)) {
      nodes.push_back(std::move(node));
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(const Tensor values, ValueOf(node));
    if (values.num_elements() < least || values.num_elements() == 0) {
      nodes.push_back(std::move(node));
      continue;
    }
    if (!AreFinite(values.values<float>())) {
      if (context.report != nullptr) context.report(Cat("Constant '", node.name, "' is not finite and stays float"));
      nodes.push_back(std::move(node));
      continue;
    }
    const Range range = RangeOf(values.values<float>());
    if (!context.MayRewrite(node.name)) {
      nodes.push_back(std::move(node));
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(const Tensor levels, Quantize(values, range));
    NodeDef dequantize{.name = node.name, .op = "Dequantize", .device = node.device};
    nodes.push_back(MakeConst(node.name + "_quantized_const", levels));
    nodes.push_back(MakeConst(node.name + "_quantized_min", Tensor::Scalar(range.min)));
    nodes.push_back(MakeConst(node.name + "_quantized_max", Tensor::Scalar(range.max)));
    for (size_t i = nodes.size() - 3; i < nodes.size(); ++i) {
      nodes[i].device = node.device;
      dequantize.inputs.push_back(nodes[i].name);
    }
    // What the weight waited for, its readers still wait for: a loop's constants stand behind its switch.
    nodes[nodes.size() - 3].inputs = node.inputs;
    nodes[nodes.size() - 2].inputs = node.inputs;
    nodes[nodes.size() - 1].inputs = std::move(node.inputs);
    dequantize.attrs["T"] = Attr::OfType(DType::kQuint8);
    dequantize.attrs["mode"] = Attr::OfString("MIN_FIRST");
    nodes.push_back(std::move(dequantize));
  }
  graph.nodes = std::move(nodes);
  return Status();
}

}  // namespace

const Transform kQuantizeWeights = {"quantize_weights", "minimum_size", Apply, Promise::kLossy};

}  // namespace rivulet::prepare

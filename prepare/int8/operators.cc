#include "prepare/int8/operators.h"

#include "prepare/names.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace rivulet::prepare {
namespace {

template <size_t N>
bool IsOneOf(const std::string& op, const std::string_view (&ops)[N]) {
  return std::find(std::begin(ops), std::end(ops), op) != std::end(ops);
}

constexpr std::string_view kMovers[] = {"BatchToSpaceND", "DepthToSpace", "ExpandDims", "Identity",     "MaxPool",
                                        "MirrorPad",      "Pad",          "Relu",       "Reshape",      "Slice",
                                        "SpaceToBatchND", "SpaceToDepth", "Squeeze",    "StridedSlice", "Transpose"};

// Whether the constant names exactly the two axes of an image's height and width.
bool AreImageAxes(const Tensor& axes) {
  if (axes.num_elements() != 2) return false;
  int64_t sum = 0, product = 1;
  for (int64_t i = 0; i < 2; ++i) {
    const int64_t axis = axes.dtype() == DType::kInt32   ? axes.data<int32_t>()[i]
                         : axes.dtype() == DType::kInt64 ? axes.data<int64_t>()[i]
                                                         : 0;
    sum += axis;
    product *= axis;
  }
  return (sum == 3 && product == 2) || (sum == 5 && product == 6);  // 1 and 2, 2 and 3
}

struct Depth {
  int loops = 0, branches = 0;
};

}  // namespace

bool IsFloatProduct(const NodeDef& node) {
  return (node.op == "Conv2D" || node.op == "DepthwiseConv2dNative" || node.op == "MatMul") &&
         TypeAttr(node, "T") == DType::kFloat;
}

bool HasCodes(const Product& product) {
  if (product.node->op == "MatMul" && BoolAttr(*product.node, "transpose_a", false)) return false;
  const auto weights = product.filter.value.values<float>();
  return std::all_of(weights.begin(), weights.end(), [](float weight) { return std::isfinite(weight); });
}

bool IsBiasOf(GraphEdit& edit, const Product& product, const NodeDef& node) {
  if ((node.op != "BiasAdd" && node.op != "Add" && node.op != "AddV2") || NumDataInputs(node) != 2) return false;
  if (edit.Producer(node, 0) != product.node) return false;
  const std::optional<ConstInput> constant = edit.ReadConst(node, 1);
  if (!constant || constant->value.dtype() != DType::kFloat) return false;
  if (node.op != "BiasAdd") {
    return constant->value.num_elements() == product.channels && PerChannel(constant->value, product).has_value();
  }
  const bool channels_first = StringAttr(node, "data_format", "NHWC") == "NCHW";
  return (product.node->op == "MatMul" || channels_first == product.channels_first) && constant->value.rank() == 1 &&
         constant->value.dim(0) == product.channels;
}

bool IsConcat(const NodeDef& node) { return node.op == "ConcatV2" || node.op == "Concat"; }

std::vector<size_t> SoftInputs(GraphEdit& edit, const NodeDef& node) {
  if (TypeAttr(node, "T") != DType::kFloat) return {};
  const size_t count = NumDataInputs(node);
  std::vector<size_t> inputs;
  if ((node.op == "Add" || node.op == "AddV2" || node.op == "Mul") && count == 2) return {0, 1};
  if (node.op == "AvgPool" && count == 1) return {0};
  if (node.op == "Mean" && count == 2) {
    const std::optional<ConstInput> axes = edit.ReadConst(node, 1);
    if (axes && AreImageAxes(axes->value)) return {0};
  }
  if (IsConcat(node) && count >= 2) {
    const size_t axis = node.op == "Concat" ? 0 : count - 1;
    for (size_t i = 0; i < count; ++i) {
      if (i != axis) inputs.push_back(i);
    }
  }
  return inputs;
}

std::optional<size_t> PassedOn(const NodeDef& node) {
  if (IsOneOf(node.op, kMovers)) return 0;
  if (node.op == "Split") return 1;
  if (node.op == "SplitV") return 0;
  return std::nullopt;
}

bool IsFakeQuant(const NodeDef& node) {
  if (!node.op.starts_with("FakeQuantWithMinMax") || node.op.ends_with("Gradient")) return false;
  const Attr* bits = node.Find("num_bits");
  return bits == nullptr || bits->AsInt().value_or(8) <= 8;
}

NameSet WithinLoopsAndBranches(const std::vector<const NodeDef*>& order) {
  NameViewMap<Depth> depths;
  NameSet within;
  for (const NodeDef* node : order) {
    Depth depth;
    for (const std::string& input : node->inputs) {
      const auto it = depths.find(ParseInput(input).node);
      if (it == depths.end()) continue;
      depth.loops = std::max(depth.loops, it->second.loops);
      depth.branches = std::max(depth.branches, it->second.branches);
    }
    const std::string_view op = node->op.starts_with("Ref") ? std::string_view(node->op).substr(3) : node->op;
    if (op == "Enter") ++depth.loops;
    if (op == "Exit") {
      depth.loops = std::max(0, depth.loops - 1);
      depth.branches = std::max(0, depth.branches - 1);
    }
    if (op == "Switch" || op == "_SwitchN") ++depth.branches;
    if (op == "Merge") depth.branches = std::max(0, depth.branches - 1);
    depths[node->name] = depth;
    if (depth.loops > 0 || depth.branches > 0) within.insert(node->name);
  }
  return within;
}

}  // namespace rivulet::prepare

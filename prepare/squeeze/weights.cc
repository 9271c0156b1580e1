#include "prepare/squeeze/weights.h"

#include <algorithm>
#include <cmath>

#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

struct Reading {
  const NodeDef* node;
  size_t input;
};
using Readers = NameViewMap<std::vector<Reading>>;

Readers ReadersIn(const GraphDef& graph) {
  Readers readers;
  for (const NodeDef& node : graph.nodes) {
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const InputName name = ParseInput(node.inputs[i]);
      if (!name.is_control) readers[name.node].push_back({&node, i});
    }
  }
  return readers;
}

// The one reader of the node's value, through Identity, and through the Enter of a loop where it is asked for; null
// where there is another or none.
std::optional<Reading> OnlyReader(const Readers& readers, std::string_view name, std::string* enter = nullptr) {
  for (int steps = 0; steps < 8; ++steps) {
    const auto found = readers.find(name);
    if (found == readers.end() || found->second.size() != 1) return std::nullopt;
    const Reading& reading = found->second[0];
    if (enter != nullptr && enter->empty() && reading.node->op == "Enter") {
      *enter = reading.node->name;
    } else if (reading.node->op != "Identity") {
      return reading;
    }
    name = reading.node->name;
  }
  return std::nullopt;
}

std::vector<float> FloatsOf(const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.num_elements()));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = tensor.dtype() == DType::kFloat  ? tensor.data<float>()[i]
                : tensor.dtype() == DType::kHalf ? static_cast<float>(tensor.data<Half>()[i])
                                                 : static_cast<float>(tensor.data<BFloat16>()[i]);
  }
  return values;
}

// What is added to the product, when nothing else reads it.
std::string BiasOf(const Readers& readers, const NodeIndex& index, const NodeDef& product, int64_t columns) {
  const std::optional<Reading> adder = OnlyReader(readers, product.name);
  if (!adder || (adder->node->op != "BiasAdd" && adder->node->op != "Add" && adder->node->op != "AddV2")) return "";
  const size_t side = 1 - adder->input;
  if (adder->input > 1 || NumDataInputs(*adder->node) != 2 ||
      StringAttr(*adder->node, "data_format", "NHWC") != "NHWC") {
    return "";
  }
  std::string_view name = ParseInput(adder->node->inputs[side]).node;
  auto node = index.find(name);
  while (node != index.end() && !node->second->inputs.empty() &&
         (node->second->op == "Identity" || node->second->op == "Enter")) {
    node = index.find(ParseInput(node->second->inputs[0]).node);
  }
  if (node == index.end() || !IsFloatConst(*node->second)) return "";
  const auto shape = node->second->Find("value")->AsTensorShape();
  const bool fits =
      shape && shape->rank() >= 1 && shape->num_elements() == columns && shape->dim(shape->rank() - 1) == columns;
  std::string enter;
  return fits && OnlyReader(readers, node->second->name, &enter) ? node->second->name : "";
}

void ReadProduct(const Readers& readers, const NodeIndex& index, Weight* weight) {
  const std::optional<Reading> reading = OnlyReader(readers, weight->name, &weight->enter);
  if (!reading || reading->input != 1 || NumDataInputs(*reading->node) != 2) return;
  const NodeDef& node = *reading->node;
  weight->input = node.inputs[0];
  weight->reader = node.name;
  weight->is_depthwise = node.op == "DepthwiseConv2dNative" && weight->shape.rank() == 4;
  if (weight->is_depthwise) weight->columns = weight->shape.dim(2) * weight->shape.dim(3);
  if ((node.op == "Conv2D" || weight->is_depthwise) && weight->shape.rank() == 4 &&
      StringAttr(node, "data_format", "NHWC") == "NHWC" && AllAre(node, "dilations", 1)) {
    const std::vector<int64_t> strides = IntsAttr(node, "strides");
    const std::string padding = StringAttr(node, "padding", "");
    if (strides.size() != 4 || (padding != "SAME" && padding != "VALID")) return;
    weight->height = weight->shape.dim(0);
    weight->width = weight->shape.dim(1);
    weight->channels = weight->shape.dim(2);
    weight->stride_y = std::max<int64_t>(1, strides[1]);
    weight->stride_x = std::max<int64_t>(1, strides[2]);
    weight->pads_same = padding == "SAME";
    weight->is_product = true;
  } else if (node.op == "MatMul" && weight->shape.rank() == 2 && !BoolAttr(node, "transpose_a", false) &&
             !BoolAttr(node, "transpose_b", false)) {
    weight->channels = weight->shape.dim(0);
    weight->is_product = true;
  }
  if (weight->is_product) weight->bias = BiasOf(readers, index, node, weight->columns);
}

}  // namespace

Result<std::vector<Weight>> FindWeights(const GraphDef& graph, int64_t min_elements) {
  RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
  const Readers readers = ReadersIn(graph);
  std::vector<Weight> weights;
  for (const NodeDef& node : graph.nodes) {
    const Attr* dtype = node.Find("dtype");
    const Attr* value = node.Find("value");
    if (node.op != "Const" || dtype == nullptr || value == nullptr) continue;
    const DType type = dtype->AsType().value_or(DType::kInvalid);
    if (type != DType::kFloat && type != DType::kHalf && type != DType::kBfloat16) continue;
    const std::optional<Shape> shape = value->AsTensorShape();
    if (!shape || shape->num_elements() < min_elements) continue;
    RIVULET_ASSIGN_OR_RETURN(const Tensor tensor, ValueOf(node));
    Weight weight{.name = node.name, .dtype = type, .shape = tensor.shape(), .values = FloatsOf(tensor)};
    const auto is_finite = [](float v) { return std::isfinite(v); };
    if (!std::all_of(weight.values.begin(), weight.values.end(), is_finite)) continue;
    weight.columns = tensor.rank() > 1 ? tensor.dim(tensor.rank() - 1) : tensor.num_elements();
    ReadProduct(readers, index, &weight);
    weights.push_back(std::move(weight));
  }
  return weights;
}

}  // namespace rivulet::prepare

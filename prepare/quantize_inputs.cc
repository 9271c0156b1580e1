#include <algorithm>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/quantize.h"

namespace rivulet::prepare {
namespace {

// Adds a float scalar; its name is free, or it is the same constant.
std::string AddScalar(GraphEdit& edit, const std::string& name, float value, const std::vector<std::string>& waits,
                      const NodeDef& before) {
  NodeDef made = MakeConst(edit.FreeName(name), Tensor::Scalar(value));
  made.device = before.device;
  made.inputs = waits;
  return edit.Add(std::move(made), &before).name;
}

// What FakeQuant commutes with: it is monotone, and gives 0 for 0.
bool CommutesWithFakeQuant(const NodeDef& node) {
  static constexpr std::string_view kOps[] = {"Relu",    "Relu6",        "Identity",       "MaxPool",
                                              "Squeeze", "StopGradient", "PreventGradient"};
  return NumDataInputs(node) == 1 && std::find(std::begin(kOps), std::end(kOps), node.op) != std::end(kOps);
}

std::optional<FloatRange> ConstRange(GraphEdit& edit, const NodeDef& node) {
  const std::optional<ConstInput> min = edit.ReadConst(node, 1), max = edit.ReadConst(node, 2);
  if (!min || !max || min->value.dtype() != DType::kFloat || max->value.dtype() != DType::kFloat) return std::nullopt;
  if (min->value.num_elements() != 1 || max->value.num_elements() != 1) return std::nullopt;
  return FloatRange{min->value.data<float>()[0], max->value.data<float>()[0]};
}

bool IsFakeQuant(const NodeDef& node) { return node.op == "FakeQuantWithMinMaxVars" && NumDataInputs(node) == 3; }

// Moves it in front of what it reads; false when there is nothing to pass.
bool Hoist(GraphEdit& edit, NodeDef& quant) {
  NodeDef* first = nullptr;  // of the chain, which reads what the FakeQuant will
  NodeDef* last = edit.Producer(quant, 0);
  NodeDef* node = last;
  for (int depth = 0; depth < 3 && node != nullptr; ++depth) {
    if (!CommutesWithFakeQuant(*node) || !edit.IsPrivate(*node)) break;
    first = node;
    node = edit.Producer(*node, 0);
  }
  if (first == nullptr) return false;
  NodeDef hoisted = quant;
  hoisted.name = edit.FreeName(quant.name + "_hoisted");
  hoisted.inputs[0] = first->inputs[0];
  const std::string name = edit.Add(std::move(hoisted), first).name;
  std::vector<std::string> inputs = first->inputs;
  inputs[0] = name;
  edit.SetInputs(*first, std::move(inputs));
  NodeDef with = *last;
  edit.Replace(quant, std::move(with));
  return true;
}

void Convert(GraphEdit& edit, NodeDef& node) {
  const auto add = [&](NodeDef made) {
    made.device = node.device;
    return edit.Add(std::move(made), &node).name;
  };
  const std::string min = node.inputs[1], max = node.inputs[2];
  NodeDef quantize{
      .name = edit.FreeName(node.name + "/quantize"), .op = "QuantizeV2", .inputs = {node.inputs[0], min, max}};
  AddWaits(WaitsOf(node), &quantize.inputs);
  quantize.attrs["T"] = Attr::OfType(DType::kQint32);
  quantize.attrs["mode"] = Attr::OfString("MIN_FIRST");
  const std::string q = add(std::move(quantize));
  NodeDef requantize{.name = edit.FreeName(node.name + "/requantize"),
                     .op = "Requantize",
                     .inputs = {q, q + ":1", q + ":2", min, max}};
  requantize.attrs["Tinput"] = Attr::OfType(DType::kQint32);
  requantize.attrs["out_type"] = Attr::OfType(DType::kQuint8);
  const std::string r = add(std::move(requantize));
  NodeDef dequantize{.op = "Dequantize", .device = node.device, .inputs = {r, r + ":1", r + ":2"}};
  dequantize.attrs["T"] = Attr::OfType(DType::kQuint8);
  dequantize.attrs["mode"] = Attr::OfString("MIN_FIRST");
  edit.Replace(node, std::move(dequantize));
}

}  // namespace

Status QuantizePlaceholders(const QuantizeOptions& options, const TransformContext& context, GraphDef& graph) {
  if (!options.input) return Status();
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  for (NodeDef* node : edit.Nodes()) {
    if (node->op != "Placeholder" || TypeAttr(*node, "dtype") != DType::kFloat) continue;
    const std::string stem = node->name + "_eightbit/";
    NodeDef dequantize{.name = edit.FreeName(stem + "dequantize"), .op = "Dequantize", .device = node->device};
    dequantize.inputs = {node->name, AddScalar(edit, stem + "min", options.input->min, {}, *node),
                         AddScalar(edit, stem + "max", options.input->max, {}, *node)};
    dequantize.attrs["T"] = Attr::OfType(DType::kQuint8);
    dequantize.attrs["mode"] = Attr::OfString("MIN_FIRST");
    edit.Redirect(*node, dequantize.name);
    edit.Add(std::move(dequantize));
    node->attrs["dtype"] = Attr::OfType(DType::kQuint8);
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

Status HoistFakeQuants(const TransformContext& context, GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  for (NodeDef* node : edit.Nodes()) {
    if (!IsFakeQuant(*node) || !ConstRange(edit, *node)) continue;
    // The chain is gone by then: names of what is left stay valid.
    Hoist(edit, *node);
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

Status ConvertFakeQuants(const TransformContext& context, GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  for (NodeDef* node : edit.Nodes()) {
    if (!IsFakeQuant(*node)) continue;
    const Attr* bits = node->Find("num_bits");
    if ((bits != nullptr && bits->AsInt() != 8) || BoolAttr(*node, "narrow_range", false)) continue;
    // Requantize wants 0 in its range; constants of a loop keep waiting through the inputs' own names.
    const std::optional<FloatRange> range = ConstRange(edit, *node);
    if (range && range->min <= 0 && range->max >= 0 && range->min < range->max) Convert(edit, *node);
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace rivulet::prepare

#include "prepare/graph_edit.h"
#include "prepare/quantize.h"

namespace rivulet::prepare {
namespace {

bool IsMinFirst(const NodeDef& node, DType type) {
  const Attr* axis = node.Find("axis");
  return TypeAttr(node, "T") == type && StringAttr(node, "mode", "MIN_COMBINED") == "MIN_FIRST" &&
         (axis == nullptr || axis->AsInt().value_or(-1) == -1) && !BoolAttr(node, "narrow_range", false);
}

bool IsDequantize(const NodeDef* node) {
  return node != nullptr && node->op == "Dequantize" && NumDataInputs(*node) == 3 &&
         IsMinFirst(*node, DType::kQuint8) && TypeAttr(*node, "dtype", DType::kFloat) == DType::kFloat;
}

bool IsOp(const NodeDef* node, std::string_view op, size_t inputs) {
  return node != nullptr && node->op == op && NumDataInputs(*node) == inputs;
}

// The input as it is written where it is output 0 of `node`.
bool Reads(const NodeDef& reader, size_t input, const NodeDef& node, int port) {
  const InputName name = ParseInput(reader.inputs[input]);
  return !name.is_control && name.node == node.name && name.port == port;
}

bool Merge(GraphEdit& edit, NodeDef& outer) {
  if (!IsOp(&outer, "Requantize", 5) || !edit.ReadConst(outer, 3) || !edit.ReadConst(outer, 4)) return false;
  NodeDef* quantize = edit.Producer(outer, 0);
  if (!IsOp(quantize, "QuantizeV2", 3) || !IsMinFirst(*quantize, DType::kQint32)) return false;
  NodeDef* dequantize = edit.Producer(*quantize, 0);
  if (!IsDequantize(dequantize)) return false;
  NodeDef* inner = edit.Producer(*dequantize, 0);
  if (!IsOp(inner, "Requantize", 5) || TypeAttr(*inner, "out_type") != DType::kQuint8) return false;
  NodeDef* range = edit.Producer(*inner, 3);
  if (!IsOp(range, "RequantizationRange", 3)) return false;
  const NodeDef* above = edit.Producer(*inner, 4);
  const bool is_lifted = IsOp(above, "Maximum", 2);
  if (!Reads(is_lifted ? *above : *inner, is_lifted ? 0 : 4, *range, 1)) return false;
  std::vector<std::string> inputs = {inner->inputs[0], inner->inputs[1], inner->inputs[2], outer.inputs[3],
                                     outer.inputs[4]};
  for (const NodeDef* node : {&outer, quantize, dequantize, inner}) AddWaits(WaitsOf(*node), &inputs);
  NodeDef with = outer;
  with.inputs = std::move(inputs);
  edit.Replace(outer, std::move(with));
  return true;
}

// Whether input `i` is the least or largest element of what `source` gives.
bool Measures(GraphEdit& edit, const NodeDef& quantize, size_t i, std::string_view op, const NodeDef& source) {
  const NodeDef* end = edit.Producer(quantize, i);
  if (!IsOp(end, op, 2)) return false;
  const NodeDef* flat = edit.Producer(*end, 0);
  if (IsOp(flat, "Reshape", 2)) return Reads(*flat, 0, source, 0);
  return flat == &source;
}

bool RemoveRedundant(GraphEdit& edit, NodeDef& quantize) {
  if (!IsOp(&quantize, "QuantizeV2", 3) || !IsMinFirst(quantize, DType::kQuint8) || edit.IsKept(quantize)) return false;
  NodeDef* dequantize = edit.Producer(quantize, 0);
  if (!IsDequantize(dequantize)) return false;
  if (!Measures(edit, quantize, 1, "Min", *dequantize) || !Measures(edit, quantize, 2, "Max", *dequantize))
    return false;
  const std::vector<std::string> edges = {dequantize->inputs[0], dequantize->inputs[1], dequantize->inputs[2]};
  for (NodeDef* reader : edit.ReadersOf(quantize)) {
    std::vector<std::string> inputs;
    for (const std::string& input : reader->inputs) {
      const InputName name = ParseInput(input);
      if (name.node != quantize.name) {
        inputs.push_back(input);
      } else if (name.is_control) {
        AddWaits({std::string("^").append(ParseInput(edges[0]).node)}, &inputs);
      } else {
        inputs.push_back(edges[static_cast<size_t>(std::min(name.port, 2))]);
      }
    }
    edit.SetInputs(*reader, std::move(inputs));
  }
  edit.RemoveUnread(quantize.name);
  return true;
}

template <typename Rewrite>
Status ForEachNode(const TransformContext& context, GraphDef& graph, const Rewrite& rewrite) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  std::vector<std::string> names;
  for (const NodeDef* node : edit.Nodes()) names.push_back(node->name);
  for (const std::string& name : names) {
    if (NodeDef* node = edit.Find(name); node != nullptr) rewrite(edit, *node);
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

Status MergeRequantizes(const TransformContext& context, GraphDef& graph) { return ForEachNode(context, graph, Merge); }

Status RemoveRedundantQuantizes(const TransformContext& context, GraphDef& graph) {
  return ForEachNode(context, graph, RemoveRedundant);
}

}  // namespace rivulet::prepare

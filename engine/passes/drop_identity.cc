// Uses of an identity become uses of its input.
//
//   y = Identity(x)            becomes      (uses of y take x)
//
// Also of a product with one, which a swish with its slope is written with.
// An identity with control inputs stays: it makes its users wait. So does an IdentityN where branches are chosen by
// Switch: with one dead input all its outputs are dead.
#include "engine/passes/match.h"

namespace rivulet {

namespace {

bool HasSwitch(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    const std::string_view op = node.op;
    if (op == "Switch" || op == "RefSwitch" || op == "_SwitchN") return true;
  }
  return false;
}

// The input of Mul(x, 1) that is x, or -1.
int FactorOfOne(const Graph& graph, const Node& node) {
  if (std::string_view(node.op) != "Mul" || node.outputs[0].dtype != DType::kFloat) return -1;
  for (const int side : {0, 1}) {
    const Fact& x = graph.fact(node.inputs[static_cast<size_t>(side)]);
    const Fact& one = graph.fact(node.inputs[static_cast<size_t>(1 - side)]);
    if (!one.value.valid() || one.shape.rank() != 0 || !x.shape.has_rank()) continue;
    if (ReadFloats(one.value)[0] == 1.0f) return side;
  }
  return -1;
}

}  // namespace

Status DropIdentity(const PassContext& context, PatchSink& sink) {
  const Graph& graph = context.graph;
  const bool has_switch = HasSwitch(graph);
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (context.uses[static_cast<size_t>(i)] == 0 || !node.control_inputs.empty() || node.inputs.empty()) continue;
    const std::string_view op = node.op;
    if (op == "IdentityN" && !has_switch && node.inputs.size() == node.outputs.size()) {
      sink.Begin();
      for (size_t k = 0; k < node.inputs.size(); ++k) sink.Replace({i, static_cast<int32_t>(k)}, node.inputs[k]);
      continue;
    }
    if (const int side = FactorOfOne(graph, node); side >= 0) {
      sink.Begin();
      sink.Replace({i, 0}, node.inputs[static_cast<size_t>(side)]);
      continue;
    }
    if (node.inputs.size() != 1) continue;
    if (op != "Identity" && op != "StopGradient" && op != "PreventGradient" && op != "Snapshot") continue;
    sink.Begin();
    sink.Replace({i, 0}, node.inputs[0]);
  }
  return Status();
}

}  // namespace rivulet

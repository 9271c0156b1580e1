// remove_control_dependencies: inputs that only order the nodes go. Those that say where a node is stay: a constant of
// a loop's body or of a branch has no other tie to it, and would run once, outside, and fit nothing within.
#include <algorithm>

#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

// The nodes that are of loops or branches: control flow itself, and whatever reads or waits for one of these.
NameSet NodesWithin(const GraphDef& graph) {
  NameViewMap<std::vector<const NodeDef*>> readers;
  std::vector<const NodeDef*> waiting;
  for (const NodeDef& node : graph.nodes) {
    for (const std::string& input : node.inputs) readers[ParseInput(input).node].push_back(&node);
    if (IsControlFlow(node.op)) waiting.push_back(&node);
  }
  NameSet within;
  while (!waiting.empty()) {
    const NodeDef* node = waiting.back();
    waiting.pop_back();
    if (!within.insert(node->name).second) continue;
    for (const NodeDef* reader : readers[node->name]) waiting.push_back(reader);
  }
  return within;
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  const NameSet within = NodesWithin(graph);
  for (NodeDef& node : graph.nodes) {
    const auto is_data = [](const std::string& input) { return !ParseInput(input).is_control; };
    const bool has_data = std::any_of(node.inputs.begin(), node.inputs.end(), is_data);
    const auto goes = [&](const std::string& text) {
      const InputName input = ParseInput(text);
      return input.is_control && (has_data || !within.contains(std::string(input.node)));
    };
    if (!std::any_of(node.inputs.begin(), node.inputs.end(), goes) || !context.MayRewrite(node.name)) continue;
    std::erase_if(node.inputs, goes);
  }
  return Status();
}

}  // namespace

const Transform kRemoveControlDependencies = {"remove_control_dependencies", "", Apply};

}  // namespace rivulet::prepare

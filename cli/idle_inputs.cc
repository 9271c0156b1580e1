#include "cli/idle_inputs.h"

#include "engine/graph/graph.h"
#include "prepare/graph_edit.h"

namespace rivulet::cli {

std::vector<Model::Input> IdleInputs(const Model& model) {
  const Graph& graph = model.graph();
  std::vector<bool> read(static_cast<size_t>(graph.size()), false);
  for (const Node& node : graph.nodes()) {
    for (const Edge& edge : node.inputs) read[static_cast<size_t>(edge.node)] = true;
    for (const int32_t control : node.control_inputs) read[static_cast<size_t>(control)] = true;
  }
  std::vector<Model::Input> inputs;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (read[static_cast<size_t>(i)] || !prepare::IsInput({.name = node.name, .op = node.op})) continue;
    const Result<Model::EdgeInfo> info = model.Describe(node.name);
    if (info.ok()) inputs.push_back({node.name, info->dtype, info->shape, node.op == "PlaceholderWithDefault"});
  }
  return inputs;
}

}  // namespace rivulet::cli

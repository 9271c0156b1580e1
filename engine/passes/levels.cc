#include "engine/passes/levels.h"

#include <algorithm>

namespace rivulet {

Levels::Levels(const Graph& graph) : levels_(static_cast<size_t>(graph.size()), 0) {
  const Result<std::vector<int32_t>> order = TopologicalOrder(graph);
  if (!order.ok()) return;
  for (const int32_t index : *order) {
    const Node& node = graph.node(index);
    int32_t level = 0;
    for (const Edge& edge : node.inputs) level = std::max(level, Of(edge.node) + 1);
    for (const int32_t control : node.control_inputs) level = std::max(level, Of(control) + 1);
    const bool is_first =
        node.op == "Const" || node.op == "TensorListGetItem" || node.op.starts_with("TensorArrayRead");
    levels_[static_cast<size_t>(index)] = is_first ? -1 : level;
  }
}

}  // namespace rivulet

#include "engine/import/variable_copies.h"

#include <algorithm>
#include <string>

namespace rivulet {
namespace {

// The node of an operator that an input comes from, or -1.
int32_t From(const Graph& graph, const Node& node, size_t input, std::string_view op) {
  if (input >= node.inputs.size()) return -1;
  const int32_t from = node.inputs[input].node;
  return graph.node(from).op == op ? from : -1;
}

}  // namespace

void JoinVariableCopies(Graph& graph, std::string_view restore_op) {
  const int32_t restore = graph.Find(restore_op);
  if (restore < 0) return;
  std::vector<bool> restored(static_cast<size_t>(graph.size()), false);
  for (const Edge& edge : graph.node(restore).inputs) restored[static_cast<size_t>(edge.node)] = true;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& assign = graph.node(i);
    if (assign.op != "AssignVariableOp") continue;
    const int32_t copy = From(graph, assign, 0, "VarHandleOp"), read = From(graph, assign, 1, "ReadVariableOp");
    const int32_t origin = read < 0 ? -1 : From(graph, graph.node(read), 0, "VarHandleOp");
    if (copy < 0 || origin < 0) continue;
    if (!restored[static_cast<size_t>(copy)] || restored[static_cast<size_t>(origin)]) continue;
    const Node& from = graph.node(origin);
    const std::string* shared = from.attrs.Get<std::string>("shared_name");
    graph.node(copy).attrs.Set("shared_name", shared != nullptr && !shared->empty() ? *shared : from.name);
  }
}

}  // namespace rivulet

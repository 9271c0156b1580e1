#include "engine/import/variable_copies.h"

#include <set>
#include <string>
#include <string_view>

namespace rivulet {
namespace {

const std::string& NameOf(const Node& handle) {
  const std::string* shared = handle.attrs.Get<std::string>("shared_name");
  return shared != nullptr && !shared->empty() ? *shared : handle.name;
}

// The node of an operator that an input comes from, or -1.
int32_t From(const Graph& graph, const Node& node, size_t input, std::string_view op) {
  if (input >= node.inputs.size()) return -1;
  const int32_t from = node.inputs[input].node;
  return graph.node(from).op == op ? from : -1;
}

}  // namespace

void JoinVariableCopies(Graph& graph, const std::vector<SavedObject>& objects) {
  std::set<std::string_view> names;
  for (const SavedObject& object : objects) {
    if (object.kind == SavedObject::Kind::kVariable) names.insert(object.name);
  }
  if (names.empty()) return;
  for (const Node& assign : graph.nodes()) {
    if (assign.op != "AssignVariableOp") continue;
    const int32_t copy = From(graph, assign, 0, "VarHandleOp"), read = From(graph, assign, 1, "ReadVariableOp");
    if (copy < 0 || read < 0 || names.count(NameOf(graph.node(copy))) != 0) continue;
    const int32_t origin = From(graph, graph.node(read), 0, "VarHandleOp");
    if (origin < 0 || names.count(NameOf(graph.node(origin))) == 0) continue;
    graph.node(copy).attrs.Set("shared_name", NameOf(graph.node(origin)));
  }
}

}  // namespace rivulet

#include "prepare/idle_waits.h"

#include <algorithm>

#include "engine/ops/op.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"

namespace rivulet::prepare {

bool MayHaveEffects(const std::string& op) {
  static constexpr std::string_view kReaders[] = {"ReadVariableOp", "ResourceGather",     "ResourceGatherNd",
                                                  "VariableShape",  "VarIsInitializedOp", "NoOp"};
  if (std::find(std::begin(kReaders), std::end(kReaders), op) != std::end(kReaders)) return false;
  if (op == "Placeholder" || op == "PlaceholderWithDefault" || op == "Const") return false;
  const OpDef* def = FindOp(op);
  return def == nullptr || (def->flags & (kStateful | kCallsFunctions)) != 0;
}

Status DropIdleWaits(GraphDef& graph) {
  for (const NodeDef& node : graph.nodes) {
    if (IsControlFlow(node.op)) return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
  // What has an effect, and all that comes after such.
  NameViewMap<std::vector<const NodeDef*>> readers;
  std::vector<const NodeDef*> waiting;
  NameViewSet busy;
  const auto mark = [&](const NodeDef& node) {
    if (busy.insert(node.name).second) waiting.push_back(&node);
  };
  for (const NodeDef& node : graph.nodes) {
    for (const std::string& input : node.inputs) readers[ParseInput(input).node].push_back(&node);
    if (MayHaveEffects(node.op)) mark(node);
  }
  while (!waiting.empty()) {
    const NodeDef* node = waiting.back();
    waiting.pop_back();
    for (const NodeDef* reader : readers[node->name]) mark(*reader);
  }
  for (NodeDef& node : graph.nodes) {
    std::erase_if(node.inputs, [&](const std::string& input) {
      return input.starts_with('^') && index.contains(ParseInput(input).node) && !busy.contains(ParseInput(input).node);
    });
  }
  return Status();
}

}  // namespace rivulet::prepare

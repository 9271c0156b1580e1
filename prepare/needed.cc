#include "prepare/needed.h"

#include <functional>
#include <queue>

#include "engine/base/errors.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

bool IsMerge(const NodeDef& node) { return node.op == "Merge" || node.op == "RefMerge"; }

}  // namespace

Result<NameViewSet> NeededNames(const GraphDef& graph, const TransformContext& context, bool stops_at_inputs) {
  RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
  NameViewSet inputs, needed;
  std::vector<std::string_view> waiting;
  for (const auto* names : {&context.inputs, &context.outputs}) {
    for (const std::string& text : *names) {
      const std::string_view name = ParseInput(text).node;
      const auto it = index.find(name);
      if (it == index.end()) {
        std::vector<std::string_view> all;
        for (const NodeDef& node : graph.nodes) all.push_back(node.name);
        const std::string nearest = NearestNames(name, all);
        return NotFound("no node is called '", name, nearest.empty() ? "'" : "'; nearest: ", nearest);
      }
      if (names == &context.inputs && stops_at_inputs) inputs.insert(it->first);
      waiting.push_back(it->first);
    }
  }
  while (!waiting.empty()) {
    const std::string_view name = waiting.back();
    waiting.pop_back();
    if (!needed.insert(name).second || inputs.contains(name)) continue;
    const auto it = index.find(name);
    if (it == index.end()) continue;
    for (const std::string& input : it->second->inputs) waiting.push_back(ParseInput(input).node);
  }
  return needed;
}

Status KeepNeeded(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const auto needed, NeededNames(graph, context, false));
  std::vector<NodeDef> kept;
  for (const NodeDef& node : graph.nodes) {
    if (needed.contains(node.name)) kept.push_back(node);
  }
  graph.nodes = std::move(kept);
  return Status();
}

Result<std::vector<const NodeDef*>> ExecutionOrder(const GraphDef& graph) {
  NameViewMap<size_t> places;
  for (size_t i = 0; i < graph.nodes.size(); ++i) places.emplace(graph.nodes[i].name, i);
  std::vector<std::vector<size_t>> readers(graph.nodes.size());
  std::vector<size_t> waiting(graph.nodes.size(), 0), order;
  // Of those that could be next, the one that the graph has first: an order that is fine stays as it is.
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const NodeDef& node = graph.nodes[i];
    size_t controls = 0;
    for (const std::string& input : node.inputs) {
      const InputName name = ParseInput(input);
      controls += name.is_control ? 1 : 0;
      const auto it = places.find(name.node);
      if (it == places.end())
        return InvalidArgument("node '", node.name, "': input '", input, "' is no node of the graph");
      readers[it->second].push_back(i);
    }
    waiting[i] = IsMerge(node) ? controls + 1 : node.inputs.size();
    if (waiting[i] == 0) ready.push(i);
  }
  while (!ready.empty()) {
    const size_t next = ready.top();
    ready.pop();
    order.push_back(next);
    for (const size_t reader : readers[next]) {
      if (waiting[reader] > 0 && --waiting[reader] == 0) ready.push(reader);
    }
  }
  if (order.size() < graph.nodes.size()) {
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      if (waiting[i] > 0) {
        return InvalidArgument(graph.nodes.size() - order.size(), " nodes lie on a circle or behind one, such as '",
                               graph.nodes[i].name, "'");
      }
    }
  }
  std::vector<const NodeDef*> nodes;
  nodes.reserve(order.size());
  for (const size_t i : order) nodes.push_back(&graph.nodes[i]);
  return nodes;
}

NameSet BehindControlFlow(const std::vector<const NodeDef*>& order) {
  NameSet behind;
  for (const NodeDef* node : order) {
    bool inside = IsControlFlow(node->op);
    for (const std::string& input : node->inputs) inside |= behind.contains(std::string(ParseInput(input).node));
    if (inside) behind.insert(node->name);
  }
  return behind;
}

}  // namespace rivulet::prepare

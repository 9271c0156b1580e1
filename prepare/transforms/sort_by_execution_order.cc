// sort_by_execution_order: every node comes after what it reads. A Merge, which ends a loop's round, waits for one of
// its inputs and for what only orders it.
#include "engine/base/errors.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

bool IsMerge(const NodeDef& node) { return node.op == "Merge" || node.op == "RefMerge"; }

Status Apply(GraphDef& graph, const TransformContext&) {
  std::unordered_map<std::string_view, size_t> places;
  for (size_t i = 0; i < graph.nodes.size(); ++i) places.emplace(graph.nodes[i].name, i);
  std::vector<std::vector<size_t>> readers(graph.nodes.size());
  std::vector<size_t> waiting(graph.nodes.size(), 0), ready, order;
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
    if (waiting[i] == 0) ready.push_back(i);
  }
  while (!ready.empty()) {
    const size_t next = ready.back();
    ready.pop_back();
    order.push_back(next);
    for (const size_t reader : readers[next]) {
      if (waiting[reader] > 0 && --waiting[reader] == 0) ready.push_back(reader);
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
  std::vector<NodeDef> sorted;
  sorted.reserve(order.size());
  for (const size_t i : order) sorted.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(sorted);
  return Status();
}

}  // namespace

const Transform kSortByExecutionOrder = {"sort_by_execution_order", "", Apply};

}  // namespace rivulet::prepare

// Constants and variables go onto the cards of their users: as nodes they would be most of the picture.
#include <algorithm>
#include <string_view>

#include "cli/view/graph.h"

namespace rivulet::cli::view {
namespace {

bool IsSource(const ViewNode& node) {
  return node.op == "Const" || node.op == "VarHandleOp" || node.op == "VariableV2" || node.op == "Variable";
}

// Hands on what it reads.
bool IsReader(const ViewNode& node) {
  return node.op == "Identity" || node.op == "ReadVariableOp" || node.op == "Enter";
}

// Whether somebody reads a node's values; who only waits for a constant need not be shown.
std::vector<bool> FindRead(const ViewGraph& graph) {
  std::vector<bool> read(graph.nodes.size(), false);
  for (const ViewNode& node : graph.nodes) {
    for (const Link& link : node.inputs) {
      if (!link.is_control) read[static_cast<size_t>(link.node)] = true;
    }
  }
  return read;
}

// The one tensor that a reader reads; null when there are others.
const Link* OnlyData(const ViewNode& node) {
  const Link* only = nullptr;
  for (const Link& link : node.inputs) {
    if (link.is_control) continue;
    if (only != nullptr) return nullptr;
    only = &link;
  }
  return only;
}

}  // namespace

void FoldSources(ViewGraph* graph) {
  const std::vector<bool> read = FindRead(*graph);
  const auto can_fold = [&](int32_t i) { return read[static_cast<size_t>(i)]; };
  for (int32_t i = 0; i < graph->num_nodes(); ++i) graph->node(i).is_folded = IsSource(graph->node(i)) && can_fold(i);
  // Readers of readers come after them in most files; a second look finds the rest.
  for (int look = 0; look < 2; ++look) {
    for (int32_t i = 0; i < graph->num_nodes(); ++i) {
      ViewNode& node = graph->node(i);
      if (node.is_folded || !IsReader(node) || !can_fold(i)) continue;
      const Link* only = OnlyData(node);
      node.is_folded = only != nullptr && only->node != i && graph->node(only->node).is_folded;
    }
  }
  for (ViewNode& node : graph->nodes) {
    for (Link& link : node.inputs) link.is_folded = graph->node(link.node).is_folded;
  }
}

int32_t SourceOf(const ViewGraph& graph, int32_t node) {
  for (int steps = 0; steps < 4; ++steps) {
    const ViewNode& at = graph.node(node);
    const auto next = std::find_if(at.inputs.begin(), at.inputs.end(),
                                   [](const Link& link) { return link.is_folded && !link.is_control; });
    if (next == at.inputs.end()) return node;
    node = next->node;
  }
  return node;
}

}  // namespace rivulet::cli::view

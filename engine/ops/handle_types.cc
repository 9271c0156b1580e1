#include "engine/ops/handle_types.h"

#include <vector>

namespace rivulet {
namespace {

bool MakesHandle(const Node& node) {
  const std::string_view op = node.op;
  return op == "TensorArrayV2" || op == "TensorArrayGradV2";
}

bool HandsOn(const Node& node) {
  for (const char* op : {"Identity", "Enter", "Exit", "NextIteration", "Switch", "Merge"}) {
    if (node.op == op) return true;
  }
  return false;
}

}  // namespace

void RetypeHandles(Graph* graph) {
  std::vector<int32_t> found;
  for (int32_t i = 0; i < graph->size(); ++i) {
    if (MakesHandle(graph->node(i))) found.push_back(i);
  }
  if (found.empty()) return;
  std::vector<std::vector<int32_t>> readers(static_cast<size_t>(graph->size()));
  for (int32_t i = 0; i < graph->size(); ++i) {
    if (!HandsOn(graph->node(i))) continue;
    for (const Edge& edge : graph->node(i).inputs) readers[static_cast<size_t>(edge.node)].push_back(i);
  }
  while (!found.empty()) {
    const int32_t index = found.back();
    found.pop_back();
    for (const int32_t reader : readers[static_cast<size_t>(index)]) {
      const DType* dtype = graph->node(reader).attrs.Get<DType>("T");
      if (dtype == nullptr || *dtype != DType::kString) continue;
      graph->node(reader).attrs.Set("T", DType::kResource);
      found.push_back(reader);
    }
  }
}

}  // namespace rivulet

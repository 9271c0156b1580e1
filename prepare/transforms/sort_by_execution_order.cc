// sort_by_execution_order: every node comes after what it reads.
#include "prepare/needed.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext&) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph));
  std::vector<NodeDef> sorted;
  sorted.reserve(order.size());
  for (const NodeDef* node : order) sorted.push_back(*node);
  graph.nodes = std::move(sorted);
  return Status();
}

}  // namespace

const Transform kSortByExecutionOrder = {"sort_by_execution_order", "", Apply};

}  // namespace rivulet::prepare

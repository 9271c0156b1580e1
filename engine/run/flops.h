// Nominal arithmetic of a graph: two operations per multiply-add of convolutions and matrix products.
#ifndef RIVULET_ENGINE_RUN_FLOPS_H_
#define RIVULET_ENGINE_RUN_FLOPS_H_

#include <cstdint>

#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/run/cut.h"

namespace rivulet {

// Of one node with facts; 0 where shapes are unknown or the operator does no products. Padding counts as if multiplied.
int64_t CountFlops(const Graph& graph, const Node& node);

// Of all nodes that `fetches` need with such feeds; 0 where the graph does not fit them. Needs no facts.
int64_t CountFlops(const Graph& graph, const std::vector<FeedSpec>& feeds, const std::vector<std::string>& fetches);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_FLOPS_H_

// Nominal arithmetic of a graph: two operations per multiply-add of convolutions and matrix products.
#ifndef RIVULET_ENGINE_RUN_FLOPS_H_
#define RIVULET_ENGINE_RUN_FLOPS_H_

#include <cstdint>

#include "engine/graph/graph.h"

namespace rivulet {

// Of one node with facts; 0 where shapes are unknown or the operator does no products. Padding counts as if multiplied.
int64_t CountFlops(const Graph& graph, const Node& node);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_FLOPS_H_

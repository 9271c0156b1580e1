// Nominal arithmetic of a graph: two operations per multiply-add of convolutions and matrix products.
#ifndef RIVULET_ENGINE_RUN_FLOPS_H_
#define RIVULET_ENGINE_RUN_FLOPS_H_

#include <cstdint>

#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/run/cut.h"
#include "rivulet/session.h"

namespace rivulet {

// Of one node; 0 where facts are missing, shapes are unknown, or the operator does no products. Padding counts as if
// multiplied. What a node calls is not looked into.
int64_t CountFlops(const Graph& graph, const Node& node);
// The same where shapes are those of a run.
int64_t CountFlops(const Node& node, const std::vector<Shape>& inputs, const Shape& output);

// Of all nodes that `fetches` need with such feeds, and of what they call: each loop turns once, and of branches the
// one that has most is taken. 0 where the graph does not fit the feeds. Needs no facts.
int64_t CountFlops(const Graph& graph, const std::vector<FeedSpec>& feeds, const std::vector<std::string>& fetches);

// Of one run that was timed step by step: each loop as often as it turned.
int64_t CountFlops(const RunProfile& profile);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_FLOPS_H_

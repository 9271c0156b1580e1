// A graph run on samples for the values of edges inside of it.
#ifndef RIVULET_PREPARE_INT8_EDGE_RUNS_H_
#define RIVULET_PREPARE_INT8_EDGE_RUNS_H_

#include <functional>
#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

// Calls see(i, value of edges[i]) for each edge and sample. Not all edges are held at once: a run fetches some, so that
// their values take no more than a few hundred MB where the last run's told their sizes.
Status RunForEdges(const GraphDef& graph, const std::vector<Feeds>& samples, const std::vector<std::string>& edges,
                   int threads, const std::function<Status(size_t edge, const Tensor& value)>& see,
                   const std::function<void(size_t done, size_t all)>& progress);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_EDGE_RUNS_H_

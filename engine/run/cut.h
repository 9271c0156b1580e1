// The part of a model that a run needs: from the fetches back to the feeds.
#ifndef RIVULET_ENGINE_RUN_CUT_H_
#define RIVULET_ENGINE_RUN_CUT_H_

#include <string>
#include <vector>

#include "engine/base/stop.h"
#include "engine/graph/graph.h"

namespace rivulet {

struct FeedSpec {
  std::string name;
  DType dtype;
  Shape shape;
};

struct Cut {
  Graph graph;
  std::vector<int32_t> feeds;  // node of each feed; -1 when nothing needs it
  std::vector<Edge> fetches;
  std::vector<int32_t> targets;
};

// Copies what `fetches` ("name" or "name:port") and `targets` (node names) need; a fed edge becomes a _Feed node of the
// fed type and shape, and nothing behind it is copied. Unknown names are NOT_FOUND with the nearest ones.
Result<Cut> CutGraph(const Graph& model, const std::vector<FeedSpec>& feeds, const std::vector<std::string>& fetches,
                     const std::vector<std::string>& targets, const StopToken& stop = StopToken());

// A node that stands for a fed tensor.
Node FeedNode(std::string name, DType dtype, const Shape& shape);

// "name:port" as an edge of the graph.
Result<Edge> FindEdge(const Graph& graph, std::string_view name);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_CUT_H_

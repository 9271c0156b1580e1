// A GraphDef handed to the engine: as it would read it from a file, but for the weights, which stay where they are.
#ifndef RIVULET_PREPARE_ENGINE_GRAPH_H_
#define RIVULET_PREPARE_ENGINE_GRAPH_H_

#include <memory>
#include <string>

#include "engine/graph/graph.h"
#include "prepare/graph_def.h"
#include "rivulet/model.h"

namespace rivulet::prepare {

// Constants are views of the memory that the GraphDef's attributes lie in, which they keep alive.
Result<Graph> ToEngineGraph(const GraphDef& graph);

// `name` is for messages; `allocator` for constants that a file only describes, unlimited when null.
Result<std::shared_ptr<const Model>> ModelOf(const GraphDef& graph, const std::string& name,
                                             std::shared_ptr<Allocator> allocator = nullptr);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_ENGINE_GRAPH_H_

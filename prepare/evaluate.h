// Parts of a graph that depend on constants alone, computed by the engine.
#ifndef RIVULET_PREPARE_EVALUATE_H_
#define RIVULET_PREPARE_EVALUATE_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "prepare/names.h"

namespace rivulet::prepare {

// The values of `edges` ("name" or "name:port"), in their order; they own their memory. What lies behind a node of
// `known`, whose output 0 has that value, is not looked at, nor is what only orders nodes. Nodes are computed one by
// one, as they are written.
Result<std::vector<Tensor>> Evaluate(const GraphDef& graph, const std::vector<std::string>& edges,
                                     const NameMap<Tensor>& known = {});

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_EVALUATE_H_

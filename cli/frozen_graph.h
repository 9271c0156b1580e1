// A model's graph with its variables as constants, from whatever file it came in.
#ifndef RIVULET_CLI_FROZEN_GRAPH_H_
#define RIVULET_CLI_FROZEN_GRAPH_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "rivulet/model.h"

namespace rivulet::cli {

// `model` is what was loaded from `path`. With variables, only what `outputs` need; UNIMPLEMENTED where they need a
// table, which is no constant.
Result<prepare::GraphDef> FrozenGraph(const std::string& path, const Model& model,
                                      const std::vector<std::string>& outputs);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_FROZEN_GRAPH_H_

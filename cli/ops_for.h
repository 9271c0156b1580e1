// rivulet ops --for: what a model needs.
#ifndef RIVULET_CLI_OPS_FOR_H_
#define RIVULET_CLI_OPS_FOR_H_

#include <map>
#include <set>
#include <string>

#include "rivulet/model.h"

namespace rivulet::cli {

// By operator, the types that its nodes have, each as "T=float32"; of those that a run of the model can reach.
using NeededOps = std::map<std::string, std::set<std::string>>;

void AddNeededOps(const Model& model, NeededOps* needed);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_OPS_FOR_H_

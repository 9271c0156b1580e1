// The functions that a graph brings along: a node's operator can be one of them.
#ifndef RIVULET_PREPARE_FUNCTION_NAMES_H_
#define RIVULET_PREPARE_FUNCTION_NAMES_H_

#include <string>
#include <unordered_set>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

Result<std::unordered_set<std::string>> FunctionNames(const GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FUNCTION_NAMES_H_

// The functions that a graph brings along: a node's operator can be one of them.
#ifndef RIVULET_PREPARE_FUNCTION_NAMES_H_
#define RIVULET_PREPARE_FUNCTION_NAMES_H_

#include <string>

#include "prepare/graph_def.h"
#include "prepare/names.h"

namespace rivulet::prepare {

Result<NameSet> FunctionNames(const GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FUNCTION_NAMES_H_

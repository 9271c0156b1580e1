// Which functions the attributes of nodes name.
#ifndef RIVULET_PREPARE_FUNCTION_CALLS_H_
#define RIVULET_PREPARE_FUNCTION_CALLS_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// The functions that an attribute names: one, a list, or none.
std::vector<std::string> FunctionsIn(const Attr& attr);
// The same attribute with other names in their order.
Attr WithFunctions(const Attr& attr, const std::vector<std::string>& names);

// Only what `graph` calls, directly or through others, stays in its library; gradients of what went go too.
Status DropUncalledFunctions(GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FUNCTION_CALLS_H_

// Orders between nodes that change nothing.
#ifndef RIVULET_PREPARE_IDLE_WAITS_H_
#define RIVULET_PREPARE_IDLE_WAITS_H_

#include <string>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Whether running a node of that operator may do something besides giving results; true for one that is not known.
bool MayHaveEffects(const std::string& op);

// Drops "^node" inputs where neither the node nor anything it needs has an effect. Graphs with parts of loops and
// branches, in which an order says where a node belongs, stay as they are.
Status DropIdleWaits(GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_IDLE_WAITS_H_

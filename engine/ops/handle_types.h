// The types of handles that were strings once.
#ifndef RIVULET_ENGINE_OPS_HANDLE_TYPES_H_
#define RIVULET_ENGINE_OPS_HANDLE_TYPES_H_

#include "engine/graph/graph.h"

namespace rivulet {

// Handles of tensor arrays of the second version, strings in TensorFlow, are resources here: operators that hand them
// on (Enter, Switch, ...) get that type.
void RetypeHandles(Graph* graph);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_HANDLE_TYPES_H_

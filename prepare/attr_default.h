// The attributes that an operator's definition has values for.
#ifndef RIVULET_PREPARE_ATTR_DEFAULT_H_
#define RIVULET_PREPARE_ATTR_DEFAULT_H_

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Adds those that the node lacks. UNIMPLEMENTED for an operator that the engine does not know.
Status AddDefaultAttributes(NodeDef& node);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_ATTR_DEFAULT_H_

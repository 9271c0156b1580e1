// Frozen variables are read through Identity nodes, as many as there are weights: nodes that a load would look at for
// nothing.
#ifndef RIVULET_PREPARE_CONSTANT_ALIASES_H_
#define RIVULET_PREPARE_CONSTANT_ALIASES_H_

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Who reads a constant through Identity nodes reads the constant itself, and nobody waits for a constant, or such a
// node, that nothing else holds back. The nodes stay, though perhaps nothing needs them any more.
void ReadConstantsThemselves(GraphDef* graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_CONSTANT_ALIASES_H_

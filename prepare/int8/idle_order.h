// Orders that order nothing.
#ifndef RIVULET_PREPARE_INT8_IDLE_ORDER_H_
#define RIVULET_PREPARE_INT8_IDLE_ORDER_H_

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Takes out "^name" of constants, also behind Identity, that wait for nothing themselves: they are always there.
// Frozen graphs are full of them, from outputs to all weights, which would keep weights that nothing reads any more.
void DropIdleOrder(GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_IDLE_ORDER_H_

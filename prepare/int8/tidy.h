// What stands in the way of 8 bits and does nothing.
#ifndef RIVULET_PREPARE_INT8_TIDY_H_
#define RIVULET_PREPARE_INT8_TIDY_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Takes out "^name" of constants, also behind Identity, that wait for nothing themselves: they are always there.
// Frozen graphs are full of them, from outputs to all weights, which would keep weights that nothing reads any more.
void DropIdleOrder(GraphDef& graph);

// Whoever reads an IdentityN reads what that does: a swish with a gradient of its own goes through one.
void DropIdentityN(const std::vector<std::string>& outputs, GraphDef& graph);

// Whoever reads a Relu of what is a Relu or Relu6 already reads that: a rounding would come between the two. Those that
// are `outputs` stay.
Status DropSecondRelus(const std::vector<std::string>& outputs, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_TIDY_H_

// Whether two graphs say the same, however their files are written.
#ifndef RIVULET_PREPARE_GRAPH_DIFFERENCE_H_
#define RIVULET_PREPARE_GRAPH_DIFFERENCE_H_

#include <string>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// One sentence about the first node that differs, in the order of `a`; empty when the graphs are equal. The order of
// nodes, of a node's control inputs and of attributes does not count, nor do versions and functions; values of tensors
// are compared, not how they are written.
std::string FirstDifference(const GraphDef& a, const GraphDef& b);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_GRAPH_DIFFERENCE_H_

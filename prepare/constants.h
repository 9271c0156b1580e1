// Weights: the values of Const nodes.
#ifndef RIVULET_PREPARE_CONSTANTS_H_
#define RIVULET_PREPARE_CONSTANTS_H_

#include "prepare/graph_def.h"

namespace rivulet::prepare {

bool IsFloatConst(const NodeDef& node);

// Aligned, so that typed pointers can be had. Messages name the node.
Result<Tensor> ValueOf(const NodeDef& node);

NodeDef MakeConst(std::string name, const Tensor& value);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_CONSTANTS_H_

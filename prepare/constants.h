// Weights: the values of Const nodes.
#ifndef RIVULET_PREPARE_CONSTANTS_H_
#define RIVULET_PREPARE_CONSTANTS_H_

#include <span>
#include <string>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

bool IsFloatConst(const NodeDef& node);

// Aligned, so that typed pointers can be had. Messages name the node.
Result<Tensor> ValueOf(const NodeDef& node);

// Whether no element is infinite or no number. What is, such as a mask that is added before a softmax, has no steps
// that levels could be on: it stays as it is.
bool AreFinite(std::span<const float> values);

NodeDef MakeConst(std::string name, const Tensor& value);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_CONSTANTS_H_

// One node run by itself, its shapes found now.
#ifndef RIVULET_ENGINE_RUN_DYNAMIC_NODE_H_
#define RIVULET_ENGINE_RUN_DYNAMIC_NODE_H_

#include <span>
#include <vector>

#include "engine/ops/op.h"

namespace rivulet {

// Facts of the outputs of a node of `graph` for inputs that are there. A constant that prepare consumed is not: it has
// the fact that the graph has.
Result<std::vector<Fact>> InferOutputs(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                                       bool has_versions, Allocator& allocator);

// An output with its memory, or one for run to set where its shape or type leaves that to it.
Result<Tensor> AllocateAs(const Fact& fact, const OpDef& def, Allocator& allocator);

// An alias's output: the input's bytes under the shape and type of `fact`.
Result<Tensor> AliasOf(const Tensor& input, const Fact& fact);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_DYNAMIC_NODE_H_

// Operators that do the same whatever the order of their values' axes, and how they are written for another order.
#ifndef RIVULET_ENGINE_PASSES_TURNED_NODE_H_
#define RIVULET_ENGINE_PASSES_TURNED_NODE_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "engine/passes/permutation.h"

namespace rivulet {

// Of a node that reads Transpose(x, p): the inputs that have to be transposed so, and what its result is of the one
// that the node makes of what lies under them.
//
//   node(Transpose(x, p), Transpose(y, p), ...)    is    Transpose(turned(x, y, ...), behind)
struct Turning {
  std::vector<size_t> inputs;
  Permutation behind;
};

// `node` may be turned by p; nothing where it may not. Element by element with at most one known operand beside, or
// over axes that are known.
std::optional<Turning> TurningOf(const Graph& graph, const Node& node, const Permutation& p);

// Adds turned(...). `under` gives what lies under each of the turning's inputs.
Edge AddTurned(PatchSink& sink, const Graph& graph, const Node& node, const Permutation& p,
               const std::function<Edge(size_t input)>& under);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_TURNED_NODE_H_

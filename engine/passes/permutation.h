// Transposes with a known permutation, as passes read and make them.
#ifndef RIVULET_ENGINE_PASSES_PERMUTATION_H_
#define RIVULET_ENGINE_PASSES_PERMUTATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/passes/pass.h"

namespace rivulet {

// Axis i of a transpose's output is axis p[i] of its input.
using Permutation = std::vector<int64_t>;

// Of a Transpose without control inputs whose permutation is known; empty for another node.
Permutation PermutationOf(const Graph& graph, const Node& node);

bool IsIdentity(const Permutation& p);
Permutation Inverse(const Permutation& p);
// What `second` makes of what `first` has made.
Permutation Composed(const Permutation& first, const Permutation& second);
// From channels second to channels last, for `rank` axes; and back.
Permutation ToChannelsLast(size_t rank);
Permutation ToChannelsFirst(size_t rank);

// Adds Transpose(x, p) of `dtype`.
Edge AddTranspose(PatchSink& sink, const std::string& name, Edge x, const Permutation& p, DType dtype);

// Adds a constant list of int32.
Edge AddInts(PatchSink& sink, const std::string& name, const std::vector<int64_t>& values);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_PERMUTATION_H_

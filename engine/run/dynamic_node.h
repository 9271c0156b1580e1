// One node run by itself, its shapes found now.
#ifndef RIVULET_ENGINE_RUN_DYNAMIC_NODE_H_
#define RIVULET_ENGINE_RUN_DYNAMIC_NODE_H_

#include <span>
#include <utility>
#include <vector>

#include "engine/ops/op.h"

namespace rivulet {

// Facts of the outputs of a node of `graph` for inputs that are there. A constant that prepare consumed is not: it has
// the fact that the graph has.
Result<std::vector<Fact>> InferOutputs(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                                       bool has_versions, Allocator& allocator);

// The same for a step that runs again and again: shapes are found anew only when the inputs have others. Where the
// outputs depend on values that are no constants, that is each time.
class StepFacts {
 public:
  // is_constant(i): input i is the same in every run. The facts have no values and hold until the next call.
  template <typename IsConstant>
  Result<const std::vector<Fact>*> Find(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                                        const IsConstant& is_constant, Allocator& allocator) {
    if (!needs_values_ && SeenBefore(inputs)) return &outputs_;
    std::vector<bool> constant(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) constant[i] = is_constant(i);
    RIVULET_RETURN_IF_ERROR(FindAnew(graph, node, inputs, constant, allocator));
    return &outputs_;
  }

 private:
  bool SeenBefore(std::span<const Tensor* const> inputs) const;
  Status FindAnew(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                  const std::vector<bool>& is_constant, Allocator& allocator);

  bool needs_values_ = false;
  std::vector<std::pair<DType, Shape>> inputs_;  // those that outputs_ is for
  std::vector<Fact> outputs_;                    // empty before the first call
};

// An output with its memory, or one for run to set where its shape or type leaves that to it.
Result<Tensor> AllocateAs(const Fact& fact, const OpDef& def, Allocator& allocator);

// An alias's output: the input's bytes under the shape and type of `fact`.
Result<Tensor> AliasOf(const Tensor& input, const Fact& fact);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_DYNAMIC_NODE_H_

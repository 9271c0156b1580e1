#include "engine/run/dynamic_node.h"

#include "engine/ops/infer.h"

namespace rivulet {

namespace {

// `known[i]`: whether the value of input i may be looked at; empty for all.
Result<std::vector<Fact>> Infer(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                                const std::vector<bool>& known, bool has_versions, Allocator& allocator,
                                bool* missed_a_value = nullptr) {
  std::vector<Fact> facts;
  facts.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& tensor = *inputs[i];
    if (!tensor.valid()) {
      facts.push_back(graph.fact(node.inputs[i]));
    } else {
      facts.push_back({tensor.dtype(), tensor.shape(), known.empty() || known[i] ? tensor : Tensor()});
    }
  }
  std::vector<const Fact*> pointers;
  for (const Fact& fact : facts) pointers.push_back(&fact);
  std::vector<Fact> outputs;
  RIVULET_RETURN_IF_ERROR(InferNode(node, pointers, has_versions, allocator, &outputs, missed_a_value));
  return outputs;
}

}  // namespace

Result<std::vector<Fact>> InferOutputs(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                                       bool has_versions, Allocator& allocator) {
  return Infer(graph, node, inputs, {}, has_versions, allocator);
}

bool StepFacts::SeenBefore(std::span<const Tensor* const> inputs) const {
  if (outputs_.empty() || inputs_.size() != inputs.size()) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]->dtype() != inputs_[i].first || !(inputs[i]->shape() == inputs_[i].second)) return false;
  }
  return true;
}

// With all shapes known and no values but the constants', inference is what it is when a plan is made for such shapes.
// If that gives complete shapes, run needs nothing else: the step would have been planned so. Nor does it if the shapes
// that stay unknown do not depend on values, as what is read from a tensor array.
Status StepFacts::FindAnew(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                           const std::vector<bool>& is_constant, Allocator& allocator) {
  if (!needs_values_) {
    bool missed_a_value = false;
    RIVULET_ASSIGN_OR_RETURN(outputs_,
                             Infer(graph, node, inputs, is_constant, graph.has_versions, allocator, &missed_a_value));
    inputs_.clear();
    for (const Tensor* input : inputs) inputs_.emplace_back(input->dtype(), input->shape());
    for (const Fact& fact : outputs_) needs_values_ |= missed_a_value && !fact.shape.complete();
  }
  if (needs_values_) {
    RIVULET_ASSIGN_OR_RETURN(outputs_, InferOutputs(graph, node, inputs, graph.has_versions, allocator));
  }
  for (Fact& fact : outputs_) fact.value = Tensor();
  return Status();
}

Result<Tensor> AllocateAs(const Fact& fact, const OpDef& def, Allocator& allocator) {
  const bool allocates = fact.shape.complete() && StoredBytes(fact.dtype) > 0 && !(def.flags & kMakesOutputs);
  if (!allocates) return Tensor::View(fact.dtype, {0}, nullptr);
  return Tensor::Allocate(fact.dtype, fact.shape, allocator);
}

Result<Tensor> AliasOf(const Tensor& input, const Fact& fact) {
  if (!fact.shape.complete()) return Internal("an output shape stayed unknown");
  if (fact.shape.num_elements() != input.num_elements()) {
    return InvalidArgument("an input of shape ", input.shape(), " cannot have shape ", fact.shape);
  }
  return input.Reshaped(fact.shape).Retyped(fact.dtype);
}

}  // namespace rivulet

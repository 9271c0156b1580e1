#include "engine/run/dynamic_node.h"

#include "engine/ops/infer.h"

namespace rivulet {

Result<std::vector<Fact>> InferOutputs(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                                       bool has_versions, Allocator& allocator) {
  std::vector<Fact> facts;
  facts.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& tensor = *inputs[i];
    facts.push_back(tensor.valid() ? Fact{tensor.dtype(), tensor.shape(), tensor} : graph.fact(node.inputs[i]));
  }
  std::vector<const Fact*> pointers;
  for (const Fact& fact : facts) pointers.push_back(&fact);
  std::vector<Fact> outputs;
  RIVULET_RETURN_IF_ERROR(InferNode(node, pointers, has_versions, allocator, &outputs));
  return outputs;
}

Result<Tensor> AllocateAs(const Fact& fact, const OpDef& def, Allocator& allocator) {
  const bool allocates = fact.shape.complete() && StoredBytes(fact.dtype) > 0 && !(def.flags & kMakesOutputs);
  if (!allocates) return Tensor::View(fact.dtype, {0}, nullptr);
  return Tensor::Allocate(fact.dtype, fact.shape, allocator);
}

Result<Tensor> AliasOf(const Tensor& input, const Fact& fact) {
  if (!fact.shape.complete()) return Internal("an output shape stayed unknown");
  if (fact.shape.num_elements() != input.num_elements()) {
    return InvalidArgument("an input of shape ", input.shape().ToString(), " cannot have shape ",
                           fact.shape.ToString());
  }
  return input.Reshaped(fact.shape).Retyped(fact.dtype);
}

}  // namespace rivulet

// The loops around the operators' own functions: checking, shape inference, evaluation of single nodes.
#ifndef RIVULET_ENGINE_OPS_INFER_H_
#define RIVULET_ENGINE_OPS_INFER_H_

#include <chrono>
#include <vector>

#include "engine/ops/op.h"

namespace rivulet {

// Checks a node against its operator's signature and runs its shape rule. `outputs` is resized to the node's number of
// outputs. The message names the op; the caller adds the node. `missed_a_value`: as InferContext says.
Status InferNode(const Node& node, std::span<const Fact* const> inputs, bool graph_has_versions, Allocator& allocator,
                 std::vector<Fact>* outputs, bool* missed_a_value = nullptr);

// Whether the edge is a reference to a variable, and what the variable is then: the type behind it.
bool GivesReference(const Graph& graph, Edge edge);
DType TypeBehindReference(const Graph& graph, Edge edge);

// The number of outputs by the signature and the attributes.
Result<int> CountOutputs(const Node& node);

// The position of element `index` of the output argument `name`, as function bodies name outputs ("split:output:1").
Result<int> OutputPosition(const Node& node, std::string_view name, int64_t index);

// Runs one node on known inputs; for constant folding and for tests.
Result<std::vector<Tensor>> EvaluateNode(const Node& node, std::span<const Fact* const> inputs,
                                         std::span<const Fact> outputs, Allocator& allocator, ThreadPool& pool,
                                         const StopToken& stop, ModelFiles* files = nullptr);

// How inference looks into the functions that a node calls (kCallsFunctions). Implemented above, where functions are
// known; sets the shapes, and values where known, of `outputs`, whose types are filled in.
class CallInference {
 public:
  virtual ~CallInference() = default;
  virtual Status InferCall(const Node& node, std::span<const Fact* const> inputs, std::vector<Fact>* outputs) = 0;
};

struct InferOptions {
  CallInference* calls = nullptr;  // null: what functions return is unknown
  // Values of small integer and bool outputs are computed when their inputs are known, up to this many elements, so
  // that shapes made from other shapes are known.
  int64_t evaluate_up_to = 4096;
  // Where `strict` it ends the inference with its error; elsewhere it ends evaluations, whose values stay unknown.
  StopToken stop = {};
};

// For looking at a model, where nobody sets a deadline: a file can ask for a value that takes years.
inline StopToken BriefLook() { return {nullptr, StopToken::Clock::now() + std::chrono::seconds(1)}; }

// Fills the facts of all nodes in topological order. An unknown operator gets facts of unknown type and as many
// outputs as are used; it is an error only where `strict`.
Status InferGraph(Graph& graph, Allocator& allocator, const InferOptions& options = {}, bool strict = false);

// "node 'name' (Op)": the frame that loops put in front of an operator's message.
std::string NodeFrame(const Node& node);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_INFER_H_

// Shapes of what functions return, found by looking into them.
#ifndef RIVULET_ENGINE_RUN_CALL_INFERENCE_H_
#define RIVULET_ENGINE_RUN_CALL_INFERENCE_H_

#include <map>
#include <string>
#include <vector>

#include "engine/ops/infer.h"
#include "engine/run/environment.h"

namespace rivulet {

// For one inference of one graph. A body that cannot be inferred leaves its results unknown: it may never run.
class BodyInference : public CallInference {
 public:
  BodyInference(const Environment& environment, const StopToken& stop) : environment_(environment), stop_(stop) {}

  Status InferCall(const Node& node, std::span<const Fact* const> inputs, std::vector<Fact>* outputs) override;

  // The arguments of a loop's body as they are in every iteration: shapes widened until the body keeps them; values
  // only of invariants. Starts from `args`; `first_variable` arguments before the variables are not results.
  std::vector<Fact> FindLoopFacts(const FunctionCall& body, std::vector<Fact> args, size_t first_variable);

 private:
  Status InferBranches(const Node& node, std::span<const Fact* const> inputs, std::vector<Fact>* outputs);
  Status InferLoop(const FunctionCall& body, std::vector<Fact> args, size_t first_variable, std::vector<Fact>* outputs);
  // What the body returns for such arguments; not ok when it cannot be said.
  Result<std::vector<Fact>> InferBody(const FunctionCall& call, const std::vector<Fact>& args);
  Result<std::vector<Fact>> InferNewBody(const FunctionCall& call, const std::vector<Fact>& args);

  const Environment& environment_;
  const StopToken& stop_;
  int depth_ = 0;
  // Bodies within loops within loops are asked for the same again and again.
  std::map<std::string, Result<std::vector<Fact>>> known_;
};

// The functions that an If or Case chooses from.
std::vector<FunctionCall> BranchesOf(const Node& node);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_CALL_INFERENCE_H_

#include "engine/base/checked.h"
#include "engine/run/flops.h"
#include "engine/run/function_facts.h"

namespace rivulet {

int64_t CountFlops(const Graph& graph, const std::vector<FeedSpec>& feeds, const std::vector<std::string>& fetches) {
  Result<Cut> cut = CutGraph(graph, feeds, fetches, {});
  if (!cut.ok()) return 0;
  const auto allocator = Allocator::Create();
  const StopToken stop = BriefLook();
  FunctionFacts calls(graph.functions, cut->graph, *allocator, stop);
  calls.KnowVariables(&cut->graph);
  // Where inference ends early, what it reached counts.
  const Status inferred = InferGraph(cut->graph, *allocator, {.calls = &calls, .stop = stop});
  static_cast<void>(inferred);
  CheckedSize total = 0;
  for (const Node& node : cut->graph.nodes()) {
    total = total + CountFlops(cut->graph, node) + calls.FlopsOf(node.name);
  }
  return total.valid() ? total.value() : 0;
}

int64_t CountFlops(const RunProfile& profile) {
  CheckedSize total = 0;
  for (const RunProfile::Step& step : profile.steps) total = total + step.flops;
  return total.valid() ? total.value() : 0;
}

}  // namespace rivulet

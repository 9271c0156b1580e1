#include "prepare/evaluate.h"

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/engine_graph.h"
#include "prepare/names.h"
#include "rivulet/session.h"

namespace rivulet::prepare {
namespace {

constexpr size_t kBudgetBytes = size_t{4} << 30;

}  // namespace

Result<std::vector<Tensor>> Evaluate(const GraphDef& graph, const std::vector<std::string>& edges,
                                     const NameMap<Tensor>& known) {
  RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
  GraphDef part;
  part.rest = graph.rest;
  NameSet taken;
  std::vector<std::string> waiting = edges;
  while (!waiting.empty()) {
    const std::string name(ParseInput(waiting.back()).node);
    waiting.pop_back();
    if (!taken.insert(name).second) continue;
    if (const auto value = known.find(name); value != known.end()) {
      part.nodes.push_back(MakeConst(name, value->second));
      continue;
    }
    const auto it = index.find(name);
    if (it == index.end()) return NotFound("no node is called '", name, "'");
    NodeDef node = *it->second;
    std::erase_if(node.inputs, [](const std::string& input) { return ParseInput(input).is_control; });
    waiting.insert(waiting.end(), node.inputs.begin(), node.inputs.end());
    part.nodes.push_back(std::move(node));
  }
  RIVULET_ASSIGN_OR_RETURN(auto model, ModelOf(part, "constants", Allocator::Create(kBudgetBytes)));
  RIVULET_ASSIGN_OR_RETURN(auto session,
                           Session::Create(model, {.passes = false, .memory_budget_bytes = kBudgetBytes}));
  return session->Run({}, edges);
}

}  // namespace rivulet::prepare

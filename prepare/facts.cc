#include "prepare/facts.h"

#include "engine/base/guard.h"
#include "engine/ops/infer.h"
#include "prepare/engine_graph.h"

namespace rivulet::prepare {
namespace {

// For the values of constants that the file only describes.
constexpr size_t kBudgetBytes = size_t{4} << 30;

// Each costs another look at the whole graph.
constexpr size_t kMostFailures = 32;

// The node that the error is about; null for an error about no node.
Node* FindRefused(Graph& graph, const Status& status) {
  for (Node& node : graph.nodes()) {
    if (node.def != nullptr && status.message().starts_with(NodeFrame(node) + ": ")) return &node;
  }
  return nullptr;
}

}  // namespace

Result<Facts> Facts::Of(const GraphDef& graph) {
  return CatchBadAlloc([&]() -> Result<Facts> {
    RIVULET_ASSIGN_OR_RETURN(Graph imported, ToEngineGraph(graph));
    for (Node& node : imported.nodes()) node.def = FindOp(node.op);
    Facts facts;
    for (;;) {
      const Status status = InferGraph(imported, *Allocator::Create(kBudgetBytes), {.stop = BriefLook()});
      if (status.ok()) break;
      Node* refused = facts.failures_.size() < kMostFailures ? FindRefused(imported, status) : nullptr;
      if (refused == nullptr) return status;
      facts.failures_.emplace(refused->name, status);
      refused->def = nullptr;  // as if the operator were unknown
      for (Node& node : imported.nodes()) node.outputs.clear();
    }
    facts.graph_ = std::make_shared<const Graph>(std::move(imported));
    return facts;
  });
}

const Fact& Facts::Of(std::string_view input) const {
  static const Fact kUnknown = {};
  const InputName name = ParseInput(input);
  const int32_t index = graph_->Find(name.node);
  if (name.is_control || index < 0) return kUnknown;
  const Node& node = graph_->node(index);
  return static_cast<size_t>(name.port) < node.outputs.size() ? node.outputs[static_cast<size_t>(name.port)] : kUnknown;
}

}  // namespace rivulet::prepare

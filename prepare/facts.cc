#include "prepare/facts.h"

#include "engine/base/guard.h"
#include "engine/import/graphdef.h"
#include "engine/ops/infer.h"

namespace rivulet::prepare {
namespace {

// For the values of constants that the file only describes.
constexpr size_t kBudgetBytes = size_t{4} << 30;

}  // namespace

Result<Facts> Facts::Of(const GraphDef& graph) {
  return CatchBadAlloc([&]() -> Result<Facts> {
    auto bytes = std::make_shared<std::string>(Serialize(graph));
    const std::span<const uint8_t> view(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
    RIVULET_ASSIGN_OR_RETURN(Graph imported, ImportGraphDef(view, bytes, Limits()));
    for (Node& node : imported.nodes()) node.def = FindOp(node.op);
    RIVULET_RETURN_IF_ERROR(InferGraph(imported, *Allocator::Create(kBudgetBytes), {.stop = BriefLook()}));
    imported.KeepAlive(bytes);
    Facts facts;
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

#include "prepare/engine_graph.h"

#include "engine/base/guard.h"
#include "engine/import/graphdef.h"

namespace rivulet::prepare {
namespace {

// Shorter ones are not worth a look at their own.
constexpr size_t kLeastShared = 4096;

// A weight that the engine is given instead of its bytes.
struct SharedValue {
  size_t node = 0;
  std::shared_ptr<const TensorLiteral> literal;
};

// Takes the large weights out of the graph. One that contradicts itself stays, for the importer to say so.
std::vector<SharedValue> TakeWeights(GraphDef* graph) {
  std::vector<SharedValue> taken;
  for (size_t i = 0; i < graph->nodes.size(); ++i) {
    NodeDef& node = graph->nodes[i];
    const auto value = node.attrs.find("value");
    if (node.op != "Const" || value == node.attrs.end() || value->second.bytes().size() < kLeastShared) continue;
    Result<TensorLiteral> literal = value->second.AsLiteral();
    if (!literal.ok()) continue;
    taken.push_back({i, std::make_shared<const TensorLiteral>(std::move(*literal))});
    node.attrs.erase(value);
  }
  return taken;
}

}  // namespace

Result<Graph> ToEngineGraph(const GraphDef& graph) {
  return CatchBadAlloc([&]() -> Result<Graph> {
    GraphDef light = graph;
    const std::vector<SharedValue> weights = TakeWeights(&light);
    const auto bytes = std::make_shared<std::string>(Serialize(light));
    const std::span<const uint8_t> view(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
    RIVULET_ASSIGN_OR_RETURN(Graph imported, ImportGraphDef(view, bytes, Limits()));
    // One node for each of the GraphDef's, in their order.
    for (const SharedValue& weight : weights) {
      imported.node(static_cast<int32_t>(weight.node)).attrs.Set("value", weight.literal);
    }
    return imported;
  });
}

Result<std::shared_ptr<const Model>> ModelOf(const GraphDef& graph, const std::string& name,
                                             std::shared_ptr<Allocator> allocator) {
  RIVULET_ASSIGN_OR_RETURN(Graph imported, ToEngineGraph(graph));
  return CatchBadAlloc([&]() -> Result<std::shared_ptr<const Model>> {
    return Model::FromGraph(std::move(imported), name, std::move(allocator));
  });
}

}  // namespace rivulet::prepare

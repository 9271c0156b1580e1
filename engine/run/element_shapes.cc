#include "engine/run/lower.h"

namespace rivulet {
namespace {

bool Makes(const Node& node) {
  return node.op == "TensorArray" || node.op == "TensorArrayV2" || node.op == "TensorArrayV3";
}

bool Reads(const Node& node) {
  const std::string_view op = node.op;
  return op == "TensorArrayRead" || op == "TensorArrayReadV2" || op == "TensorArrayReadV3";
}

bool HandsOn(const Node& node) { return node.op == "Identity" || node.op == "Enter" || node.op == "Switch"; }

constexpr int kMostHops = 100;  // loops within loops are fewer; so that a hostile chain costs each reader little

// The node whose handle `node` has, unless that is far.
const Node& MakerOf(const Graph& graph, const Node& node) {
  const Node* at = &node;
  for (int hop = 0; hop < kMostHops && HandsOn(*at) && !at->inputs.empty(); ++hop) {
    at = &graph.node(at->inputs[0].node);
  }
  return *at;
}

}  // namespace

void NameElementShapes(Graph* graph) {
  for (int32_t i = 0; i < graph->size(); ++i) {
    const Node& node = graph->node(i);
    if (!Reads(node) || node.inputs.empty()) continue;
    const Node& maker = MakerOf(*graph, graph->node(node.inputs[0].node));
    const auto* shape = Makes(maker) ? maker.attrs.Get<Shape>("element_shape") : nullptr;
    if (shape != nullptr && shape->complete()) graph->node(i).attrs.Set("_element_shape", *shape);
  }
}

}  // namespace rivulet

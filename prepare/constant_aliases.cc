#include "prepare/constant_aliases.h"

#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

using Nodes = NameViewMap<const NodeDef*>;

// The constant that `input` means, perhaps through Identity nodes that wait for nothing else; null where it is none.
const NodeDef* ConstantBehind(const Nodes& nodes, const std::string& input) {
  constexpr int kLongestChain = 8;
  InputName source = ParseInput(input);
  source.is_control = false;
  for (int i = 0; i < kLongestChain && !source.is_control && source.port == 0; ++i) {
    const auto at = nodes.find(source.node);
    if (at == nodes.end()) return nullptr;
    const NodeDef& node = *at->second;
    if (node.op == "Const" && node.inputs.empty()) return &node;
    if (node.op != "Identity" || node.inputs.size() != 1) return nullptr;
    source = ParseInput(node.inputs[0]);
  }
  return nullptr;
}

}  // namespace

void ReadConstantsThemselves(GraphDef* graph) {
  Nodes nodes;
  for (const NodeDef& node : graph->nodes) nodes.emplace(node.name, &node);
  for (NodeDef& node : graph->nodes) {
    std::vector<std::string> inputs;
    for (const std::string& input : node.inputs) {
      const NodeDef* constant = ConstantBehind(nodes, input);
      if (constant == nullptr) {
        inputs.push_back(input);
      } else if (!ParseInput(input).is_control) {
        inputs.push_back(constant->name);
      }
    }
    node.inputs = std::move(inputs);
  }
}

}  // namespace rivulet::prepare

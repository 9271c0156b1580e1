#include "prepare/int8/tidy.h"

#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/base/errors.h"
#include "prepare/graph_edit.h"

namespace rivulet::prepare {
namespace {

// A node of no effect whose inputs are all in `there`.
bool IsThere(const NodeDef& node, const std::unordered_set<std::string_view>& there) {
  if (node.op != "Const" && node.op != "Identity" && node.op != "NoOp") return false;
  for (const std::string& input : node.inputs) {
    if (!there.contains(ParseInput(input).node)) return false;
  }
  return true;
}

}  // namespace

void DropIdleOrder(GraphDef& graph) {
  std::unordered_set<std::string_view> there;
  // Identity and NoOp may stand before what they read; chains are short.
  constexpr int kRounds = 8;
  bool grows = true;
  for (int round = 0; grows && round < kRounds; ++round) {
    grows = false;
    for (const NodeDef& node : graph.nodes) {
      if (!there.contains(node.name) && IsThere(node, there)) grows = there.insert(node.name).second;
    }
  }
  std::vector<std::vector<std::string>> kept;
  for (const NodeDef& node : graph.nodes) {
    std::vector<std::string>& inputs = kept.emplace_back();
    for (const std::string& input : node.inputs) {
      const InputName name = ParseInput(input);
      if (!name.is_control || !there.contains(name.node)) inputs.push_back(input);
    }
  }
  for (size_t i = 0; i < kept.size(); ++i) graph.nodes[i].inputs = std::move(kept[i]);
}

Status DropSecondRelus(const std::vector<std::string>& outputs, GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, {.outputs = outputs}));
  for (NodeDef* node : edit.Nodes()) {
    if (node->op != "Relu" || node->inputs.size() != 1 || edit.IsKept(*node)) continue;
    const NodeDef* before = edit.Producer(*node, 0);
    if (before == nullptr || (before->op != "Relu" && before->op != "Relu6")) continue;
    if (TypeAttr(*before, "T") != TypeAttr(*node, "T")) continue;
    edit.Redirect(*node, before->name);
    edit.RemoveUnread(std::string(node->name));
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace rivulet::prepare

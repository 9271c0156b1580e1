#include "prepare/int8/tidy.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/base/errors.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

// A node of no effect whose inputs are all in `there`.
bool IsThere(const NodeDef& node, const NameViewSet& there) {
  if (node.op != "Const" && node.op != "Identity" && node.op != "NoOp") return false;
  for (const std::string& input : node.inputs) {
    if (!there.contains(ParseInput(input).node)) return false;
  }
  return true;
}

}  // namespace

void DropIdleOrder(GraphDef& graph) {
  NameViewSet there;
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

void DropIdentityN(const std::vector<std::string>& outputs, GraphDef& graph) {
  NameViewSet wanted;
  for (const std::string& output : outputs) wanted.insert(ParseInput(output).node);
  NameMap<std::vector<std::string>> identities;
  for (const NodeDef& node : graph.nodes) {
    if (node.op != "IdentityN" || wanted.contains(node.name)) continue;
    const bool waits = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [](const std::string& input) { return ParseInput(input).is_control; });
    if (!waits) identities.emplace(node.name, node.inputs);
  }
  NameSet ordered, read;  // by name
  for (NodeDef& node : graph.nodes) {
    for (std::string& input : node.inputs) {
      // They read one another at most once round.
      for (size_t hops = 0; hops <= identities.size(); ++hops) {
        const InputName name = ParseInput(input);
        const auto at = identities.find(std::string(name.node));
        if (at == identities.end()) break;
        if (name.is_control) ordered.insert(at->first);
        if (name.is_control || name.port < 0 || static_cast<size_t>(name.port) >= at->second.size()) break;
        read.insert(at->first);
        input = std::string(at->second[static_cast<size_t>(name.port)]);
      }
    }
  }
  std::erase_if(graph.nodes,
                [&](const NodeDef& node) { return identities.contains(node.name) && !ordered.contains(node.name); });
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

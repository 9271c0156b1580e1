// merge_duplicate_nodes: nodes that compute the same are one.
//
//   a = Const 1, b = Const 1, y = Add(x, a), z = Add(x, b)   becomes   a = Const 1, y = Add(x, a), and y for z
//
// Equal are nodes of equal operator, inputs, device and attributes, compared byte by byte. Stay: what is stateful or
// random, has effects, is fed or stands for an input, calls functions or is an operator that the engine does not know,
// and the parts of loops and branches. Of two that are both fetched both stay.
#include <algorithm>

#include "engine/ops/op.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/needed.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

bool MayMerge(const NodeDef& node) {
  const OpDef* def = FindOp(node.op);
  if (def == nullptr || (def->flags & (kStateful | kCallsFunctions | kReadsFiles)) != 0) return false;
  return !IsPlaceholder(node) && !IsControlFlow(node.op) && node.op != "Print" && node.op != "Assert" &&
         node.op != "NoOp";
}

// The inputs in one spelling; the order of those that are only waited for says nothing.
std::vector<std::string> PlainInputs(const NodeDef& node) {
  std::vector<std::string> data, waits;
  for (const std::string& input : node.inputs) {
    const InputName name = ParseInput(input);
    (name.is_control ? waits : data).push_back(ToText(name));
  }
  std::sort(waits.begin(), waits.end());
  data.insert(data.end(), waits.begin(), waits.end());
  return data;
}

size_t HashOf(const NodeDef& node) {
  const KeyedHash hash;
  size_t sum = hash(node.op) * 31 + hash(node.device);
  for (const std::string& input : PlainInputs(node)) sum = sum * 31 + hash(input);
  for (const auto& [name, attr] : node.attrs) sum = (sum * 31 + hash(name)) * 31 + hash(attr.bytes());
  return sum;
}

bool AreEqual(const NodeDef& a, const NodeDef& b) {
  return a.op == b.op && a.device == b.device && a.attrs == b.attrs && PlainInputs(a) == PlainInputs(b);
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph));
  NameMap<NodeDef> nodes;
  NameSet fed, fetched;
  for (const std::string& name : context.inputs) fed.emplace(ParseInput(name).node);
  for (const std::string& name : context.outputs) fetched.emplace(ParseInput(name).node);
  // What stays for each name. In execution order one walk is enough: what a node reads is decided before it.
  NameMap<std::string> merged;
  std::unordered_map<size_t, std::vector<const NodeDef*>> seen;
  const auto redirect = [&](NodeDef& node) {
    std::vector<std::string> inputs;
    for (const std::string& input : node.inputs) {
      InputName name = ParseInput(input);
      const auto it = merged.find(std::string(name.node));
      if (it != merged.end()) name.node = it->second;
      // Two orders may have become one.
      if (name.is_control) {
        AddWaits({ToText(name)}, &inputs);
      } else {
        inputs.push_back(it == merged.end() ? input : ToText(name));
      }
    }
    node.inputs = std::move(inputs);
  };
  for (const NodeDef* old : order) {
    NodeDef& node = nodes.emplace(old->name, *old).first->second;
    redirect(node);
    if (!MayMerge(node) || fed.contains(node.name)) continue;
    std::vector<const NodeDef*>& alike = seen[HashOf(node)];
    const auto same = std::find_if(alike.begin(), alike.end(), [&](const NodeDef* a) { return AreEqual(*a, node); });
    if (same == alike.end()) {
      alike.push_back(&node);
    } else if (!fetched.contains(node.name)) {
      if (!context.MayRewrite(node.name)) continue;
      merged.emplace(node.name, (*same)->name);
    } else if (!fetched.contains((*same)->name) && context.MayRewrite(node.name)) {
      // The fetched one stays. Its twin's readers that were seen before still name the twin: redirected below.
      merged.emplace((*same)->name, node.name);
      *same = &node;
    }
  }
  // A twin that was chosen first can have gone later.
  for (auto& [name, stays] : merged) {
    for (auto it = merged.find(stays); it != merged.end(); it = merged.find(stays)) stays = it->second;
  }
  std::vector<NodeDef> kept;
  for (const NodeDef& old : graph.nodes) {
    if (merged.contains(old.name)) continue;
    NodeDef& node = nodes.at(old.name);
    redirect(node);
    kept.push_back(std::move(node));
  }
  graph.nodes = std::move(kept);
  return Status();
}

}  // namespace

const Transform kMergeDuplicateNodes = {"merge_duplicate_nodes", "", Apply};

}  // namespace rivulet::prepare

#include "prepare/graph_edit.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "prepare/constants.h"

namespace rivulet::prepare {
namespace {

std::string NodeOf(std::string_view input) { return std::string(ParseInput(input).node); }

}  // namespace

Result<GraphEdit> GraphEdit::Of(const GraphDef& graph, const TransformContext& context) {
  RIVULET_RETURN_IF_ERROR(CheckReferences(graph));
  GraphEdit edit;
  for (const NodeDef& node : graph.nodes) edit.Add(node);
  for (const auto* names : {&context.inputs, &context.outputs}) {
    for (const std::string& name : *names) edit.kept_.insert(NodeOf(name));
  }
  return edit;
}

std::vector<NodeDef*> GraphEdit::Nodes() {
  std::vector<NodeDef*> nodes;
  nodes.reserve(nodes_.size());
  for (NodeDef& node : nodes_) nodes.push_back(&node);
  return nodes;
}

NodeDef* GraphEdit::Find(std::string_view name) {
  const auto it = index_.find(std::string(name));
  return it == index_.end() ? nullptr : &*it->second;
}

NodeDef* GraphEdit::Producer(const NodeDef& node, size_t i) {
  if (i >= node.inputs.size()) return nullptr;
  const InputName input = ParseInput(node.inputs[i]);
  return input.is_control || input.port != 0 ? nullptr : Find(input.node);
}

std::optional<ConstInput> GraphEdit::ReadConst(const NodeDef& node, size_t i) {
  ConstInput found;
  found.is_own = true;
  const NodeDef* reader = &node;
  for (size_t hops = 0; hops < 64; ++hops) {
    found.node = Producer(*reader, i);
    if (found.node == nullptr) return std::nullopt;
    AddWaits(WaitsOf(*found.node), &found.waits);
    if (found.node->op != "Identity") break;
    if (kept_.contains(found.node->name)) return std::nullopt;  // may be fed
    found.is_own = false;
    reader = found.node;
    i = 0;
  }
  if (found.node->op != "Const") return std::nullopt;
  found.is_own = found.is_own && IsPrivate(*found.node);
  Result<Tensor> value = ValueOf(*found.node);
  if (!value.ok() || kept_.contains(found.node->name)) return std::nullopt;
  found.value = std::move(*value);
  return found;
}

int GraphEdit::Uses(const NodeDef& node) const {
  const auto it = readers_.find(node.name);
  return it == readers_.end() ? 0 : static_cast<int>(it->second.size());
}

std::vector<NodeDef*> GraphEdit::ReadersOf(const NodeDef& node) const {
  std::vector<NodeDef*> readers;
  const auto it = readers_.find(node.name);
  if (it == readers_.end()) return readers;
  std::unordered_set<const NodeDef*> seen;
  for (NodeDef* reader : it->second) {
    if (seen.insert(reader).second) readers.push_back(reader);
  }
  return readers;
}

bool GraphEdit::IsPrivate(const NodeDef& node) const { return Uses(node) == 1 && !IsKept(node); }

bool GraphEdit::ReadsOtherOutputs(const NodeDef& node) const {
  for (const NodeDef* reader : ReadersOf(node)) {
    for (const std::string& input : reader->inputs) {
      const InputName name = ParseInput(input);
      if (name.node == node.name && name.port != 0) return true;
    }
  }
  return false;
}

std::string GraphEdit::FreeName(std::string_view stem) const {
  return rivulet::FreeName(stem, index_.size(), [&](const std::string& name) { return index_.contains(name); });
}

void GraphEdit::Link(NodeDef& node) {
  for (const std::string& input : node.inputs) readers_[NodeOf(input)].push_back(&node);
}

void GraphEdit::Unlink(const NodeDef& node) {
  for (const std::string& input : node.inputs) {
    std::vector<NodeDef*>& readers = readers_[NodeOf(input)];
    readers.erase(std::find(readers.begin(), readers.end(), &node));
  }
}

NodeDef& GraphEdit::Add(NodeDef node, const NodeDef* before) {
  const auto place = before == nullptr ? nodes_.end() : index_.at(before->name);
  const auto it = nodes_.insert(place, std::move(node));
  index_.insert_or_assign(it->name, it);
  Link(*it);
  return *it;
}

void GraphEdit::SetInputs(NodeDef& node, std::vector<std::string> inputs) {
  Unlink(node);
  node.inputs = std::move(inputs);
  Link(node);
}

void GraphEdit::Redirect(const NodeDef& from, const std::string& to) {
  const std::string order = Cat("^", ParseInput(to).node);
  for (NodeDef* reader : ReadersOf(from)) {
    std::vector<std::string> inputs;
    for (const std::string& input : reader->inputs) {
      const InputName name = ParseInput(input);
      if (name.node != from.name || name.port != 0) {
        inputs.push_back(input);
      } else if (!name.is_control) {
        inputs.push_back(to);
      } else {
        AddWaits({order}, &inputs);
      }
    }
    SetInputs(*reader, std::move(inputs));
  }
}

void GraphEdit::Remove(NodeDef& node) {
  Unlink(node);
  const auto it = index_.find(node.name);
  const auto place = it->second;
  index_.erase(it);
  nodes_.erase(place);
}

void GraphEdit::RemoveUnread(const std::string& name) {
  std::vector<std::string> waiting = {name};
  while (!waiting.empty()) {
    NodeDef* node = Find(waiting.back());
    waiting.pop_back();
    if (node == nullptr || Uses(*node) > 0 || IsKept(*node) || IsPlaceholder(*node)) continue;
    const OpDef* def = FindOp(node->op);
    if (def == nullptr || (def->flags & kStateful) == kStateful) continue;
    for (const std::string& input : node->inputs) waiting.push_back(NodeOf(input));
    Remove(*node);
  }
}

NodeDef& GraphEdit::Replace(NodeDef& old, NodeDef with) {
  std::vector<std::string> read;
  for (const std::string& input : old.inputs) read.push_back(NodeOf(input));
  with.name = old.name;
  Unlink(old);
  old = std::move(with);
  Link(old);
  for (const std::string& name : read) RemoveUnread(name);
  return old;
}

void GraphEdit::WriteTo(GraphDef& graph) && {
  graph.nodes.assign(std::make_move_iterator(nodes_.begin()), std::make_move_iterator(nodes_.end()));
}

size_t NumDataInputs(const NodeDef& node) {
  size_t count = 0;
  while (count < node.inputs.size() && !ParseInput(node.inputs[count]).is_control) ++count;
  return count;
}

std::vector<std::string> WaitsOf(const NodeDef& node) {
  std::vector<std::string> waits;
  for (const std::string& input : node.inputs) {
    if (ParseInput(input).is_control) waits.push_back(input);
  }
  return waits;
}

void AddWaits(const std::vector<std::string>& waits, std::vector<std::string>* inputs) {
  for (const std::string& wait : waits) {
    if (std::find(inputs->begin(), inputs->end(), wait) == inputs->end()) inputs->push_back(wait);
  }
}

bool IsPlaceholder(const NodeDef& node) {
  return node.op == "Placeholder" || node.op == "PlaceholderV2" || node.op == "PlaceholderWithDefault";
}

bool IsInput(const NodeDef& node) {
  std::string_view name = node.name;
  name.remove_prefix(std::min(name.size(), name.rfind('/') + 1));  // of a scope; npos + 1 is 0
  return IsPlaceholder(node) && !name.starts_with("unused_control_flow_input");
}

bool IsControlFlow(std::string_view op) {
  if (op.starts_with("Ref")) op.remove_prefix(3);
  return op == "Switch" || op == "_SwitchN" || op == "Merge" || op == "Enter" || op == "Exit" ||
         op == "NextIteration" || op == "LoopCond";
}

std::string StringAttr(const NodeDef& node, std::string_view name, std::string_view if_missing) {
  const Attr* attr = node.Find(name);
  return (attr != nullptr ? attr->AsString() : std::nullopt).value_or(std::string(if_missing));
}

bool BoolAttr(const NodeDef& node, std::string_view name, bool if_missing) {
  const Attr* attr = node.Find(name);
  return (attr != nullptr ? attr->AsBool() : std::nullopt).value_or(if_missing);
}

float FloatAttr(const NodeDef& node, std::string_view name, float if_missing) {
  const Attr* attr = node.Find(name);
  return (attr != nullptr ? attr->AsFloat() : std::nullopt).value_or(if_missing);
}

DType TypeAttr(const NodeDef& node, std::string_view name, DType if_missing) {
  const Attr* attr = node.Find(name);
  return (attr != nullptr ? attr->AsType() : std::nullopt).value_or(if_missing);
}

std::vector<int64_t> IntsAttr(const NodeDef& node, std::string_view name) {
  const Attr* attr = node.Find(name);
  return (attr != nullptr ? attr->AsInts() : std::nullopt).value_or(std::vector<int64_t>());
}

bool AllAre(const NodeDef& node, std::string_view name, int64_t value) {
  const std::vector<int64_t> values = IntsAttr(node, name);
  return std::all_of(values.begin(), values.end(), [value](int64_t v) { return v == value; });
}

}  // namespace rivulet::prepare

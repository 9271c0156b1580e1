// Two graphs, name by name.
#include <algorithm>
#include <iterator>
#include <map>

#include "cli/view/graph.h"
#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

constexpr size_t kLongestText = 120;

std::string KeyOf(const ViewGraph& graph, const ViewNode& node) {
  return node.function < 0 ? node.name : Cat(graph.functions[static_cast<size_t>(node.function)], "\n", node.name);
}

std::string LinkText(const ViewGraph& graph, const Link& link) {
  const std::string& name = graph.node(link.node).name;
  if (link.is_control) return "^" + name;
  return link.slot == 0 ? name : Cat(name, ":", link.slot);
}

std::vector<Link> DataLinks(const ViewNode& node) {
  std::vector<Link> links;
  std::copy_if(node.inputs.begin(), node.inputs.end(), std::back_inserter(links),
               [](const Link& link) { return !link.is_control; });
  return links;
}

// Orders are a set. What waits for a constant waits for nothing.
std::vector<std::string> ControlNames(const ViewGraph& graph, const ViewNode& node) {
  std::vector<std::string> names;
  for (const Link& link : node.inputs) {
    if (link.is_control && !link.is_folded) names.push_back(LinkText(graph, link));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Short(const AttrValue* value) { return value == nullptr ? "absent" : AttrText(*value, kLongestText); }

const TensorLiteral* LiteralOf(const AttrValue* value) {
  if (value == nullptr) return nullptr;
  const auto* literal = std::get_if<std::shared_ptr<const TensorLiteral>>(value);
  return literal == nullptr ? nullptr : literal->get();
}

void CompareAttr(const std::string& name, const AttrValue* before, const AttrValue* after,
                 std::vector<std::string>* changes) {
  const TensorLiteral* a = LiteralOf(before);
  const TensorLiteral* b = LiteralOf(after);
  if (a != nullptr && b != nullptr) {
    const std::string difference = ValueDifference(*a, *b);
    if (!difference.empty()) changes->push_back(difference);
  } else if (before == nullptr || after == nullptr || AttrText(*before) != AttrText(*after)) {
    changes->push_back(Cat(name, ": was ", Short(before), ", is ", Short(after)));
  }
}

void CompareAttrs(const ViewNode& before, const ViewNode& after, std::vector<std::string>* changes) {
  static const AttrMap kNone;
  const AttrMap& a = before.attrs == nullptr ? kNone : *before.attrs;
  const AttrMap& b = after.attrs == nullptr ? kNone : *after.attrs;
  for (const auto& [name, value] : a) CompareAttr(name, &value, b.Find(name), changes);
  for (const auto& [name, value] : b) {
    if (a.Find(name) == nullptr) CompareAttr(name, nullptr, &value, changes);
  }
}

// The value on a node's card, whether or not an Identity stands between; null for all else.
const TensorLiteral* FoldedValue(const ViewGraph& graph, const Link& link) {
  return link.is_folded ? graph.node(SourceOf(graph, link.node)).value.get() : nullptr;
}

void CompareInputs(const ViewGraph& before, const ViewNode& a, const ViewGraph& after, const ViewNode& b,
                   std::vector<std::string>* changes) {
  const std::vector<Link> old = DataLinks(a), now = DataLinks(b);
  if (old.size() != now.size()) changes->push_back(Cat("had ", old.size(), " inputs, has ", now.size()));
  for (size_t i = 0; i < std::min(old.size(), now.size()); ++i) {
    const TensorLiteral* old_value = FoldedValue(before, old[i]);
    const TensorLiteral* new_value = FoldedValue(after, now[i]);
    const std::string old_text = LinkText(before, old[i]), new_text = LinkText(after, now[i]);
    if (old_value != nullptr && new_value != nullptr) {
      const std::string difference = ValueDifference(*old_value, *new_value);
      if (!difference.empty()) changes->push_back(Cat("input ", i, ", ", ShortName(new_text), ": ", difference));
    } else if (old_text != new_text) {
      changes->push_back(Cat("input ", i, ": was ", old_text, ", is ", new_text));
    }
  }
  if (ControlNames(before, a) != ControlNames(after, b)) changes->push_back("waits for other nodes");
}

std::vector<std::string> Changes(const ViewGraph& before, const ViewNode& a, const ViewGraph& after,
                                 const ViewNode& b) {
  std::vector<std::string> changes;
  if (a.op != b.op) changes.push_back(Cat("was ", a.op, ", is ", b.op));
  CompareInputs(before, a, after, b, &changes);
  CompareAttrs(a, b, &changes);
  return changes;
}

}  // namespace

void MarkDifferences(ViewGraph* before, ViewGraph* after) {
  std::map<std::string, int32_t> index;
  for (int32_t i = 0; i < before->num_nodes(); ++i) {
    index.emplace(KeyOf(*before, before->node(i)), i);
    before->node(i).mark = Mark::kRemoved;
  }
  for (ViewNode& node : after->nodes) {
    const auto found = index.find(KeyOf(*after, node));
    if (found == index.end()) {
      node.mark = Mark::kAdded;
      continue;
    }
    ViewNode& old = before->node(found->second);
    node.changes = old.changes = Changes(*before, old, *after, node);
    node.mark = old.mark = node.changes.empty() ? Mark::kSame : Mark::kChanged;
  }
}

}  // namespace rivulet::cli::view

// Two graphs, name by name.
#include <algorithm>
#include <map>

#include "cli/view/graph.h"
#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

constexpr size_t kLongestText = 120;

std::string KeyOf(const ViewGraph& graph, const ViewNode& node) {
  return node.function < 0 ? node.name : Cat(graph.functions[static_cast<size_t>(node.function)], "\n", node.name);
}

// Data inputs in their order; control inputs are a set.
std::vector<std::string> InputNames(const ViewGraph& graph, const ViewNode& node) {
  std::vector<std::string> data, control;
  for (const Link& link : node.inputs) {
    const std::string& name = graph.node(link.node).name;
    if (link.is_control) {
      control.push_back("^" + name);
    } else {
      data.push_back(link.slot == 0 ? name : Cat(name, ":", link.slot));
    }
  }
  std::sort(control.begin(), control.end());
  data.insert(data.end(), control.begin(), control.end());
  return data;
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

void CompareInputs(const std::vector<std::string>& before, const std::vector<std::string>& after,
                   std::vector<std::string>* changes) {
  if (before.size() != after.size())
    changes->push_back(Cat("had ", before.size(), " inputs, has ", after.size()));
  for (size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    if (before[i] != after[i]) changes->push_back(Cat("input ", i, ": was ", before[i], ", is ", after[i]));
  }
}

std::vector<std::string> Changes(const ViewGraph& before, const ViewNode& a, const ViewGraph& after,
                                 const ViewNode& b) {
  std::vector<std::string> changes;
  if (a.op != b.op) changes.push_back(Cat("was ", a.op, ", is ", b.op));
  CompareInputs(InputNames(before, a), InputNames(after, b), &changes);
  CompareAttrs(a, b, &changes);
  return changes;
}

// Cards tell of the constants on them.
void MarkUsers(ViewGraph* graph) {
  for (int look = 0; look < 2; ++look) {
    for (ViewNode& node : graph->nodes) {
      for (const Link& link : node.inputs) {
        const ViewNode& source = graph->node(link.node);
        if (!link.is_folded || source.mark != Mark::kChanged) continue;
        if (node.mark != Mark::kSame && node.mark != Mark::kChanged) continue;
        for (const std::string& change : source.changes) {
          const std::string text = node.is_folded ? change : Cat(ShortName(source.name), ": ", change);
          if (std::find(node.changes.begin(), node.changes.end(), text) == node.changes.end())
            node.changes.push_back(text);
        }
        node.mark = Mark::kChanged;
      }
    }
  }
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
  MarkUsers(before);
  MarkUsers(after);
}

}  // namespace rivulet::cli::view

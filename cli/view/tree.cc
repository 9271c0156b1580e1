#include "cli/view/tree.h"

#include <algorithm>
#include <map>

#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

// Positions in an order where inputs come first; the nodes of loops as they stand in the file.
std::vector<int32_t> Ranks(const ViewGraph& graph) {
  const auto count = graph.nodes.size();
  std::vector<int32_t> waits(count, 0);
  std::vector<std::vector<int32_t>> users(count);
  for (size_t i = 0; i < count; ++i) {
    for (const Link& link : graph.nodes[i].inputs) {
      if (graph.node(link.node).op == "NextIteration") continue;
      users[static_cast<size_t>(link.node)].push_back(static_cast<int32_t>(i));
      ++waits[i];
    }
  }
  // Depth first, so that a branch stays together.
  std::vector<int32_t> ranks(count, -1);
  std::vector<int32_t> ready;
  for (size_t i = count; i-- > 0;) {
    if (waits[i] == 0) ready.push_back(static_cast<int32_t>(i));
  }
  int32_t next = 0;
  while (!ready.empty()) {
    const int32_t node = ready.back();
    ready.pop_back();
    ranks[static_cast<size_t>(node)] = next++;
    const auto& of = users[static_cast<size_t>(node)];
    for (size_t i = of.size(); i-- > 0;) {
      if (--waits[static_cast<size_t>(of[i])] == 0) ready.push_back(of[i]);
    }
  }
  for (int32_t& rank : ranks) rank = rank < 0 ? next++ : rank;
  return ranks;
}

class Links {
 public:
  explicit Links(ViewGraph* graph) : graph_(*graph) {}

  void Make() {
    LinkKids();
    for (size_t g = graph_.groups.size(); g-- > 1;) Hoist(static_cast<int32_t>(g));
    DropEmpty();
    Sort();
  }

 private:
  Group& group(int32_t id) { return graph_.groups[static_cast<size_t>(id)]; }

  void LinkKids() {
    for (Group& group : graph_.groups) group.kids.clear();
    for (int32_t i = 0; i < graph_.num_nodes(); ++i) {
      if (!graph_.node(i).is_folded) group(graph_.node(i).group).kids.push_back(i);
    }
    for (size_t g = 1; g < graph_.groups.size(); ++g)
      group(graph_.groups[g].parent).kids.push_back(graph_.num_nodes() + static_cast<int32_t>(g));
  }

  // A scope with one thing in it is that thing. Parents come before their kids, so kids are done.
  void Hoist(int32_t g) {
    Group& of = group(g);
    if (of.is_function || of.kids.size() != 1) return;
    const Item only = of.kids[0];
    if (graph_.is_group(only)) {
      Group& inner = graph_.group_of(only);
      if (inner.is_function) return;
      inner.label = Cat(of.label, "/", inner.label);
    }
    SetParent(&graph_, only, of.parent);
    std::vector<Item>& kids = group(of.parent).kids;
    std::replace(kids.begin(), kids.end(), graph_.num_nodes() + g, only);
    of.kids.clear();
    forward_[g] = of.parent;
  }

  void DropEmpty() {
    std::vector<int32_t> now(graph_.groups.size(), -1);
    std::vector<Group> kept;
    for (size_t g = 0; g < graph_.groups.size(); ++g) {
      if (g > 0 && graph_.groups[g].kids.empty()) continue;
      now[g] = static_cast<int32_t>(kept.size());
      kept.push_back(std::move(graph_.groups[g]));
    }
    const auto find = [&](int32_t g) {
      while (now[static_cast<size_t>(g)] < 0) {
        const auto forward = forward_.find(g);
        g = forward != forward_.end() ? forward->second : 0;
      }
      return now[static_cast<size_t>(g)];
    };
    for (Group& group : kept) group.parent = group.parent < 0 ? -1 : find(group.parent);
    for (ViewNode& node : graph_.nodes) node.group = node.is_folded ? 0 : find(node.group);
    graph_.groups = std::move(kept);
    LinkKids();
  }

  // Kids in the order in which they compute.
  void Sort() {
    const std::vector<int32_t> ranks = Ranks(graph_);
    std::vector<int32_t> first(graph_.nodes.size() + graph_.groups.size(), INT32_MAX);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].is_folded) continue;
      for (Item at = static_cast<Item>(i); at >= 0; at = graph_.parent(at))
        first[static_cast<size_t>(at)] = std::min(first[static_cast<size_t>(at)], ranks[i]);
    }
    for (Group& group : graph_.groups) {
      std::stable_sort(group.kids.begin(), group.kids.end(),
                       [&](Item a, Item b) { return first[static_cast<size_t>(a)] < first[static_cast<size_t>(b)]; });
    }
  }

  ViewGraph& graph_;
  std::map<int32_t, int32_t> forward_;  // of groups that are no more
};

class Sums {
 public:
  explicit Sums(ViewGraph* graph) : graph_(*graph) {}

  void Make() {
    PlaceFolded();
    Sum();
    MarkOf(graph_.num_nodes());
  }

 private:
  Group& group(int32_t id) { return graph_.groups[static_cast<size_t>(id)]; }

  // With the first user, so that every node is within some group.
  void PlaceFolded() {
    for (ViewNode& node : graph_.nodes) node.group = node.is_folded ? -1 : node.group;
    for (int look = 0; look < 4; ++look) {
      for (int32_t i = graph_.num_nodes() - 1; i >= 0; --i) {
        const ViewNode& user = graph_.node(i);
        if (user.group < 0) continue;
        for (const Link& link : user.inputs) {
          if (link.is_folded && !link.is_control && graph_.node(link.node).group < 0)
            graph_.node(link.node).group = user.group;
        }
      }
    }
    for (ViewNode& node : graph_.nodes) node.group = std::max(node.group, 0);
  }

  void Sum() {
    for (const ViewNode& node : graph_.nodes) {
      for (int32_t g = node.group; g >= 0; g = group(g).parent) {
        Group& to = group(g);
        ++to.size;
        to.cost.flops += node.cost.flops;
        to.cost.bytes += node.is_folded ? 0 : node.cost.bytes;
        to.cost.parameters += node.cost.parameters;
        to.cost.parameter_bytes += node.cost.parameter_bytes;
        to.cost.ms += node.cost.ms;
      }
    }
  }

  // A group is of one kind when all within are.
  Mark MarkOf(Item item) {
    if (!graph_.is_group(item)) return graph_.node(item).mark;
    const std::vector<Item>& kids = graph_.group_of(item).kids;
    Mark mark = kids.empty() ? Mark::kSame : MarkOf(kids[0]);
    for (size_t i = 1; i < kids.size(); ++i) {
      if (MarkOf(kids[i]) != mark) mark = Mark::kChanged;
    }
    graph_.group_of(item).mark = mark;
    return mark;
  }

  ViewGraph& graph_;
};

}  // namespace

void LinkTree(ViewGraph* graph) { Links(graph).Make(); }

void SumTree(ViewGraph* graph) { Sums(graph).Make(); }

}  // namespace rivulet::cli::view

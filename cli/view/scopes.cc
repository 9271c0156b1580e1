// The tree of name scopes.
#include <algorithm>
#include <map>
#include <numeric>

#include "cli/view/graph.h"
#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

constexpr size_t kMostKids = 120;   // of one group
constexpr size_t kKidsOfPart = 40;  // of the parts of one that has more
constexpr int kMostDepth = 24;

class Scopes {
 public:
  explicit Scopes(ViewGraph* graph) : graph_(*graph) {
    graph_.groups.assign(1, Group());
    FindScopes();
  }

  void Place() {
    for (int32_t i = 0; i < graph_.num_nodes(); ++i) {
      if (!graph_.node(i).is_folded) graph_.node(i).group = GroupFor(graph_.node(i));
    }
  }

 private:
  static std::string Key(int32_t function, std::string_view path) { return Cat(function, ":", path); }

  template <typename Visit>
  static void ForEachScope(std::string_view name, const Visit& visit) {
    int depth = 0;
    for (size_t at = name.find('/'); at != std::string_view::npos && depth < kMostDepth; at = name.find('/', at + 1)) {
      if (at == 0) continue;
      ++depth;
      visit(name.substr(0, at));
    }
  }

  // A node "a/b" stands within the scope "a/b" where there is one.
  void FindScopes() {
    for (const ViewNode& node : graph_.nodes) {
      if (node.is_folded) continue;
      ForEachScope(node.name, [&](std::string_view path) { ids_.emplace(Key(node.function, path), -1); });
    }
  }

  int32_t AddGroup(Group group) {
    graph_.groups.push_back(std::move(group));
    return static_cast<int32_t>(graph_.groups.size()) - 1;
  }

  int32_t FunctionGroup(int32_t function) {
    if (function < 0) return 0;
    const auto [found, is_new] = functions_.emplace(function, -1);
    if (is_new) {
      if (library_ < 0 && graph_.functions.size() > 1)
        library_ = AddGroup({.label = "functions", .path = "functions", .parent = 0, .is_function = true});
      const std::string& name = graph_.functions[static_cast<size_t>(function)];
      found->second =
          AddGroup({.label = name, .path = "ƒ " + name, .parent = std::max(library_, 0), .is_function = true});
    }
    return found->second;
  }

  int32_t GroupFor(const ViewNode& node) {
    int32_t group = FunctionGroup(node.function);
    const auto enter = [&](std::string_view path) {
      int32_t& id = ids_.find(Key(node.function, path))->second;
      if (id < 0) {
        const std::string prefix =
            node.function < 0 ? "" : Cat("ƒ ", graph_.functions[static_cast<size_t>(node.function)], "/");
        id = AddGroup({.label = std::string(ShortName(path)), .path = Cat(prefix, path), .parent = group});
      }
      group = id;
    };
    ForEachScope(node.name, enter);
    if (ids_.contains(Key(node.function, node.name)) && group != 0 &&
        std::count(node.name.begin(), node.name.end(), '/') < kMostDepth) {
      enter(node.name);
    } else if (ids_.contains(Key(node.function, node.name)) && node.name.find('/') == std::string::npos) {
      enter(node.name);
    }
    return group;
  }

  ViewGraph& graph_;
  std::map<std::string, int32_t, std::less<>> ids_;
  std::map<int32_t, int32_t> functions_;
  int32_t library_ = -1;
};

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

class Tree {
 public:
  explicit Tree(ViewGraph* graph) : graph_(*graph) {}

  void Build() {
    LinkKids();
    for (size_t g = graph_.groups.size(); g-- > 1;) Hoist(static_cast<int32_t>(g));
    DropEmpty();
    Sort();
    for (size_t g = 0; g < graph_.groups.size(); ++g) Split(static_cast<int32_t>(g));
    PlaceFolded();
    Sum();
  }

 private:
  Group& group(int32_t id) { return graph_.groups[static_cast<size_t>(id)]; }

  void SetParent(Item item, int32_t parent) {
    if (graph_.is_group(item)) {
      graph_.group_of(item).parent = parent;
    } else {
      graph_.node(item).group = parent;
    }
  }

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
    SetParent(only, of.parent);
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

  // The first part of a name that the group around does not say.
  std::string LabelOf(Item item, const Group& around) const {
    if (graph_.is_group(item)) return graph_.group_of(item).label;
    std::string_view name = graph_.node(item).name;
    if (!around.path.empty() && name.starts_with(around.path + "/")) name.remove_prefix(around.path.size() + 1);
    return std::string(name.substr(0, name.find('/')));
  }

  // How many edges pass between the kids before a place and those from there on.
  std::vector<int32_t> Passing(const std::vector<Item>& kids, int32_t g) const {
    std::map<Item, int32_t> at;
    for (size_t i = 0; i < kids.size(); ++i) at.emplace(kids[i], static_cast<int32_t>(i));
    const auto find = [&](int32_t node) {
      Item item = node;
      for (Item up = graph_.parent(item); up >= 0 && up != graph_.num_nodes() + g; up = graph_.parent(item)) item = up;
      const auto found = at.find(item);
      return found == at.end() ? -1 : found->second;
    };
    std::vector<int32_t> change(kids.size() + 1, 0);
    for (int32_t i = 0; i < graph_.num_nodes(); ++i) {
      const int32_t to = graph_.node(i).is_folded ? -1 : find(i);
      if (to < 0) continue;
      for (const Link& link : graph_.node(i).inputs) {
        const int32_t from = link.is_folded || link.is_control ? -1 : find(link.node);
        if (from < 0 || from == to) continue;
        // It passes the places min + 1 to max.
        ++change[static_cast<size_t>(std::min(from, to)) + 1];
        if (static_cast<size_t>(std::max(from, to)) < kids.size() - 1)
          --change[static_cast<size_t>(std::max(from, to)) + 1];
      }
    }
    std::partial_sum(change.begin(), change.end(), change.begin());
    return change;
  }

  // Parts of what has too many kids to be drawn at once, cut where few edges pass. They are appended, and split in
  // turn where they are many.
  void Split(int32_t g) {
    if (group(g).kids.size() <= kMostKids) return;
    const std::vector<Item> kids = std::move(group(g).kids);
    const std::vector<int32_t> passing = Passing(kids, g);
    std::vector<Item> parts;
    // Two levels where one would still be too many.
    const size_t size = std::max(kKidsOfPart, (kids.size() + kKidsOfPart - 1) / kKidsOfPart);
    for (size_t at = 0; at < kids.size();) {
      const size_t end = FindCut(passing, at, size);
      Group part{.label = Cat(LabelOf(kids[at], group(g)), " … ", LabelOf(kids[end - 1], group(g))),
                 .path = Cat(group(g).path, group(g).path.empty() ? "" : "/", "part ", parts.size() + 1),
                 .parent = g};
      part.kids.assign(kids.begin() + static_cast<ptrdiff_t>(at), kids.begin() + static_cast<ptrdiff_t>(end));
      const auto id = static_cast<int32_t>(graph_.groups.size());
      for (const Item kid : part.kids) SetParent(kid, id);
      graph_.groups.push_back(std::move(part));
      parts.push_back(graph_.num_nodes() + id);
      at = end;
    }
    group(g).kids = std::move(parts);
  }

  // Between half and one and a half of the size wanted; the rest, where it is not much more.
  static size_t FindCut(const std::vector<int32_t>& passing, size_t at, size_t size) {
    const size_t count = passing.size() - 1;
    if (count - at <= size + size / 2) return count;
    const auto distance = [&](size_t cut) { return cut > at + size ? cut - at - size : at + size - cut; };
    size_t best = at + size;
    for (size_t cut = at + size / 2; cut <= at + size + size / 2; ++cut) {
      if (passing[cut] < passing[best] || (passing[cut] == passing[best] && distance(cut) < distance(best))) best = cut;
    }
    return best;
  }

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
    MarkOf(graph_.num_nodes());
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
  std::map<int32_t, int32_t> forward_;
};

}  // namespace

void GroupByScope(ViewGraph* graph) {
  Scopes(graph).Place();
  Tree(graph).Build();
}

std::vector<bool> OpenAtFirst(const ViewGraph& graph, int budget) {
  std::vector<bool> open(graph.groups.size(), false);
  std::vector<int32_t> waiting = {0};
  int shown = 1;
  while (!waiting.empty()) {
    // The one with the most nodes tells the least while it is closed.
    const auto largest = std::max_element(waiting.begin(), waiting.end(), [&](int32_t a, int32_t b) {
      return graph.groups[static_cast<size_t>(a)].size < graph.groups[static_cast<size_t>(b)].size;
    });
    const int32_t g = *largest;
    waiting.erase(largest);
    const Group& group = graph.groups[static_cast<size_t>(g)];
    const int more = static_cast<int>(group.kids.size()) - 1;
    // A picture of one card tells nothing.
    const bool is_bare = budget > 0 && shown < 8 && group.kids.size() <= kMostKids;
    if (g != 0 && group.is_function) continue;
    if (g != 0 && shown + more > budget && !is_bare) break;  // its smaller siblings stay like it
    open[static_cast<size_t>(g)] = true;
    shown += more;
    for (const Item kid : group.kids) {
      if (graph.is_group(kid)) waiting.push_back(kid - graph.num_nodes());
    }
  }
  return open;
}

}  // namespace rivulet::cli::view

// The tree of name scopes.
#include <algorithm>
#include <map>

#include "cli/view/tree.h"
#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

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

}  // namespace

void GroupByScope(ViewGraph* graph) {
  Scopes(graph).Place();
  LinkTree(graph);
  SplitLargeGroups(graph);
  SumTree(graph);
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

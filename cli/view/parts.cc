// Groups with too many kids, in parts.
#include <algorithm>
#include <numeric>

#include "cli/view/tree.h"
#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

constexpr size_t kKidsOfPart = 40;

class Parts {
 public:
  explicit Parts(ViewGraph* graph) : graph_(*graph), kid_of_(graph->nodes.size(), -1) {}

  // Parts of what has too many kids to be drawn at once, cut where few edges pass. They are appended, and split in
  // turn where they are many.
  void Split(int32_t g) {
    if (group(g).kids.size() <= kMostKids) return;
    const std::vector<Item> kids = std::move(group(g).kids);
    const std::vector<int32_t> passing = Passing(kids);
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
      for (const Item kid : part.kids) SetParent(&graph_, kid, id);
      graph_.groups.push_back(std::move(part));
      parts.push_back(graph_.num_nodes() + id);
      at = end;
    }
    group(g).kids = std::move(parts);
  }

 private:
  Group& group(int32_t id) { return graph_.groups[static_cast<size_t>(id)]; }

  // The first part of a name that the group around does not say.
  std::string LabelOf(Item item, const Group& around) const {
    if (graph_.is_group(item)) return graph_.group_of(item).label;
    std::string_view name = graph_.node(item).name;
    if (!around.path.empty() && name.starts_with(around.path + "/")) name.remove_prefix(around.path.size() + 1);
    return std::string(name.substr(0, name.find('/')));
  }

  // How many edges pass between the kids before a place and those from there on.
  std::vector<int32_t> Passing(const std::vector<Item>& kids) {
    for (size_t i = 0; i < kids.size(); ++i) MarkBelow(kids[i], static_cast<int32_t>(i));
    std::vector<int32_t> change(kids.size() + 1, 0);
    for (const int32_t node : below_) {
      const int32_t to = kid_of_[static_cast<size_t>(node)];
      for (const Link& link : graph_.node(node).inputs) {
        const int32_t from = link.is_control ? -1 : kid_of_[static_cast<size_t>(link.node)];
        if (from < 0 || from == to) continue;
        // It passes the places min + 1 to max.
        ++change[static_cast<size_t>(std::min(from, to)) + 1];
        --change[std::min(static_cast<size_t>(std::max(from, to)) + 1, kids.size())];
      }
    }
    for (const int32_t node : below_) kid_of_[static_cast<size_t>(node)] = -1;
    below_.clear();
    std::partial_sum(change.begin(), change.end(), change.begin());
    return change;
  }

  void MarkBelow(Item item, int32_t kid) {
    if (graph_.is_group(item)) {
      for (const Item inner : graph_.group_of(item).kids) MarkBelow(inner, kid);
      return;
    }
    kid_of_[static_cast<size_t>(item)] = kid;
    below_.push_back(item);
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

  ViewGraph& graph_;
  std::vector<int32_t> kid_of_;  // of the group that is looked at; -1 for nodes elsewhere
  std::vector<int32_t> below_;
};

}  // namespace

void SplitLargeGroups(ViewGraph* graph) {
  Parts parts(graph);
  for (size_t g = 0; g < graph->groups.size(); ++g) parts.Split(static_cast<int32_t>(g));
}

}  // namespace rivulet::cli::view

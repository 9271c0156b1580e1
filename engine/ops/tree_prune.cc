#include "engine/ops/tree_growth.h"

namespace rivulet {
namespace {

class Pruner {
 public:
  Pruner(int64_t logits, DecisionTree* tree, const StopToken& stop)
      : logits_(static_cast<size_t>(logits)), nodes_(tree->nodes), fates_(tree->nodes.size()), stop_(stop) {}

  // From the leaves up, without recursion: a node's own turn comes after those of its children.
  Status MakeLeaves() {
    std::vector<std::pair<size_t, bool>> stack;  // a node, and whether its children had their turn
    RIVULET_RETURN_IF_ERROR(Enter(0, &stack));
    while (!stack.empty()) {
      RIVULET_RETURN_IF_ERROR(stop_.Why());
      auto& [node, is_below_done] = stack.back();
      const TreeNode& at = nodes_[node];
      if (at.is_leaf()) {
        stack.pop_back();
      } else if (!at.is_split()) {
        return InvalidArgument("node ", node, " of the tree to prune: want a leaf or split");
      } else if (is_below_done) {
        RIVULET_RETURN_IF_ERROR(Consider(node));
        stack.pop_back();
      } else {
        is_below_done = true;
        const TreeSplit split = at.split;
        RIVULET_RETURN_IF_ERROR(Enter(split.right, &stack));
        RIVULET_RETURN_IF_ERROR(Enter(split.left, &stack));
      }
    }
    return Status();
  }

  bool has_pruned() const { return has_pruned_; }

  Status Renumber(std::vector<PrunedNode>* pruned) {
    int32_t next = 0;
    for (Fate& fate : fates_) {
      if (!fate.is_pruned) fate.number = next++;
    }
    std::vector<TreeNode> kept;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      RIVULET_RETURN_IF_ERROR(stop_.Why());  // the way up may be long
      PrunedNode& update = pruned->emplace_back();
      update.change.resize(logits_);
      size_t into = i;
      for (; fates_[into].is_pruned; into = fates_[into].parent) {
        for (size_t j = 0; j < logits_; ++j) update.change[j] += fates_[into].change[j];
      }
      update.node = fates_[into].number;
      if (into != i) continue;
      TreeNode& node = kept.emplace_back(std::move(nodes_[i]));
      if (!node.is_split()) continue;
      node.split.left = NumberOf(node.split.left);
      node.split.right = NumberOf(node.split.right);
    }
    nodes_ = std::move(kept);
    return Status();
  }

 private:
  struct Fate {
    bool is_seen = false;
    bool is_pruned = false;
    size_t parent = 0;          // of a node that was pruned, with
    std::vector<float> change;  // parent's logits less its own
    int32_t number = 0;         // of a node that stays
  };

  Status Enter(int32_t node, std::vector<std::pair<size_t, bool>>* stack) {
    if (node < 0 || static_cast<size_t>(node) >= nodes_.size()) {
      return InvalidArgument("node ", node, " of the tree to prune: want [0, ", nodes_.size(), ")");
    }
    if (fates_[static_cast<size_t>(node)].is_seen) {
      return InvalidArgument("node ", node, " of the tree to prune is the child of two splits");
    }
    fates_[static_cast<size_t>(node)].is_seen = true;
    stack->emplace_back(static_cast<size_t>(node), false);
    return Status();
  }

  // A split of no use between two leaves becomes the leaf that it was.
  Status Consider(size_t id) {
    TreeNode& node = nodes_[id];
    if (!(node.gain < 0)) return Status();
    const auto left = static_cast<size_t>(node.split.left), right = static_cast<size_t>(node.split.right);
    if (!nodes_[left].is_leaf() || !nodes_[right].is_leaf()) return Status();
    const std::vector<float> zeros(logits_);
    const std::span<const float> logits = node.has_original_leaf ? node.original_leaf.logits() : zeros;
    for (const size_t child : {left, right}) {
      const std::span<const float> below = nodes_[child].leaf.logits();
      if (below.size() != logits_ || logits.size() != logits_) {
        return InvalidArgument("node ", child, " of the tree to prune and the node above it: want ", logits_,
                               " logits, got ", below.size(), " and ", logits.size());
      }
      Fate& fate = fates_[child];
      fate.is_pruned = true;
      fate.parent = id;
      for (size_t j = 0; j < logits_; ++j) fate.change.push_back(logits[j] - below[j]);
    }
    has_pruned_ = true;
    TreeNode leaf;
    leaf.kind = TreeNode::Kind::kLeaf;
    leaf.leaf = std::move(node.original_leaf);
    node = std::move(leaf);
    return Status();
  }

  int32_t NumberOf(int32_t node) const {
    const auto i = static_cast<size_t>(node);
    return i < fates_.size() && !fates_[i].is_pruned ? fates_[i].number : 0;  // nothing leads to such a split
  }

  const size_t logits_;
  std::vector<TreeNode>& nodes_;
  std::vector<Fate> fates_;
  const StopToken& stop_;
  bool has_pruned_ = false;
};

}  // namespace

Status PruneTree(int64_t logits, DecisionTree* tree, std::vector<PrunedNode>* pruned, const StopToken& stop) {
  Pruner pruner(logits, tree, stop);
  RIVULET_RETURN_IF_ERROR(pruner.MakeLeaves());
  return pruner.has_pruned() ? pruner.Renumber(pruned) : Status();
}

}  // namespace rivulet

// How boosted trees grow: the best split of each node is added to the last tree, which is pruned when it is deep
// enough.
#ifndef RIVULET_ENGINE_OPS_TREE_GROWTH_H_
#define RIVULET_ENGINE_OPS_TREE_GROWTH_H_

#include <map>

#include "engine/ops/tree_ensemble_object.h"

namespace rivulet {

// A split that a node could have.
struct SplitCandidate {
  float gain = 0;
  int32_t feature = 0;
  int32_t dimension = 0;
  int32_t threshold = 0;
  TreeNode::Kind kind = TreeNode::Kind::kBucketized;
  bool is_default_right = false;
  std::vector<float> left, right;  // what the leaves add to the node's logits
};

// The best candidate of each node: of equal gains that of the lower feature, or the first.
using BestSplits = std::map<int32_t, SplitCandidate>;
void Offer(int32_t node, SplitCandidate candidate, BestSplits* best);

enum class Pruning : int32_t { kNone = 0, kBefore = 1, kAfter = 2 };

struct Growth {
  int32_t max_depth = 0;
  Pruning pruning = Pruning::kNone;
  int64_t logits = 1;
};

// A tree of one leaf, and what it takes.
void AddTree(std::vector<float> logits, TreeEnsemble* ensemble);
CheckedSize BytesOfOneLeaf(int64_t logits);

// Grows the last tree by a layer. Changes nothing where it gives an error.
Status Grow(const BestSplits& splits, const Growth& growth, StampedEnsemble* content, Allocator& allocator,
            const StopToken& stop);

// Makes leaves of the splits with a gain below zero that have two leaves, from below, and renumbers the nodes. `pruned`
// gets what became of each node, unless nothing was pruned. After an error the tree is half done.
Status PruneTree(int64_t logits, DecisionTree* tree, std::vector<PrunedNode>* pruned, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TREE_GROWTH_H_

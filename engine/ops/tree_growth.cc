#include "engine/ops/tree_growth.h"

#include <algorithm>

#include "engine/ops/split_gain.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

// Counters from a message may be as large as can be.
template <typename T>
T Next(T count) {
  return static_cast<T>(static_cast<std::make_unsigned_t<T>>(count) + 1);
}

TreeLeaf LeafOf(std::vector<float> logits) {
  TreeLeaf leaf;
  if (logits.size() == 1) {
    leaf.scalar = logits[0];
  } else {
    leaf.form = TreeLeaf::Form::kVector;
    leaf.values = std::move(logits);
  }
  return leaf;
}

TreeNode LeafNode(std::vector<float> logits) {
  TreeNode node;
  node.kind = TreeNode::Kind::kLeaf;
  node.leaf = LeafOf(std::move(logits));
  return node;
}

// What a tree may take as it grows.
CheckedSize BytesOf(const DecisionTree& tree) {
  CheckedSize bytes = GrowingBytes<TreeNode>(static_cast<int64_t>(tree.nodes.size()));
  for (const TreeNode& node : tree.nodes) {
    for (const TreeLeaf* leaf : {&node.leaf, &node.original_leaf}) {
      bytes += GrowingBytes<float>(static_cast<int64_t>(leaf->values.size() + leaf->indices.size()));
    }
  }
  return bytes;
}

Status CheckCounts(const TreeEnsemble& ensemble) {
  const size_t trees = ensemble.trees.size();
  if (ensemble.weights.size() == trees && ensemble.metadata.size() == trees) return Status();
  return InvalidArgument("the ensemble: want a weight and metadata for each of ", trees, " trees, got ",
                         ensemble.weights.size(), " and ", ensemble.metadata.size());
}

// Makes a split of a leaf, whose logits go on in the leaves below it.
Status Split(int32_t id, const SplitCandidate& candidate, DecisionTree* tree) {
  if (id < 0 || static_cast<size_t>(id) >= tree->nodes.size()) {
    return InvalidArgument("a split of node ", id, ": want [0, ", tree->nodes.size(), ")");
  }
  if (tree->nodes.size() > INT32_MAX - 2) return OutOfRange("the tree has more nodes than an int32 counts");
  TreeNode& node = tree->nodes[static_cast<size_t>(id)];
  if (!node.is_leaf()) return InvalidArgument("a split of node ", id, ": want a leaf");
  const size_t logits = candidate.left.size();
  const bool is_vector = node.leaf.form == TreeLeaf::Form::kVector;
  if (id != 0 || is_vector || (logits == 1 && node.leaf.scalar != 0)) {
    node.original_leaf = std::move(node.leaf);
    node.has_original_leaf = true;
  }
  std::vector<float> left = candidate.left, right = candidate.right;
  if (logits > 1 && is_vector && node.original_leaf.values.size() != logits) {
    return InvalidArgument("a split of node ", id, ": want a leaf of ", logits, " logits, got ",
                           node.original_leaf.values.size());
  }
  for (size_t i = 0; i < logits; ++i) {
    const float before = logits == 1 ? node.original_leaf.scalar : is_vector ? node.original_leaf.values[i] : 0;
    left[i] = before + left[i];
    right[i] = before + right[i];
  }
  node.has_metadata = true;
  node.gain = candidate.gain;
  node.kind = candidate.kind;
  node.leaf = {};
  node.split = {.feature = candidate.feature,
                .dimension = candidate.dimension,
                .threshold = candidate.threshold,
                .left = static_cast<int32_t>(tree->nodes.size()),
                .right = static_cast<int32_t>(tree->nodes.size()) + 1,
                .default_direction = candidate.is_default_right ? 1 : 0};
  tree->nodes.push_back(LeafNode(std::move(left)));
  tree->nodes.push_back(LeafNode(std::move(right)));
  return Status();
}

// The attempt counts whether it succeeds or not; the first layer of a tree is an attempt at a tree.
void CountAttempt(TreeEnsemble* ensemble) {
  const size_t trees = ensemble->trees.size();
  ensemble->has_growing = true;
  ensemble->num_layers_attempted = Next(ensemble->num_layers_attempted);
  if (trees == 0 ||
      ((trees == 1 || ensemble->metadata[trees - 2].is_finalized) && ensemble->trees.back().nodes.size() == 1)) {
    ensemble->num_trees_attempted = Next(ensemble->num_trees_attempted);
  }
}

CheckedSize PrunedBytes(const std::vector<PrunedNode>& pruned, int64_t logits) {
  return CheckedSize(static_cast<int64_t>(pruned.size())) * (GrowingBytes<PrunedNode>(1) + GrowingBytes<float>(logits));
}

}  // namespace

void Offer(int32_t node, SplitCandidate candidate, BestSplits* best) {
  const auto found = best->find(node);
  if (found == best->end()) {
    best->emplace(node, std::move(candidate));
    return;
  }
  SplitCandidate& before = found->second;
  const bool is_better = GainsAreEqual(candidate.gain, before.gain) ? candidate.feature < before.feature
                                                                    : GainIsLarger(candidate.gain, before.gain);
  if (is_better) before = std::move(candidate);
}

void AddTree(std::vector<float> logits, TreeEnsemble* ensemble) {
  ensemble->trees.emplace_back().nodes.push_back(LeafNode(std::move(logits)));
  ensemble->weights.push_back(1);
  ensemble->metadata.emplace_back();
}

CheckedSize BytesOfOneLeaf(int64_t logits) {
  return GrowingBytes<DecisionTree>(1) + GrowingBytes<TreeNode>(1) + GrowingBytes<TreeMetadata>(1) +
         GrowingBytes<float>(logits) + GrowingBytes<float>(1);
}

Status Grow(const BestSplits& splits, const Growth& growth, StampedEnsemble* content, Allocator& allocator,
            const StopToken& stop) {
  TreeEnsemble& ensemble = content->ensemble;
  RIVULET_RETURN_IF_ERROR(CheckCounts(ensemble));
  if (growth.logits > INT32_MAX) return ResourceExhausted("a leaf of ", growth.logits, " logits is too large");
  TextBytes of_copy(allocator);
  RIVULET_RETURN_IF_ERROR(of_copy.Charge(BytesOfOneLeaf(growth.logits)));
  const std::vector<float> zeros(static_cast<size_t>(growth.logits));
  const bool is_first = ensemble.trees.empty();

  // The layer is made in a copy of the tree.
  DecisionTree grown;
  const CheckedSize added = (GrowingBytes<TreeNode>(2) + GrowingBytes<float>(growth.logits) * CheckedSize(2)) *
                            CheckedSize(static_cast<int64_t>(splits.size()));
  if (!is_first) RIVULET_RETURN_IF_ERROR(of_copy.Charge(BytesOf(ensemble.trees.back())));
  RIVULET_RETURN_IF_ERROR(of_copy.Charge(added));
  if (is_first) {
    grown.nodes.push_back(LeafNode(zeros));
  } else {
    grown = ensemble.trees.back();
  }
  const auto nodes = static_cast<int32_t>(std::min<size_t>(grown.nodes.size(), INT32_MAX));
  for (const auto& [node, candidate] : splits) {
    RIVULET_RETURN_IF_ERROR(stop.Why());
    if (growth.pruning == Pruning::kBefore && candidate.gain < 0) continue;
    RIVULET_RETURN_IF_ERROR(Split(node, candidate, &grown));
  }
  const bool is_split = grown.nodes.size() > static_cast<size_t>(nodes);
  const int32_t layers = is_first ? 1 : Next(ensemble.metadata.back().num_layers_grown);
  const bool is_final = is_split && layers >= growth.max_depth;
  int32_t begin = nodes, end = static_cast<int32_t>(grown.nodes.size());
  std::vector<PrunedNode> pruned;
  if (is_final) {
    begin = 0;
    end = 1;
    if (growth.pruning == Pruning::kAfter) {
      RIVULET_RETURN_IF_ERROR(of_copy.Charge(BytesOf(grown)));
      RIVULET_RETURN_IF_ERROR(PruneTree(growth.logits, &grown, &pruned, stop));
    }
  }
  CheckedSize kept = added + PrunedBytes(pruned, growth.logits);
  kept += BytesOfOneLeaf(growth.logits) * CheckedSize((is_first ? 1 : 0) + (is_final ? 1 : 0));
  RIVULET_RETURN_IF_ERROR(content->held.Add(kept, allocator));

  content->stamp = Next(content->stamp);
  CountAttempt(&ensemble);
  if (is_first) AddTree(zeros, &ensemble);
  if (!is_split) return Status();
  ensemble.trees.back() = std::move(grown);
  TreeMetadata& metadata = ensemble.metadata.back();
  metadata.num_layers_grown = layers;
  if (is_final) {
    metadata.is_finalized = true;
    for (PrunedNode& node : pruned) metadata.pruned.push_back(std::move(node));
    AddTree(zeros, &ensemble);
  }
  ensemble.last_layer_begin = begin;
  ensemble.last_layer_end = end;
  return Status();
}

}  // namespace rivulet

// BoostedTreesPredict, BoostedTreesTrainingPredict: what an ensemble says of examples.
//
//   features, each [n] or [n, d] int32: bucket numbers
//   predict:  -> logits [n, logits_dimension], the sum over trees of weight * leaf
//   training: cached_tree_ids [n], cached_node_ids [n] (a node of the tree, or below zero: none)
//             -> partial_logits [n, logits_dimension], what changed since the node was cached; tree_ids [n],
//                node_ids [n], where the examples are now
#include <algorithm>

#include "engine/ops/tree_ensemble_object.h"
#include "engine/ops/tree_walk.h"

namespace rivulet {
namespace {

Result<Shape> InferLogits(InferContext& c, int first) {
  RIVULET_RETURN_IF_ERROR(BucketizedFeatures::Infer(c, first));
  const int64_t dimension = c.attrs().Int("logits_dimension");
  if (dimension < 0) return InvalidArgument("attr 'logits_dimension': want >= 0, got ", dimension);
  return Shape{BucketizedFeatures::InferRows(c, first), dimension};
}

// Some 50 us of work, were the trees of usual depth.
int64_t Grain(const TreeEnsemble& ensemble) {
  return std::max<int64_t>(1024 / static_cast<int64_t>(ensemble.trees.size() + 1), 1);
}

Status InferPredict(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape logits, InferLogits(c, 1));
  c.set_output(0, logits);
  return Status();
}

Status RunPredict(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  const BucketizedFeatures features(c, 1);
  return object->Read([&](const StampedEnsemble& content) -> Status {
    const TreeEnsemble& ensemble = content.ensemble;
    RIVULET_RETURN_IF_ERROR(WantWeights(ensemble));
    const int64_t dimension = c.output(0).dim(1);
    return ForEachRow(c, features.rows(), Grain(ensemble), [&](int64_t row) -> Status {
      float* const sums = c.output(0).data<float>() + row * dimension;
      std::fill_n(sums, dimension, 0.0f);
      for (TreePlace at{ensemble}; at.tree < static_cast<int64_t>(ensemble.trees.size()); at.NextTree()) {
        RIVULET_ASSIGN_OR_RETURN(const TreeNode* const leaf, at.ToLeaf(features, row));
        const std::span<const float> logits = leaf->leaf.logits();
        RIVULET_RETURN_IF_ERROR(WantLogits(logits, dimension));
        const float weight = ensemble.weights[static_cast<size_t>(at.tree)];
        for (size_t j = 0; j < logits.size(); ++j) sums[j] += weight * logits[j];
      }
      return Status();
    });
  });
}

Status InferTraining(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape logits, InferLogits(c, 3));
  for (int i = 1; i < 3; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    if (!c.shape(i).has_rank() || c.shape(i)[0] < 0 || logits[0] < 0 || c.shape(i)[0] == logits[0]) continue;
    return InvalidArgument("cached ", i == 1 ? "tree" : "node", " ids: want one for each of ", logits[0],
                           " examples, got ", c.shape(i)[0]);
  }
  c.set_output(0, logits);
  c.set_output(1, {logits[0]});
  c.set_output(2, {logits[0]});
  return Status();
}

// What the logits of a cached place count no more: they are put into `left`, negative. A node that was pruned since
// becomes the one that it is part of.
Status TakeBack(TreePlace* at, std::span<float> left) {
  const TreeEnsemble& ensemble = at->ensemble;
  const TreePlace root{ensemble, at->tree};
  RIVULET_RETURN_IF_ERROR(root.Node().status());
  if (ensemble.metadata.size() < ensemble.trees.size()) {
    return InvalidArgument("the ensemble: want metadata for each of ", ensemble.trees.size(), " trees, got ",
                           ensemble.metadata.size());
  }
  const TreeMetadata& metadata = ensemble.metadata[static_cast<size_t>(at->tree)];
  if (metadata.is_finalized && !metadata.pruned.empty()) {
    if (at->node >= static_cast<int64_t>(metadata.pruned.size())) {
      return InvalidArgument("cached node ", at->node, " of tree ", at->tree, ": want [0, ", metadata.pruned.size(),
                             "), the nodes before pruning");
    }
    const PrunedNode& pruned = metadata.pruned[static_cast<size_t>(at->node)];
    RIVULET_RETURN_IF_ERROR(WantLogits(pruned.change, static_cast<int64_t>(left.size())));
    std::copy(pruned.change.begin(), pruned.change.end(), left.begin());
    at->node = pruned.node;
  }
  RIVULET_ASSIGN_OR_RETURN(const TreeNode* const node, at->Node());
  if (!node->is_leaf() && !node->has_original_leaf) return Status();
  const std::span<const float> counted = node->is_leaf() ? node->leaf.logits() : node->original_leaf.logits();
  if (!counted.empty()) RIVULET_RETURN_IF_ERROR(WantLogits(counted, static_cast<int64_t>(left.size())));
  for (size_t j = 0; j < counted.size(); ++j) left[j] -= counted[j];
  return Status();
}

Status RunTraining(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  const BucketizedFeatures features(c, 3);
  return object->Read([&](const StampedEnsemble& content) -> Status {
    const TreeEnsemble& ensemble = content.ensemble;
    RIVULET_RETURN_IF_ERROR(WantWeights(ensemble));
    const int64_t dimension = c.output(0).dim(1), last = static_cast<int64_t>(ensemble.trees.size()) - 1;
    if (last > INT32_MAX) return OutOfRange("tree ", last, " is more than an int32 says");
    return ForEachRow(c, features.rows(), Grain(ensemble), [&](int64_t row) -> Status {
      float* const sums = c.output(0).data<float>() + row * dimension;
      std::fill_n(sums, dimension, 0.0f);
      TreePlace at{ensemble, c.input(1).data<int32_t>()[row], c.input(2).data<int32_t>()[row]};
      if (last < 0) {
        c.output(1).data<int32_t>()[row] = static_cast<int32_t>(at.tree);
        c.output(2).data<int32_t>()[row] = 0;
        return Status();
      }
      std::vector<float> left(static_cast<size_t>(dimension));
      if (at.node >= 0) {
        RIVULET_RETURN_IF_ERROR(TakeBack(&at, left));
      } else {
        at.node = 0;
      }
      for (;; at.NextTree()) {
        RIVULET_ASSIGN_OR_RETURN(const TreeNode* const leaf, at.ToLeaf(features, row));
        const std::span<const float> logits = leaf->leaf.logits();
        RIVULET_RETURN_IF_ERROR(WantLogits(logits, dimension));
        const float weight = ensemble.weights[static_cast<size_t>(at.tree)];
        for (size_t j = 0; j < logits.size(); ++j) sums[j] += weight * (left[j] + logits[j]);
        if (at.tree == last) break;
        std::fill(left.begin(), left.end(), 0.0f);
      }
      c.output(1).data<int32_t>()[row] = static_cast<int32_t>(last);
      c.output(2).data<int32_t>()[row] = static_cast<int32_t>(at.node);
      return Status();
    });
  });
}

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesPredict",
     .inputs = "tree_ensemble_handle:resource, bucketized_features:num_bucketized_features*i32",
     .outputs = "logits:f32",
     .attrs = "num_bucketized_features:int >=1; logits_dimension:int",
     .infer = InferPredict,
     .run = RunPredict,
     .flags = kStateful},
    {.name = "BoostedTreesTrainingPredict",
     .inputs = "tree_ensemble_handle:resource, cached_tree_ids:i32, cached_node_ids:i32, "
               "bucketized_features:num_bucketized_features*i32",
     .outputs = "partial_logits:f32, tree_ids:i32, node_ids:i32",
     .attrs = "num_bucketized_features:int >=1; logits_dimension:int",
     .infer = InferTraining,
     .run = RunTraining,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesPredict, kDefs);

}  // namespace rivulet

#include "engine/ops/tree_walk.h"

namespace rivulet {

Status BucketizedFeatures::Infer(const InferContext& c, int first) {
  const int64_t rows = InferRows(c, first);
  for (int i = first; i < c.num_inputs(); ++i) {
    const Shape& shape = c.shape(i);
    if (!shape.has_rank()) continue;
    if (shape.rank() < 1 || shape.rank() > 2) {
      return InvalidArgument("bucketized_features[", i - first, "]: want a vector or matrix, got ", shape);
    }
    if (rows >= 0 && shape[0] >= 0 && shape[0] != rows) {
      return InvalidArgument("bucketized_features[", i - first, "]: want ", rows, " examples as the first has, got ",
                             shape[0]);
    }
  }
  return Status();
}

int64_t BucketizedFeatures::InferRows(const InferContext& c, int first) {
  return c.shape(first).has_rank() && c.shape(first).rank() > 0 ? c.shape(first)[0] : Shape::kUnknownDim;
}

BucketizedFeatures::BucketizedFeatures(const RunContext& c, int first) : rows_(c.input(first).dim(0)) {
  for (int i = first; i < c.num_inputs(); ++i) {
    columns_.push_back({c.input(i).data<int32_t>(), c.input(i).rank() == 1 ? 1 : c.input(i).dim(1)});
  }
}

Result<int32_t> BucketizedFeatures::Child(const TreeNode& node, int64_t row) const {
  const TreeSplit& split = node.split;
  if (split.feature < 0 || static_cast<size_t>(split.feature) >= columns_.size()) {
    return InvalidArgument("a split of feature ", split.feature, ": want [0, ", columns_.size(), ")");
  }
  const Column& column = columns_[static_cast<size_t>(split.feature)];
  if (split.dimension < 0 || split.dimension >= column.dims) {
    return InvalidArgument("a split of feature ", split.feature, ", dimension ", split.dimension, ": want [0, ",
                           column.dims, ")");
  }
  const int32_t value = column.data[row * column.dims + split.dimension];
  const bool is_equality = node.kind == TreeNode::Kind::kCategorical;
  return (is_equality ? value == split.threshold : value <= split.threshold) ? split.left : split.right;
}

Result<const TreeNode*> TreePlace::Node() const {
  if (tree < 0 || tree >= static_cast<int64_t>(ensemble.trees.size())) {
    return InvalidArgument("tree ", tree, ": want [0, ", ensemble.trees.size(), ")");
  }
  const std::vector<TreeNode>& nodes = ensemble.trees[static_cast<size_t>(tree)].nodes;
  if (node < 0 || node >= static_cast<int64_t>(nodes.size())) {
    return InvalidArgument("node ", node, " of tree ", tree, ": want [0, ", nodes.size(), ")");
  }
  return &nodes[static_cast<size_t>(node)];
}

Status TreePlace::Descend(const TreeNode& from, const BucketizedFeatures& features, int64_t row) {
  if (!from.is_split()) {
    return InvalidArgument("node ", node, " of tree ", tree, ": want a leaf, a bucketized or a categorical split");
  }
  if (++steps >= static_cast<int64_t>(ensemble.trees[static_cast<size_t>(tree)].nodes.size())) {
    return InvalidArgument("tree ", tree, ": its splits go in a circle");
  }
  RIVULET_ASSIGN_OR_RETURN(node, features.Child(from, row));
  return Status();
}

Result<const TreeNode*> TreePlace::ToLeaf(const BucketizedFeatures& features, int64_t row) {
  for (;;) {
    RIVULET_ASSIGN_OR_RETURN(const TreeNode* const at, Node());
    if (at->is_leaf()) return at;
    RIVULET_RETURN_IF_ERROR(Descend(*at, features, row));
  }
}

Status WantWeights(const TreeEnsemble& ensemble) {
  if (ensemble.weights.size() >= ensemble.trees.size()) return Status();
  return InvalidArgument("the ensemble: want a weight for each of ", ensemble.trees.size(), " trees, got ",
                         ensemble.weights.size());
}

Status WantLogits(std::span<const float> logits, int64_t want) {
  if (static_cast<int64_t>(logits.size()) == want) return Status();
  return InvalidArgument("a node: want ", want, " logits as attr 'logits_dimension' says, got ", logits.size());
}

}  // namespace rivulet

// BoostedTreesExampleDebugOutputs: the ways of examples through an ensemble, each a message boosted_trees.DebugOutput.
//
//   features, each [n] or [n, d] int32 -> [n] messages: feature_ids, the features of the splits on the way, and
//   logits_path, the logit before and after each of them, which contains the leaves of the trees before
//
// As in TensorFlow a categorical split says feature 0, and a leaf that is a root counts only in the first tree. A split
// that never was a leaf counts as 0.
#include "engine/ops/text_bytes.h"
#include "engine/ops/tree_ensemble_object.h"
#include "engine/ops/tree_walk.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(BucketizedFeatures::Infer(c, 1));
  const int64_t dimension = c.attrs().Int("logits_dimension");
  if (dimension != 1) return InvalidArgument("attr 'logits_dimension': want 1, got ", dimension);
  c.set_output(0, {BucketizedFeatures::InferRows(c, 1)});
  return Status();
}

Result<float> LogitOf(const TreeNode& node) {
  if (!node.is_leaf() && !node.has_original_leaf) return 0.0f;
  const std::span<const float> logits = node.is_leaf() ? node.leaf.logits() : node.original_leaf.logits();
  RIVULET_RETURN_IF_ERROR(WantLogits(logits, 1));
  return logits[0];
}

class Path {
 public:
  Path(const TreeEnsemble& ensemble, const BucketizedFeatures& features, int64_t row)
      : at_{ensemble}, features_(features), row_(row) {}

  Status Walk() {
    RIVULET_ASSIGN_OR_RETURN(const TreeNode* node, at_.Node());
    RIVULET_ASSIGN_OR_RETURN(float logit, Logit(*node));
    logits_.push_back(logit);
    float before = 0;  // of earlier trees
    const auto trees = static_cast<int64_t>(at_.ensemble.trees.size());
    for (;;) {
      if (node->is_leaf()) {
        if (at_.tree == 0 || at_.node > 0) before += logit;
        at_.NextTree();
        if (at_.tree == trees) return Status();
        RIVULET_ASSIGN_OR_RETURN(node, at_.Node());
        continue;
      }
      const bool has_feature = node->kind == TreeNode::Kind::kBucketized;
      splits_.push_back(has_feature ? node->split.feature : 0);
      RIVULET_RETURN_IF_ERROR(at_.Descend(*node, features_, row_));
      RIVULET_ASSIGN_OR_RETURN(node, at_.Node());
      RIVULET_ASSIGN_OR_RETURN(logit, Logit(*node));
      logits_.push_back(logit + before);
    }
  }

  std::string Message() const {
    std::string features, message;
    for (const int32_t split : splits_) WireWriter(&features).BareVarint(static_cast<uint64_t>(int64_t{split}));
    WireWriter writer(&message);
    if (!features.empty()) writer.Bytes(1, features);
    writer.Tag(2, 2);
    writer.BareVarint(logits_.size() * 4);
    for (const float logit : logits_) writer.BareFixed32(BitCast<uint32_t>(logit));
    return message;
  }

 private:
  Result<float> Logit(const TreeNode& node) const {
    RIVULET_ASSIGN_OR_RETURN(const float logit, LogitOf(node));
    return at_.ensemble.weights[static_cast<size_t>(at_.tree)] * logit;
  }

  TreePlace at_;
  const BucketizedFeatures& features_;
  const int64_t row_;
  std::vector<int32_t> splits_;
  std::vector<float> logits_;
};

Status Run(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  const BucketizedFeatures features(c, 1);
  return object->Read([&](const StampedEnsemble& content) -> Status {
    RIVULET_RETURN_IF_ERROR(WantWeights(content.ensemble));
    if (content.ensemble.trees.empty()) return InvalidArgument("the ensemble: want a tree at least, got none");
    TextBytes bytes(c.allocator());
    for (int64_t row = 0; row < features.rows(); ++row) {
      RIVULET_RETURN_IF_ERROR(c.stop().Why());
      Path path(content.ensemble, features, row);
      RIVULET_RETURN_IF_ERROR(path.Walk());
      std::string message = path.Message();
      RIVULET_RETURN_IF_ERROR(bytes.Charge(static_cast<int64_t>(message.size())));
      c.output(0).data<std::string>()[row] = std::move(message);
    }
    return Status();
  });
}

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesExampleDebugOutputs",
     .inputs = "tree_ensemble_handle:resource, bucketized_features:num_bucketized_features*i32",
     .outputs = "examples_debug_outputs_serialized:str",
     .attrs = "num_bucketized_features:int >=1; logits_dimension:int",
     .infer = Infer,
     .run = Run,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesDebug, kDefs);

}  // namespace rivulet

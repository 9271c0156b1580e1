// Where examples go in the trees of an ensemble: every step is checked, since an ensemble is what some message said.
#ifndef RIVULET_ENGINE_OPS_TREE_WALK_H_
#define RIVULET_ENGINE_OPS_TREE_WALK_H_

#include <atomic>

#include "engine/ops/tree_ensemble.h"

namespace rivulet {

// The bucketized features of a batch: inputs `first`.. of [examples] or [examples, dims].
class BucketizedFeatures {
 public:
  static Status Infer(const InferContext& c, int first);
  // The number of examples as far as it is known.
  static int64_t InferRows(const InferContext& c, int first);

  BucketizedFeatures(const RunContext& c, int first);
  int64_t rows() const { return rows_; }

  // The child that example `row` goes to from a split node.
  Result<int32_t> Child(const TreeNode& node, int64_t row) const;

 private:
  struct Column {
    const int32_t* data;
    int64_t dims;
  };
  std::vector<Column> columns_;
  int64_t rows_ = 0;
};

// A place in an ensemble.
struct TreePlace {
  const TreeEnsemble& ensemble;
  int64_t tree = 0;
  int64_t node = 0;
  int64_t steps = 0;  // in this tree

  // The node, where there is one.
  Result<const TreeNode*> Node() const;
  // From a split node to its child.
  Status Descend(const TreeNode& from, const BucketizedFeatures& features, int64_t row);
  // From the present node to the leaf below it, where the place is then.
  Result<const TreeNode*> ToLeaf(const BucketizedFeatures& features, int64_t row);
  void NextTree() {
    ++tree;
    node = 0;
    steps = 0;
  }
};

// Whether an ensemble has a weight for each tree.
Status WantWeights(const TreeEnsemble& ensemble);
// Whether a node gives `want` logits.
Status WantLogits(std::span<const float> logits, int64_t want);

// Runs body(row) -> Status for each row; of errors, that of the first row.
template <typename Body>
Status ForEachRow(RunContext& c, int64_t rows, int64_t grain, const Body& body) {
  std::atomic<int64_t> first_bad{rows};
  c.ParallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end && !c.stop().stopped(); ++row) {
      if (body(row).ok()) continue;
      int64_t before = first_bad.load();
      while (row < before && !first_bad.compare_exchange_weak(before, row)) {
      }
      return;
    }
  });
  if (first_bad < rows) return body(first_bad.load());
  return Status();
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TREE_WALK_H_

// Ensembles of decision trees as TensorFlow's boosted trees keep them: the message boosted_trees.TreeEnsemble as plain
// data, which may hold anything a message can: who walks it checks where it leads.
#ifndef RIVULET_ENGINE_OPS_TREE_ENSEMBLE_H_
#define RIVULET_ENGINE_OPS_TREE_ENSEMBLE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/checked.h"
#include "engine/ops/op.h"

namespace rivulet {

// What a leaf adds to the logits: one number, or one for each of several classes. Sparse vectors, which no operator
// reads, are kept as they came.
struct TreeLeaf {
  enum class Form : uint8_t { kScalar, kVector, kSparse };
  Form form = Form::kScalar;
  float scalar = 0;
  std::vector<float> values;
  std::vector<int32_t> indices;

  std::span<const float> logits() const {
    return form == Form::kVector ? std::span<const float>(values) : std::span<const float>(&scalar, 1);
  }
};

// To the left go values <= threshold (of a categorical split: those that equal it).
struct TreeSplit {
  int32_t feature = 0;
  int32_t dimension = 0;
  int32_t threshold = 0;
  float dense_threshold = 0;
  int32_t left = 0;
  int32_t right = 0;
  int32_t default_direction = 0;  // where missing values went in training: 0 left, 1 right
};

struct TreeNode {
  enum class Kind : uint8_t { kNone, kLeaf, kBucketized, kCategorical, kDense };
  Kind kind = Kind::kNone;
  bool has_metadata = false;
  bool has_original_leaf = false;
  float gain = 0;
  TreeSplit split;
  TreeLeaf leaf;
  TreeLeaf original_leaf;  // what a split node was before

  bool is_leaf() const { return kind == Kind::kLeaf; }
  bool is_split() const { return kind == Kind::kBucketized || kind == Kind::kCategorical; }
};

// What became of a node when its tree was pruned: the node it is now part of, and what that changes.
struct PrunedNode {
  int32_t node = 0;
  std::vector<float> change;
};

struct DecisionTree {
  std::vector<TreeNode> nodes;  // the root first
};

struct TreeMetadata {
  int32_t num_layers_grown = 0;
  bool is_finalized = false;
  std::vector<PrunedNode> pruned;  // for each node before pruning; empty where nothing was pruned
};

struct TreeEnsemble {
  std::vector<DecisionTree> trees;
  std::vector<float> weights;          // one for each tree, where the message is sound
  std::vector<TreeMetadata> metadata;  // likewise
  bool has_growing = false;
  int64_t num_trees_attempted = 0;
  int64_t num_layers_attempted = 0;
  int32_t last_layer_begin = 0;
  int32_t last_layer_end = 0;
};

// Host memory that outlives steps, counted against the budget until it is let go.
class HeldBytes {
 public:
  HeldBytes() = default;
  HeldBytes(HeldBytes&& other) noexcept { *this = std::move(other); }
  HeldBytes& operator=(HeldBytes&& other) noexcept {
    std::swap(allocator_, other.allocator_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~HeldBytes();

  Status Add(CheckedSize bytes, Allocator& allocator);

 private:
  std::shared_ptr<Allocator> allocator_;
  size_t bytes_ = 0;
};

// What a vector may take for `count` elements that were pushed one by one.
template <typename T>
CheckedSize GrowingBytes(int64_t count) {
  return CheckedSize(count) * static_cast<int64_t>(2 * sizeof(T));
}

// Reads a message, its memory counted in `held` before it is taken. Fields that the message type does not have are
// passed over.
Result<TreeEnsemble> ReadTreeEnsemble(std::string_view message, Allocator& allocator, HeldBytes* held,
                                      const StopToken& stop);
// The bytes that TensorFlow writes: fields in the order of their numbers, zeros left out.
std::string WriteTreeEnsemble(const TreeEnsemble& ensemble);
// An upper bound of what the written message takes.
CheckedSize WrittenBytes(const TreeEnsemble& ensemble);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TREE_ENSEMBLE_H_

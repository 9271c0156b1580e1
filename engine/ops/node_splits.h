// What the operators that look for the best splits of nodes share: their limits, and the splits that they found.
#ifndef RIVULET_ENGINE_OPS_NODE_SPLITS_H_
#define RIVULET_ENGINE_OPS_NODE_SPLITS_H_

#include "engine/ops/op.h"
#include "engine/ops/split_gain.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {

// Nodes [begin, end) of a summary.
struct NodeRange {
  int32_t begin = 0;
  int32_t end = 0;
};
Status InferNodeRange(const InferContext& c, int input);
// Error unless the range is empty or lies in [0, nodes).
Result<NodeRange> NodeRangeOf(const RunContext& c, int input, int64_t nodes);

// Inputs `first`..: one number each.
struct SplitLimits {
  SplitLimits(const RunContext& c, int first)
      : l1(*c.input(first).data<float>()),
        l2(*c.input(first + 1).data<float>()),
        tree_complexity(*c.input(first + 2).data<float>()),
        min_node_weight(*c.input(first + 3).data<float>()) {}
  const float l1, l2, tree_complexity, min_node_weight;
};

class NodeSplits {
 public:
  NodeSplits(Allocator& allocator, int64_t logits) : bytes_(allocator), logits_(logits) {}

  Status Add(int32_t node, const BestSplit& split, float gain);

  // Which outputs they are written to; below zero: none.
  struct Outputs {
    int nodes, gains, dimensions, thresholds, left, right, types;
  };
  Status Write(RunContext& c, const Outputs& to) const;

 private:
  struct Split {
    int32_t node;
    float gain;
    BestSplit::Where where;
  };

  TextBytes bytes_;
  const int64_t logits_;
  std::vector<Split> splits_;
  std::vector<float> left_, right_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_NODE_SPLITS_H_

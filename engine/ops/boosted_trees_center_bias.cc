// BoostedTreesCenterBias: the first tree's only leaf moves to where the mean loss is least.
//
//   mean_gradients, mean_hessians, whose first elements count; l1, l2 -> continue_centering: whether the move was more
//   than a hundredth of the bias before, or the first
//
// A first tree that is more than one leaf, which TensorFlow overwrites, is an error.
#include <cmath>

#include "engine/ops/split_gain.h"
#include "engine/ops/tree_growth.h"

namespace rivulet {
namespace {

constexpr float kLeastMove = 0.01f;

Status Infer(InferContext& c) {
  for (int i = 1; i < 3; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 2));
    if (c.shape(i).complete() && c.shape(i).num_elements() == 0) {
      return InvalidArgument("mean_", i == 1 ? "gradients" : "hessians", ": want a number, got shape ", c.shape(i));
    }
  }
  for (int i = 3; i < 5; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  c.set_output(0, {});
  return Status();
}

Status Run(RunContext& c) {
  const auto number = [&](int i) { return *c.input(i).data<float>(); };
  const float gradient = number(1), hessian = number(2);
  float move = 0;
  LeafWeights(1, number(3), number(4), c.stop()).Solve({&gradient, 1}, {&hessian, 1}, {&move, 1});
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  return object->Change([&](StampedEnsemble* content) -> Status {
    TreeEnsemble& ensemble = content->ensemble;
    bool goes_on = true;
    if (ensemble.trees.empty()) {
      RIVULET_RETURN_IF_ERROR(content->held.Add(BytesOfOneLeaf(1), c.allocator()));
      AddTree({move}, &ensemble);
    } else {
      std::vector<TreeNode>& nodes = ensemble.trees[0].nodes;
      if (nodes.empty() || !nodes[0].is_leaf() || nodes[0].leaf.form != TreeLeaf::Form::kScalar) {
        return InvalidArgument("the first tree: want a leaf of one logit as its root");
      }
      float& bias = nodes[0].leaf.scalar;
      goes_on = std::abs(move / bias) > kLeastMove;
      bias += move;
    }
    content->stamp = static_cast<int64_t>(static_cast<uint64_t>(content->stamp) + 1);
    *c.output(0).data<bool>() = goes_on;
    return Status();
  });
}

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesCenterBias",
     .inputs = "tree_ensemble_handle:resource, mean_gradients:f32, mean_hessians:f32, l1:f32, l2:f32",
     .outputs = "continue_centering:bool",
     .attrs = "",
     .infer = Infer,
     .run = Run,
     .flags = kEffect},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesCenterBias, kDefs);

}  // namespace rivulet

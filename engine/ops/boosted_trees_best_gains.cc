// BoostedTreesCalculateBestGainsPerFeature: the best split of each node by each feature, of one logit.
//
//   node_id_range [2]: first, end; stats_summary_list, each [nodes, buckets, 2] of gradient and hessian; l1, l2,
//   tree_complexity, min_node_weight: one number each
//   -> lists, one of each for a feature: node_ids [k], gains [k] (less the unsplit node's and tree_complexity),
//      thresholds [k], left_node_contribs [k, 1], right_node_contribs [k, 1]
//
// A node whose hessian is below min_node_weight is left out. One without buckets, or whose gains are no numbers, has
// the lowest float less the others as its gain, as in TensorFlow, which asks no summary but the first for its buckets.
#include "engine/ops/node_splits.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  const int features = c.num_inputs() - 5;
  RIVULET_RETURN_IF_ERROR(InferNodeRange(c, 0));
  for (int i = 1; i <= features; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 3));
    if (c.shape(i).complete() && c.shape(i)[2] != 2) {
      return InvalidArgument("stats_summary_list[", i - 1, "]: want 2 numbers in a bucket, got ", c.shape(i)[2]);
    }
    if (c.shape(i).complete() && c.shape(i)[0] != c.attrs().Int("max_splits")) {
      return InvalidArgument("stats_summary_list[", i - 1, "]: want ", c.attrs().Int("max_splits"),
                             " nodes as attr 'max_splits' says, got ", c.shape(i)[0]);
    }
    if (c.shape(i).complete() && c.shape(1).complete() && !(c.shape(i) == c.shape(1))) {
      return InvalidArgument("stats_summary_list[", i - 1, "]: want shape ", c.shape(1), " as the first has, got ",
                             c.shape(i));
    }
  }
  for (int i = features + 1; i < features + 5; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  for (int i = 0; i < 3 * features; ++i) c.set_output(i, Shape::OfUnknownDims(1));
  for (int i = 3 * features; i < 5 * features; ++i) c.set_output(i, {Shape::kUnknownDim, 1});
  return Status();
}

Status AddSplits(RunContext& c, const Tensor& summary, const NodeRange& range, const SplitLimits& limits,
                 NodeSplits* splits) {
  LeafWeights weights(1, limits.l1, limits.l2, c.stop());
  const int64_t buckets = summary.dim(1);
  for (int32_t id = range.begin; id < range.end; ++id) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    const float* stats = buckets == 0 ? nullptr : summary.data<float>() + id * buckets * 2;
    float total[2] = {}, before[2] = {}, right[2], unused[1];
    for (int64_t i = 0; i < 2 * buckets; ++i) total[i % 2] += stats[i];
    if (total[1] < limits.min_node_weight) continue;
    const float unsplit = weights.Solve({total, 1}, {total + 1, 1}, unused);
    BestSplit best(1);
    for (int64_t bucket = 0; bucket < buckets; ++bucket) {
      for (int i = 0; i < 2; ++i) {
        before[i] += stats[2 * bucket + i];
        right[i] = total[i] - before[i];
      }
      best.Offer(weights, before, right, {0, static_cast<int32_t>(bucket)});
    }
    RIVULET_RETURN_IF_ERROR(splits->Add(id, best, best.gain() - unsplit - limits.tree_complexity));
  }
  return Status();
}

Status Run(RunContext& c) {
  const int features = c.num_inputs() - 5;
  const SplitLimits limits(c, features + 1);
  RIVULET_ASSIGN_OR_RETURN(const NodeRange range, NodeRangeOf(c, 0, c.input(1).dim(0)));
  for (int i = 0; i < features; ++i) {
    NodeSplits splits(c.allocator(), 1);
    RIVULET_RETURN_IF_ERROR(AddSplits(c, c.input(1 + i), range, limits, &splits));
    RIVULET_RETURN_IF_ERROR(
        splits.Write(c, {i, features + i, -1, 2 * features + i, 3 * features + i, 4 * features + i, -1}));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesCalculateBestGainsPerFeature",
     .inputs = "node_id_range:i32, stats_summary_list:num_features*f32, l1:f32, l2:f32, tree_complexity:f32, "
               "min_node_weight:f32",
     .outputs = "node_ids_list:num_features*i32, gains_list:num_features*f32, thresholds_list:num_features*i32, "
                "left_node_contribs_list:num_features*f32, right_node_contribs_list:num_features*f32",
     .attrs = "max_splits:int >=1; num_features:int >=1",
     .infer = Infer,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesBestGains, kDefs);

}  // namespace rivulet

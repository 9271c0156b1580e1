// BoostedTreesCalculateBestFeatureSplit, BoostedTreesSparseCalculateBestFeatureSplit: the best split of each node by
// one feature.
//
//   node_id_range [2]: first, end; l1, l2, tree_complexity, min_node_weight: one number each
//   dense:  stats_summary [nodes, dims, buckets + 1, logits + hessians], whose last bucket counts missing values;
//           hessians: 1 for one logit, else logits (the diagonal) or logits^2
//   sparse: stats_summary_indices [n, 4] by node, stats_summary_values [n], stats_summary_shape [4]; of gradients and
//           hessians the first two numbers count, one logit
//   -> of the nodes that are split: node_ids [k], gains [k] (less the unsplit node's and tree_complexity),
//      feature_dimensions [k], thresholds [k], left_node_contribs and right_node_contribs [k, logits],
//      split_with_default_directions [k]
//
// "inequality": up to a bucket to the left, missing values to either side. "equality": one bucket to the left. Of equal
// gains the first counts. A node whose hessian is below min_node_weight is not split. The sparse operator takes the
// nodes that come, node_id_range or not, as TensorFlow does. A range or index outside, which TensorFlow reads, is an
// error.
#include <array>
#include <cmath>
#include <map>

#include "engine/ops/node_splits.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t logits = 1;
  bool is_equality = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->logits = c.attrs().Int("logits_dimension");
  state->is_equality = c.attrs().Str("split_type") == "equality";
  return std::unique_ptr<OpState>(std::move(state));
}

// What the rule of both says of the numbers from input `first` on and of the outputs.
Status InferSplits(InferContext& c, int first, int64_t logits) {
  RIVULET_RETURN_IF_ERROR(InferNodeRange(c, 0));
  for (int i = first; i < first + 4; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  for (int i = 0; i < 7; ++i) c.set_output(i, Shape::OfUnknownDims(1));
  for (int i = 4; i < 6; ++i) c.set_output(i, {Shape::kUnknownDim, logits});
  return Status();
}

Status InferDense(InferContext& c) {
  const int64_t logits = c.attrs().Int("logits_dimension");
  RIVULET_RETURN_IF_ERROR(InferSplits(c, 2, logits));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 4));
  if (!c.shape(1).complete()) return Status();
  const int64_t hessians = c.shape(1)[3] - logits;
  if (c.shape(1)[1] < 1 || c.shape(1)[2] < 1) {
    return InvalidArgument("stats_summary: want a feature dimension and a bucket, got shape ", c.shape(1));
  }
  const CheckedSize square = CheckedSize(logits) * CheckedSize(logits);
  if (hessians == logits || (hessians > 0 && square.valid() && hessians == square.value())) return Status();
  return InvalidArgument("stats_summary: want ", logits, " gradients and as many hessians or their square, got ",
                         c.shape(1)[3], " numbers");
}

class DenseNode {
 public:
  DenseNode(const RunContext& c, int64_t node)
      : dims_(c.input(1).dim(1)), buckets_(c.input(1).dim(2)), width_(c.input(1).dim(3)) {
    stats_ = c.input(1).data<float>() + node * dims_ * buckets_ * width_;
  }
  int64_t dims() const { return dims_; }
  int64_t buckets() const { return buckets_; }  // with the last one, of missing values
  std::span<const float> at(int64_t dim, int64_t bucket) const {
    return {stats_ + (dim * buckets_ + bucket) * width_, static_cast<size_t>(width_)};
  }
  std::vector<float> Total(int64_t dim) const {
    std::vector<float> total(static_cast<size_t>(width_));
    for (int64_t bucket = 0; bucket < buckets_; ++bucket) Add(at(dim, bucket), &total);
    return total;
  }
  static void Add(std::span<const float> stats, std::vector<float>* to) {
    for (size_t i = 0; i < stats.size(); ++i) (*to)[i] += stats[i];
  }

 private:
  const int64_t dims_, buckets_, width_;
  const float* stats_;
};

void OfferDense(const DenseNode& node, bool is_equality, const StopToken& stop, LeafWeights* weights, BestSplit* best) {
  const std::vector<float> first_total = node.Total(0);
  std::vector<float> left(first_total.size()), right(left.size());
  const auto offer = [&](std::span<const float> total, BestSplit::Where where) {
    for (size_t i = 0; i < left.size(); ++i) right[i] = total[i] - left[i];
    best->Offer(*weights, left, right, where);
  };
  for (int64_t dim = 0; dim < node.dims(); ++dim) {
    const std::vector<float> total = is_equality ? first_total : node.Total(dim);
    const std::span<const float> missing = node.at(dim, node.buckets() - 1);
    std::vector<float> before(left.size());
    for (int64_t bucket = 0; bucket < node.buckets() - 1 && !stop.stopped(); ++bucket) {
      const std::span<const float> stats = node.at(dim, bucket);
      const auto dim32 = static_cast<int32_t>(dim), bucket32 = static_cast<int32_t>(bucket);
      if (is_equality) {
        left.assign(stats.begin(), stats.end());
        offer(total, {dim32, bucket32, kEqualityDefaultRight});
        continue;
      }
      DenseNode::Add(stats, &before);
      left = before;
      DenseNode::Add(missing, &left);
      offer(total, {dim32, bucket32, kInequalityDefaultLeft});
      left = before;
      offer(total, {dim32, bucket32, kInequalityDefaultRight});
    }
  }
}

Status RunDense(RunContext& c) {
  const auto& state = c.state<State>();
  RIVULET_ASSIGN_OR_RETURN(const NodeRange range, NodeRangeOf(c, 0, c.input(1).dim(0)));
  const SplitLimits limits(c, 2);
  LeafWeights weights(state.logits, limits.l1, limits.l2, c.stop());
  NodeSplits splits(c.allocator(), state.logits);
  for (int32_t id = range.begin; id < range.end; ++id) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    const DenseNode node(c, id);
    const std::vector<float> total = node.Total(0);
    std::vector<float> unused(static_cast<size_t>(state.logits));
    const std::span<const float> gradient = std::span(total).first(unused.size());
    const std::span<const float> hessian = std::span(total).subspan(unused.size());
    float square = 0;
    for (const float h : hessian) square += h * h;
    if (std::sqrt(square) < limits.min_node_weight) continue;
    const float unsplit = weights.Solve(gradient, hessian, unused);
    BestSplit best(state.logits);
    OfferDense(node, state.is_equality, c.stop(), &weights, &best);
    if (best.found()) RIVULET_RETURN_IF_ERROR(splits.Add(id, best, best.gain() - unsplit - limits.tree_complexity));
  }
  return splits.Write(c, {0, 1, 2, 3, 4, 5, 6});
}

// ---- Sparse ----

Status InferSparse(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(InferSplits(c, 4, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(3, 1));
  if (c.shape(1).complete() && c.shape(1)[1] != 4) {
    return InvalidArgument("stats_summary_indices: want 4 columns, got shape ", c.shape(1));
  }
  if (c.shape(1).complete() && c.shape(2).complete() && c.shape(1)[0] != c.shape(2)[0]) {
    return InvalidArgument("stats_summary_values: want ", c.shape(1)[0], ", one for each index, got ", c.shape(2)[0]);
  }
  if (c.shape(3).complete() && c.shape(3)[0] != 4) {
    return InvalidArgument("stats_summary_shape: want 4 dims, got ", c.shape(3)[0]);
  }
  return Status();
}

using Stats = std::array<float, 2>;  // gradient, hessian
using Buckets = std::map<int32_t, Stats>;
using Dimensions = std::map<int32_t, Buckets>;

Status AddSparseNode(int32_t id, const Dimensions& dimensions, int32_t missing_bucket, const SplitLimits& limits,
                     const StopToken& stop, NodeSplits* splits) {
  if (dimensions.empty()) return Status();
  LeafWeights weights(1, limits.l1, limits.l2, stop);
  Stats total = {}, unused = {};
  for (const auto& [bucket, stats] : dimensions.begin()->second) {
    for (size_t i = 0; i < 2; ++i) total[i] += stats[i];
  }
  if (total[1] < limits.min_node_weight) return Status();
  const float unsplit =
      weights.Solve(std::span(total).first(1), std::span(total).subspan(1), std::span(unused).first(1));
  BestSplit best(1);
  for (const auto& [dimension, buckets] : dimensions) {
    RIVULET_RETURN_IF_ERROR(stop.Why());
    const auto found = buckets.find(missing_bucket);
    const Stats missing = found == buckets.end() ? Stats{} : found->second;
    Stats before = {}, left, right;
    for (const auto& [bucket, stats] : buckets) {
      if (bucket == missing_bucket) break;
      for (size_t i = 0; i < 2; ++i) {
        before[i] += stats[i];
        right[i] = total[i] - before[i];
      }
      best.Offer(weights, before, right, {dimension, bucket, kInequalityDefaultRight});
      for (size_t i = 0; i < 2; ++i) {
        left[i] = before[i] + missing[i];
        right[i] = total[i] - missing[i] - before[i];
      }
      best.Offer(weights, left, right, {dimension, bucket, kInequalityDefaultLeft});
    }
  }
  if (!best.found()) return Status();
  return splits->Add(id, best, best.gain() - unsplit - limits.tree_complexity);
}

Status RunSparse(RunContext& c) {
  const SplitLimits limits(c, 4);
  const int32_t* shape = c.input(3).data<int32_t>();
  if (shape[2] < 1 || shape[3] < 2) {
    return InvalidArgument("stats_summary_shape: want a bucket and 2 numbers in it, got [", shape[0], ",", shape[1],
                           ",", shape[2], ",", shape[3], "]");
  }
  NodeSplits splits(c.allocator(), 1);
  TextBytes bytes(c.allocator());
  Dimensions dimensions;
  int32_t node = -1;
  for (int64_t i = 0; i < c.input(2).num_elements(); ++i) {
    if (i % 1024 == 1023) RIVULET_RETURN_IF_ERROR(c.stop().Why());
    const int32_t* index = c.input(1).data<int32_t>() + 4 * i;
    if (index[0] != node) {
      RIVULET_RETURN_IF_ERROR(AddSparseNode(node, dimensions, shape[2] - 1, limits, c.stop(), &splits));
      dimensions.clear();
      node = index[0];
    }
    if (index[3] < 0 || index[3] >= shape[3]) {
      return InvalidArgument("stats_summary_indices[", i, ", 3]: want [0, ", shape[3], "), got ", index[3]);
    }
    const auto [stats, is_new] = dimensions[index[1]].try_emplace(index[2]);
    // What two maps and the heap take for an entry at most.
    if (is_new) RIVULET_RETURN_IF_ERROR(bytes.Charge(256));
    if (index[3] < 2) stats->second[static_cast<size_t>(index[3])] = c.input(2).data<float>()[i];
  }
  RIVULET_RETURN_IF_ERROR(AddSparseNode(node, dimensions, shape[2] - 1, limits, c.stop(), &splits));
  return splits.Write(c, {0, 1, 2, 3, 4, 5, 6});
}

#define RIVULET_SPLITS                                                                                                 \
  "node_ids:i32, gains:f32, feature_dimensions:i32, thresholds:i32, left_node_contribs:f32, right_node_contribs:f32, " \
  "split_with_default_directions:str"

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesCalculateBestFeatureSplit",
     .inputs = "node_id_range:i32, stats_summary:f32, l1:f32, l2:f32, tree_complexity:f32, min_node_weight:f32",
     .outputs = RIVULET_SPLITS,
     .attrs = "logits_dimension:int >=1; split_type:string=\"inequality\" in {inequality,equality}",
     .infer = InferDense,
     .prepare = Prepare,
     .run = RunDense,
     .flags = kDataDependent},
    {.name = "BoostedTreesSparseCalculateBestFeatureSplit",
     .inputs = "node_id_range:i32, stats_summary_indices:i32, stats_summary_values:f32, stats_summary_shape:i32, "
               "l1:f32, l2:f32, tree_complexity:f32, min_node_weight:f32",
     .outputs = RIVULET_SPLITS,
     .attrs = "logits_dimension:int >=1; split_type:string=\"inequality\" in {inequality}",
     .infer = InferSparse,
     .run = RunSparse,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesBestSplit, kDefs);

}  // namespace rivulet

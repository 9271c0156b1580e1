// BoostedTreesAggregateStats, BoostedTreesMakeStatsSummary: sums of gradients and hessians by node and bucket.
//
//   aggregate: node_ids [n], gradients [n, g], hessians [n, h], feature [n, d] -> [max_splits, d, num_buckets + 1, g +
//   h];
//              a feature of -1 is missing, which the last bucket counts
//   make:      node_ids [n], gradients [n, g], hessians [n, h], features num_features * [n]
//              -> [num_features, max_splits, num_buckets, 2]; of the gradients and hessians only column 0
//
// Sums are made in double. A node or bucket outside the summary, which TensorFlow writes outside of it, is an error.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t max_splits = 0;
  int64_t num_buckets = 0;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->max_splits = c.attrs().Int("max_splits");
  state->num_buckets = c.attrs().Int("num_buckets");
  return std::unique_ptr<OpState>(std::move(state));
}

// Every input has a row for each example.
Status CheckRows(InferContext& c, int feature_rank) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, i == 0 ? 1 : i < 3 ? 2 : feature_rank));
    if (!c.shape(0).complete() || !c.shape(i).complete() || c.shape(i).dim(0) == c.shape(0).dim(0)) continue;
    return InvalidArgument("input ", i, ": want a row for each of ", c.shape(0).dim(0), " node ids, got shape ",
                           c.shape(i));
  }
  return Status();
}

Status InferAggregate(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckRows(c, 2));
  int64_t sums = Shape::kUnknownDim, features = Shape::kUnknownDim;
  if (c.shape(1).complete() && c.shape(2).complete()) {
    const CheckedSize both = CheckedSize(c.shape(1).dim(1)) + CheckedSize(c.shape(2).dim(1));
    if (!both.valid()) return InvalidArgument("gradients and hessians: too many columns");
    sums = both.value();
  }
  if (c.shape(3).complete()) features = c.shape(3).dim(1);
  const CheckedSize buckets = CheckedSize(c.attrs().Int("num_buckets")) + CheckedSize(1);
  if (!buckets.valid()) return InvalidArgument("attr 'num_buckets': too large");
  c.set_output(0, Shape({c.attrs().Int("max_splits"), features, buckets.value(), sums}));
  return Status();
}

Status InferMake(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckRows(c, 1));
  for (int i = 1; i < 3; ++i) {
    if (c.shape(i).complete() && c.shape(i).dim(1) == 0) {
      return InvalidArgument("input ", i, ": want a column, got shape ", c.shape(i));
    }
  }
  c.set_output(0, Shape({c.num_inputs() - 3, c.attrs().Int("max_splits"), c.attrs().Int("num_buckets"), 2}));
  return Status();
}

// Adds the examples' first `num_gradients` and `num_hessians` columns to sums[node][feature][bucket] as `place` lays
// it out. `bucket_of(example, feature)` may be -1 for missing where `takes_missing`.
template <typename Place, typename BucketOf>
Status Sum(RunContext& c, int64_t num_features, int64_t num_gradients, int64_t num_hessians, bool takes_missing,
           const Place& place, const BucketOf& bucket_of) {
  const State& state = c.state<State>();
  const int64_t num_sums = num_gradients + num_hessians, size = c.output(0).num_elements();
  const int64_t num_examples = c.input(0).num_elements();
  const int64_t gradient_stride = c.input(1).dim(1), hessian_stride = c.input(2).dim(1);
  double* sums = nullptr;
  if (size > 0) {
    const CheckedSize bytes = CheckedSize(size) * CheckedSize(sizeof(double));
    if (!bytes.valid()) return ResourceExhausted("a summary of ", size, " numbers is too large");
    RIVULET_ASSIGN_OR_RETURN(void* const memory, c.Scratch(static_cast<size_t>(bytes.value())));
    sums = static_cast<double*>(memory);
    std::fill_n(sums, size, 0.0);
  }
  for (int64_t i = 0; i < num_examples; ++i) {
    if (i % 1024 == 1023 && c.stop().stopped()) return Status();
    const int64_t node = c.input(0).data<int32_t>()[i];
    if (node < 0 || node >= state.max_splits) {
      return InvalidArgument("node_ids[", i, "]: want [0, ", state.max_splits, "), got ", node);
    }
    for (int64_t f = 0; f < num_features; ++f) {
      int64_t bucket = bucket_of(i, f);
      const bool is_missing = takes_missing && bucket == -1;
      if (is_missing) bucket = state.num_buckets;
      if (!is_missing && (bucket < 0 || bucket >= state.num_buckets + (takes_missing ? 1 : 0))) {
        return InvalidArgument("feature ", f, " of example ", i, ": want a bucket in [0, ", state.num_buckets,
                               "), got ", bucket);
      }
      if (num_sums == 0) continue;
      double* to = sums + place(node, f, bucket) * num_sums;
      for (int64_t j = 0; j < num_gradients; ++j) to[j] += c.input(1).data<float>()[i * gradient_stride + j];
      to += num_gradients;
      for (int64_t j = 0; j < num_hessians; ++j) to[j] += c.input(2).data<float>()[i * hessian_stride + j];
    }
  }
  float* y = c.output(0).data<float>();
  for (int64_t i = 0; i < size; ++i) y[i] = static_cast<float>(sums[i]);
  return Status();
}

Status RunAggregate(RunContext& c) {
  const int64_t features = c.input(3).dim(1), buckets = c.state<State>().num_buckets + 1;
  return Sum(
      c, features, c.input(1).dim(1), c.input(2).dim(1), true,
      [&](int64_t node, int64_t f, int64_t bucket) { return (node * features + f) * buckets + bucket; },
      [&](int64_t i, int64_t f) { return c.input(3).data<int32_t>()[i * features + f]; });
}

Status RunMake(RunContext& c) {
  const State& state = c.state<State>();
  return Sum(
      c, c.num_inputs() - 3, 1, 1, false,
      [&](int64_t node, int64_t f, int64_t bucket) {
        return (f * state.max_splits + node) * state.num_buckets + bucket;
      },
      [&](int64_t i, int64_t f) { return c.input(static_cast<int>(3 + f)).data<int32_t>()[i]; });
}

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesAggregateStats",
     .inputs = "node_ids:i32, gradients:f32, hessians:f32, feature:i32",
     .outputs = "stats_summary:f32",
     .attrs = "max_splits:int >=1; num_buckets:int >=1",
     .infer = InferAggregate,
     .prepare = Prepare,
     .run = RunAggregate},
    {.name = "BoostedTreesMakeStatsSummary",
     .inputs = "node_ids:i32, gradients:f32, hessians:f32, bucketized_features_list:num_features*i32",
     .outputs = "stats_summary:f32",
     .attrs = "max_splits:int >=1; num_buckets:int >=1; num_features:int >=1",
     .infer = InferMake,
     .prepare = Prepare,
     .run = RunMake},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesStats, kDefs);

}  // namespace rivulet

// BoostedTreesSparseAggregateStats: sums of gradients and hessians by node, feature dimension and bucket, of a feature
// that is given as a sparse matrix.
//
//   node_ids [n], gradients [n, g], hessians [n, h]; feature_indices [m, 2] of (example, dimension) in order,
//   feature_values [m] buckets, feature_shape [2]
//   -> a sparse [max_splits, dimensions, num_buckets + 1, g + h]: stats_summary_indices [k, 4] in order,
//      stats_summary_values [k], stats_summary_shape [4]
//
// What is not given counts in the last bucket. Of dimensions of one example that do not ascend, which TensorFlow takes,
// those in between count as it counts them. Sums are made in float. A node, example, dimension or bucket outside, which
// TensorFlow reads or writes somewhere, is an error.
#include <algorithm>
#include <array>
#include <map>

#include "engine/ops/text_bytes.h"

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

Status Infer(InferContext& c) {
  constexpr int kRanks[] = {1, 2, 2, 2, 1, 1};
  for (int i = 0; i < 6; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, kRanks[i]));
  const auto dim = [&](int i, int axis) { return c.shape(i).has_rank() ? c.shape(i)[axis] : Shape::kUnknownDim; };
  const auto want = [&](std::string_view what, int64_t got, int64_t wanted) -> Status {
    if (got < 0 || wanted < 0 || got == wanted) return Status();
    return InvalidArgument(what, ": want ", wanted, ", got ", got);
  };
  RIVULET_RETURN_IF_ERROR(want("rows of gradients, one for each node id", dim(1, 0), dim(0, 0)));
  RIVULET_RETURN_IF_ERROR(want("rows of hessians, one for each node id", dim(2, 0), dim(0, 0)));
  RIVULET_RETURN_IF_ERROR(want("columns of feature_indices", dim(3, 1), 2));
  RIVULET_RETURN_IF_ERROR(want("feature_values, one for each index", dim(4, 0), dim(3, 0)));
  RIVULET_RETURN_IF_ERROR(want("dims in feature_shape", dim(5, 0), 2));
  if (c.attrs().Int("max_splits") > INT32_MAX || c.attrs().Int("num_buckets") >= INT32_MAX) {
    return InvalidArgument("attrs 'max_splits' and 'num_buckets': want what an int32 can say, got ",
                           c.attrs().Int("max_splits"), " and ", c.attrs().Int("num_buckets"));
  }
  c.set_output(0, {Shape::kUnknownDim, 4});
  c.set_output(1, Shape::OfUnknownDims(1));
  c.set_output(2, {4});
  return Status();
}

using Place = std::array<int32_t, 3>;  // node, dimension, bucket

class Sums {
 public:
  Sums(RunContext& c, TextBytes* bytes)
      : c_(c), bytes_(bytes), gradients_(c.input(1).dim(1)), hessians_(c.input(2).dim(1)) {}

  const std::map<Place, std::vector<float>>& sums() const { return sums_; }
  int64_t width() const { return gradients_ + hessians_; }

  Status Add(int64_t example, int64_t dimension, int64_t bucket) {
    if (++steps_ % 1024 == 0) RIVULET_RETURN_IF_ERROR(c_.stop().Why());
    const Place place = {c_.input(0).data<int32_t>()[example], static_cast<int32_t>(dimension),
                         static_cast<int32_t>(bucket)};
    auto found = sums_.lower_bound(place);
    if (found == sums_.end() || found->first != place) {
      // The numbers, and what the map and the heap take for an entry.
      RIVULET_RETURN_IF_ERROR(bytes_->Charge(CheckedSize(width()) * CheckedSize(sizeof(float)) + CheckedSize(128)));
      found = sums_.emplace_hint(found, place, std::vector<float>(static_cast<size_t>(width())));
    }
    float* to = found->second.data();
    for (int64_t j = 0; j < gradients_; ++j) *to++ += c_.input(1).data<float>()[example * gradients_ + j];
    for (int64_t j = 0; j < hessians_; ++j) *to++ += c_.input(2).data<float>()[example * hessians_ + j];
    return Status();
  }

  // Dimensions of examples behind (from_example, from_dimension) and before (to_example, to_dimension).
  Status AddMissing(int64_t from_example, int64_t from_dimension, int64_t to_example, int64_t to_dimension,
                    int64_t dimensions, int64_t bucket) {
    for (int64_t example = from_example; example <= to_example; ++example) {
      if (example % 1024 == 1023) RIVULET_RETURN_IF_ERROR(c_.stop().Why());
      const int64_t end = example == to_example ? to_dimension : dimensions;
      for (int64_t d = example == from_example ? from_dimension + 1 : 0; d < end; ++d) {
        RIVULET_RETURN_IF_ERROR(Add(example, d, bucket));
      }
    }
    return Status();
  }

 private:
  RunContext& c_;
  TextBytes* bytes_;
  const int64_t gradients_, hessians_;
  std::map<Place, std::vector<float>> sums_;
  int64_t steps_ = 0;
};

Status CheckIn(std::string_view what, int64_t i, int64_t value, int64_t end) {
  if (value >= 0 && value < end) return Status();
  return InvalidArgument(what, " ", i, ": want [0, ", end, "), got ", value);
}

Status Write(RunContext& c, const Sums& sums) {
  const CheckedSize count = CheckedSize(static_cast<int64_t>(sums.sums().size())) * CheckedSize(sums.width());
  if (!count.valid()) return ResourceExhausted("the summary is larger than any memory");
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count.value(), 4}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count.value()}));
  if (count.value() == 0) return Status();
  int32_t* index = c.output(0).data<int32_t>();
  float* value = c.output(1).data<float>();
  for (const auto& [place, numbers] : sums.sums()) {
    for (size_t j = 0; j < numbers.size(); ++j) {
      index = std::copy(place.begin(), place.end(), index);
      *index++ = static_cast<int32_t>(j);
      *value++ = numbers[j];
    }
  }
  return Status();
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const int64_t examples = c.input(0).num_elements(), entries = c.input(4).num_elements();
  const int64_t dimensions = c.input(5).data<int32_t>()[1];
  if (dimensions < 0) return InvalidArgument("feature_shape: want dims >= 0, got ", dimensions);
  for (int64_t i = 0; i < examples; ++i) {
    RIVULET_RETURN_IF_ERROR(CheckIn("node id", i, c.input(0).data<int32_t>()[i], state.max_splits));
  }
  TextBytes bytes(c.allocator());
  Sums sums(c, &bytes);
  int64_t example = 0, dimension = -1;
  for (int64_t i = 0; i < entries; ++i) {
    const int64_t next_example = c.input(3).data<int32_t>()[2 * i];
    const int64_t next_dimension = c.input(3).data<int32_t>()[2 * i + 1];
    const int64_t bucket = c.input(4).data<int32_t>()[i];
    RIVULET_RETURN_IF_ERROR(CheckIn("the example of index", i, next_example, examples));
    RIVULET_RETURN_IF_ERROR(CheckIn("the dimension of index", i, next_dimension, dimensions));
    RIVULET_RETURN_IF_ERROR(CheckIn("feature value", i, bucket, state.num_buckets + 1));
    if (next_example < example) {
      return InvalidArgument("feature_indices: want examples in order, got ", next_example, " behind ", example);
    }
    RIVULET_RETURN_IF_ERROR(
        sums.AddMissing(example, dimension, next_example, next_dimension, dimensions, state.num_buckets));
    RIVULET_RETURN_IF_ERROR(sums.Add(next_example, next_dimension, bucket));
    example = next_example;
    dimension = next_dimension;
  }
  RIVULET_RETURN_IF_ERROR(sums.AddMissing(example, dimension, examples - 1, dimensions, dimensions, state.num_buckets));
  RIVULET_RETURN_IF_ERROR(Write(c, sums));
  int32_t* shape = c.output(2).data<int32_t>();
  shape[0] = static_cast<int32_t>(state.max_splits);
  shape[1] = static_cast<int32_t>(dimensions);
  shape[2] = static_cast<int32_t>(state.num_buckets + 1);
  shape[3] = static_cast<int32_t>(sums.width());
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesSparseAggregateStats",
     .inputs = "node_ids:i32, gradients:f32, hessians:f32, feature_indices:i32, feature_values:i32, feature_shape:i32",
     .outputs = "stats_summary_indices:i32, stats_summary_values:f32, stats_summary_shape:i32",
     .attrs = "max_splits:int >=1; num_buckets:int >=1",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesSparseStats, kDefs);

}  // namespace rivulet

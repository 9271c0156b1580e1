// BoostedTreesUpdateEnsemble, BoostedTreesUpdateEnsembleV2: a layer more for the last tree of an ensemble.
//
//   lists of candidates, one for each feature (V1) or group of features (V2): node_ids [k], gains [k], thresholds [k],
//   left_node_contribs and right_node_contribs [k, logits]; V2 also feature_ids, dimension_ids, split_types [k]
//   feature_ids [features] (V1), max_depth, learning_rate, pruning_mode: 0 none, 1 while growing, 2 of finished trees
//
// Each node is split by its candidate of the largest gain, of equal gains by that of the lowest feature. A tree of
// max_depth layers is finished; the next one begins as a leaf. As in the last TensorFlow with these operators, V2 reads
// num_groups lists, though there may be num_features of them. Post-pruning takes categorical splits like others;
// TensorFlow's does not end. A node that is no leaf or not there, at which TensorFlow writes somewhere, is an error.
#include "engine/ops/text_bytes.h"
#include "engine/ops/tree_growth.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// Where the inputs of both operators are; lists by the number of their first.
struct Inputs {
  bool is_v2 = false;
  int groups = 0, lists = 0;

  int features(int i) const { return is_v2 ? 1 + i : 1; }
  int list(int number) const { return 1 + (is_v2 ? groups : 1) + number * lists; }
  int dimensions(int i) const { return list(0) + i; }
  int nodes(int i) const { return list(is_v2 ? 1 : 0) + i; }
  int gains(int i) const { return nodes(i) + lists; }
  int thresholds(int i) const { return nodes(i) + 2 * lists; }
  int left(int i) const { return nodes(i) + 3 * lists; }
  int right(int i) const { return nodes(i) + 4 * lists; }
  int types(int i) const { return nodes(i) + 5 * lists; }
  int max_depth() const { return list(is_v2 ? 7 : 5); }
  int learning_rate() const { return max_depth() + 1; }
  int pruning() const { return max_depth() + 2; }
};

struct State : OpState {
  Inputs inputs;
  int64_t logits = 1;
  int32_t pruning = 0;
};

Inputs InputsOf(const AttrReader& attrs, int num_inputs, bool is_v2) {
  // The lists fill what the other inputs leave.
  const int groups = is_v2 ? static_cast<int>(attrs.Int("num_groups")) : 0;
  const int lists = is_v2 ? (num_inputs - 4 - groups) / 7 : (num_inputs - 4) / 5;
  return {is_v2, is_v2 ? groups : lists, lists};
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool is_v2) {
  auto state = std::make_unique<State>();
  state->inputs = InputsOf(c.attrs(), c.num_inputs(), is_v2);
  if (is_v2) {
    state->logits = c.attrs().Int("logits_dimension");
  } else {
    state->pruning = static_cast<int32_t>(c.attrs().Int("pruning_mode"));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

// `input` has an entry for each of the nodes.
Status CheckList(const InferContext& c, std::string_view name, int i, int input, int nodes, int rank, int64_t columns) {
  const Status status = c.WantRank(input, rank);
  if (!status.ok()) return InvalidArgument(name, "[", i, "]: ", status.message());
  const Shape &shape = c.shape(input), &wanted = c.shape(nodes);
  if (shape.has_rank() && wanted.has_rank() && wanted.rank() == 1 && shape[0] >= 0 && wanted[0] >= 0 &&
      shape[0] != wanted[0]) {
    return InvalidArgument(name, "[", i, "]: want one for each of ", wanted[0], " nodes, got ", shape[0]);
  }
  if (rank == 2 && shape.has_rank() && shape[1] >= 0 && shape[1] != columns) {
    return InvalidArgument(name, "[", i, "]: want a column for each of ", columns, " logits, got ", shape[1]);
  }
  return Status();
}

Status Infer(InferContext& c, bool is_v2) {
  const Inputs at = InputsOf(c.attrs(), c.num_inputs(), is_v2);
  const int64_t logits = is_v2 ? c.attrs().Int("logits_dimension") : 1;
  if (logits < 1) return InvalidArgument("attr 'logits_dimension': want 1 or more, got ", logits);
  if (at.groups > at.lists) {
    return InvalidArgument("attr 'num_groups': want at most num_features, ", at.lists, ", got ", at.groups);
  }
  for (int i = 0; i < at.groups; ++i) {
    const int nodes = at.nodes(i);
    RIVULET_RETURN_IF_ERROR(CheckList(c, "node_ids", i, nodes, nodes, 1, 0));
    RIVULET_RETURN_IF_ERROR(CheckList(c, "gains", i, at.gains(i), nodes, 1, 0));
    RIVULET_RETURN_IF_ERROR(CheckList(c, "thresholds", i, at.thresholds(i), nodes, 1, 0));
    RIVULET_RETURN_IF_ERROR(CheckList(c, "left_node_contribs", i, at.left(i), nodes, 2, logits));
    RIVULET_RETURN_IF_ERROR(CheckList(c, "right_node_contribs", i, at.right(i), nodes, 2, logits));
    if (!is_v2) continue;
    RIVULET_RETURN_IF_ERROR(CheckList(c, "feature_ids", i, at.features(i), nodes, 1, 0));
    RIVULET_RETURN_IF_ERROR(CheckList(c, "dimension_ids", i, at.dimensions(i), nodes, 1, 0));
    RIVULET_RETURN_IF_ERROR(CheckList(c, "split_types", i, at.types(i), nodes, 1, 0));
  }
  if (!is_v2) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
    if (c.shape(1).complete() && c.shape(1)[0] != at.groups) {
      return InvalidArgument("feature_ids: want one for each of ", at.groups, " features, got ", c.shape(1)[0]);
    }
  }
  RIVULET_RETURN_IF_ERROR(c.WantScalar(at.max_depth()));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(at.learning_rate()));
  return is_v2 ? c.WantScalar(at.pruning()) : Status();
}

Status ReadType(const std::string& type, SplitCandidate* to) {
  if (type == "INEQUALITY_DEFAULT_LEFT") return Status();
  if (type == "INEQUALITY_DEFAULT_RIGHT") {
    to->is_default_right = true;
  } else if (type == "EQUALITY_DEFAULT_RIGHT") {
    to->kind = TreeNode::Kind::kCategorical;
  } else {
    return InvalidArgument(
        "split_types: want INEQUALITY_DEFAULT_LEFT, INEQUALITY_DEFAULT_RIGHT or "
        "EQUALITY_DEFAULT_RIGHT, got ",
        Quoted(type));
  }
  return Status();
}

const float* Row(const Tensor& matrix, int64_t row) { return matrix.data<float>() + row * matrix.dim(1); }

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Inputs& at = state.inputs;
  const float learning_rate = *c.input(at.learning_rate()).data<float>();
  Growth growth;
  growth.max_depth = *c.input(at.max_depth()).data<int32_t>();
  growth.pruning = static_cast<Pruning>(at.is_v2 ? *c.input(at.pruning()).data<int32_t>() : state.pruning);
  growth.logits = state.logits;
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TreeEnsembleObject> object, EnsembleOf(c));
  TextBytes bytes(c.allocator());
  BestSplits best;
  for (int i = 0; i < at.groups; ++i) {
    const int64_t count = c.input(at.nodes(i)).num_elements();
    // What the map and the heap take for an entry at most, beside the numbers.
    const CheckedSize each = GrowingBytes<float>(state.logits) + CheckedSize(sizeof(SplitCandidate) + 128);
    RIVULET_RETURN_IF_ERROR(bytes.Charge(each * CheckedSize(count)));
    for (int64_t k = 0; k < count; ++k) {
      if (k % 1024 == 1023) RIVULET_RETURN_IF_ERROR(c.stop().Why());
      SplitCandidate candidate;
      candidate.gain = c.input(at.gains(i)).data<float>()[k];
      candidate.feature = c.input(at.features(i)).data<int32_t>()[at.is_v2 ? k : i];
      candidate.threshold = c.input(at.thresholds(i)).data<int32_t>()[k];
      if (at.is_v2) {
        candidate.dimension = c.input(at.dimensions(i)).data<int32_t>()[k];
        RIVULET_RETURN_IF_ERROR(ReadType(c.input(at.types(i)).data<std::string>()[k], &candidate));
      }
      const auto add = [&](int input, std::vector<float>* to) {
        const Tensor& list = c.input(input);
        for (int64_t j = 0; j < state.logits; ++j) to->push_back(learning_rate * Row(list, k)[j]);
      };
      add(at.left(i), &candidate.left);
      add(at.right(i), &candidate.right);
      Offer(c.input(at.nodes(i)).data<int32_t>()[k], std::move(candidate), &best);
    }
  }
  return object->Change([&](StampedEnsemble* content) { return Grow(best, growth, content, c.allocator(), c.stop()); });
}

constexpr OpDef kDefs[] = {
    {.name = "BoostedTreesUpdateEnsemble",
     .inputs = "tree_ensemble_handle:resource, feature_ids:i32, node_ids:num_features*i32, gains:num_features*f32, "
               "thresholds:num_features*i32, left_node_contribs:num_features*f32, "
               "right_node_contribs:num_features*f32, max_depth:i32, learning_rate:f32",
     .outputs = "",
     .attrs = "pruning_mode:int >=0; num_features:int >=0",
     .infer = With<Infer, false>,
     .prepare = With<Prepare, false>,
     .run = Run,
     .flags = kEffect},
    {.name = "BoostedTreesUpdateEnsembleV2",
     .inputs = "tree_ensemble_handle:resource, feature_ids:num_groups*i32, dimension_ids:num_features*i32, "
               "node_ids:num_features*i32, gains:num_features*f32, thresholds:num_features*i32, "
               "left_node_contribs:num_features*f32, right_node_contribs:num_features*f32, "
               "split_types:num_features*str, max_depth:i32, learning_rate:f32, pruning_mode:i32",
     .outputs = "",
     .attrs = "num_features:int >=0; logits_dimension:int=1; num_groups:int=1 >=1",
     .infer = With<Infer, true>,
     .prepare = With<Prepare, true>,
     .run = Run,
     .flags = kEffect},
};

}  // namespace

RIVULET_OP_LIST(BoostedTreesUpdate, kDefs);

}  // namespace rivulet

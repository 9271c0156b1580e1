// ParseSequenceExample, ParseSequenceExampleV2, ParseSingleSequenceExample: features and lists of features of
// serialised tf.SequenceExample messages as tensors.
//   serialized: [N] strings (V2 also a scalar, Single only that); debug_name: one for each or none, only for messages.
//   context     sparse: indices [n, 2], values [n], shape [2]; dense: [N, shape...], a missing one has the default
//               ragged (V2): values [n], row_splits [N + 1]
//   lists       sparse: indices [n, 3] (row, step, value), values [n], shape [3]
//               dense: [N, most steps, shape...], zeros or empty strings after the end of a row, and the lengths [N];
//               one that is missing is an error unless feature_list_dense_missing_assumed_empty has its key (V2: is
//               true) ragged (V2): values [n], outer_splits [N + 1] over the steps, inner_splits [steps + 1]
// Of one message all have a dim less, and Single gives no lengths. Dense shapes are complete.
// Not as in TensorFlow: splits over the batch of one message, which has none, are a scalar of any value there and 0
// here; of two lists in one feature Single takes the last there, joined with others of its type, and the first here.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/ops/sequence_example.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

enum class Form { kV1, kV2, kSingle };

struct State : OpState {
  SequenceColumns columns;
  // kV1; otherwise they are inputs.
  std::vector<std::string> context_sparse, context_dense, list_sparse, list_dense;
  SequenceKeys keys;
};

Result<std::unique_ptr<State>> ReadAttrs(const AttrReader& attrs, Form form) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->columns, ReadSequenceColumns(attrs, form == Form::kV2));
  state->columns.has_lengths = form != Form::kSingle;
  const SequenceColumns& columns = state->columns;
  const auto same = [](const char* name, int64_t got, size_t want) -> Status {
    if (got == static_cast<int64_t>(want)) return Status();
    return InvalidArgument(name, ": want ", static_cast<uint64_t>(want), ", one for each type, got ", got);
  };
  if (form != Form::kV2) {
    RIVULET_RETURN_IF_ERROR(same("Ncontext_dense", attrs.Int("Ncontext_dense"), columns.context_dense.size()));
  }
  if (form != Form::kV1) return state;
  SequenceKeys& keys = state->keys;
  const auto take = [&](const char* name, size_t want, std::vector<std::string>* kept,
                        std::vector<std::string_view>* views) -> Status {
    *kept = attrs.Strs(name);
    views->assign(kept->begin(), kept->end());
    return same(name, static_cast<int64_t>(kept->size()), want);
  };
  RIVULET_RETURN_IF_ERROR(
      take("context_sparse_keys", columns.context_sparse.size(), &state->context_sparse, &keys.context_sparse));
  RIVULET_RETURN_IF_ERROR(
      take("context_dense_keys", columns.context_dense.size(), &state->context_dense, &keys.context_dense));
  RIVULET_RETURN_IF_ERROR(
      take("feature_list_sparse_keys", columns.list_sparse.size(), &state->list_sparse, &keys.list_sparse));
  RIVULET_RETURN_IF_ERROR(
      take("feature_list_dense_keys", columns.list_dense.size(), &state->list_dense, &keys.list_dense));
  const std::vector<std::string> empty = attrs.Strs("feature_list_dense_missing_assumed_empty");
  for (const std::string_view key : keys.list_dense) {
    keys.may_miss.push_back(std::find(empty.begin(), empty.end(), key) != empty.end());
  }
  RIVULET_RETURN_IF_ERROR(CheckKinds(keys));
  return state;
}

Status Infer(InferContext& c, Form form) {
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<State> state, ReadAttrs(c.attrs(), form));
  Shape batch = c.shape(0);
  if (form == Form::kV1) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
    RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
    if (!batch.has_rank()) batch = Shape{Shape::kUnknownDim};
  }
  if (form == Form::kSingle) {
    RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
    const auto keys = static_cast<int>(state->columns.context_sparse.size() + state->columns.context_dense.size() +
                                       state->columns.list_sparse.size() + state->columns.list_dense.size());
    for (int i = 0; i < keys; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(2 + i));
    RIVULET_RETURN_IF_ERROR(c.WantScalar(c.num_inputs() - 1));
    batch = Shape{};
  }
  return InferSequence(c, state->columns, batch);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, Form form) {
  RIVULET_ASSIGN_OR_RETURN(std::unique_ptr<State> state, ReadAttrs(c.attrs(), form));
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunV1(RunContext& c) {
  const State& state = c.state<State>();
  return RunSequence(c, state.columns, state.keys, 1, 2);
}

// An input of one key for each of `want` columns.
Status TakeKeys(RunContext& c, int input, size_t want, const char* name, std::vector<std::string_view>* keys) {
  const Tensor& tensor = c.input(input);
  if (tensor.num_elements() != static_cast<int64_t>(want)) {
    return InvalidArgument(name, ": want ", static_cast<uint64_t>(want), ", one for each type, got ",
                           tensor.num_elements());
  }
  for (const std::string& key : tensor.values<std::string>()) keys->push_back(key);
  return Status();
}

Status RunV2(RunContext& c) {
  const SequenceColumns& columns = c.state<State>().columns;
  SequenceKeys keys;
  RIVULET_RETURN_IF_ERROR(TakeKeys(c, 2, columns.context_sparse.size(), "context_sparse_keys", &keys.context_sparse));
  RIVULET_RETURN_IF_ERROR(TakeKeys(c, 3, columns.context_dense.size(), "context_dense_keys", &keys.context_dense));
  RIVULET_RETURN_IF_ERROR(TakeKeys(c, 4, columns.context_ragged.size(), "context_ragged_keys", &keys.context_ragged));
  RIVULET_RETURN_IF_ERROR(TakeKeys(c, 5, columns.list_sparse.size(), "feature_list_sparse_keys", &keys.list_sparse));
  RIVULET_RETURN_IF_ERROR(TakeKeys(c, 6, columns.list_dense.size(), "feature_list_dense_keys", &keys.list_dense));
  RIVULET_RETURN_IF_ERROR(TakeKeys(c, 7, columns.list_ragged.size(), "feature_list_ragged_keys", &keys.list_ragged));
  RIVULET_RETURN_IF_ERROR(CheckKinds(keys));
  const Tensor& may_miss = c.input(8);
  if (may_miss.num_elements() != static_cast<int64_t>(columns.list_dense.size())) {
    return InvalidArgument("feature_list_dense_missing_assumed_empty: want ",
                           static_cast<uint64_t>(columns.list_dense.size()), ", one for each dense list, got ",
                           may_miss.num_elements());
  }
  for (const bool value : may_miss.values<bool>()) keys.may_miss.push_back(value);
  return RunSequence(c, columns, keys, 1, 9);
}

Status RunSingle(RunContext& c) {
  const SequenceColumns& columns = c.state<State>().columns;
  SequenceKeys keys;
  int input = 2;
  const auto take = [&](size_t count, std::vector<std::string_view>* list) {
    for (size_t i = 0; i < count; ++i) list->push_back(*c.input(input++).data<std::string>());
  };
  take(columns.context_sparse.size(), &keys.context_sparse);
  take(columns.context_dense.size(), &keys.context_dense);
  take(columns.list_sparse.size(), &keys.list_sparse);
  take(columns.list_dense.size(), &keys.list_dense);
  const std::span<const std::string> empty = c.input(1).values<std::string>();
  for (const std::string_view key : keys.list_dense) {
    keys.may_miss.push_back(std::find(empty.begin(), empty.end(), key) != empty.end());
  }
  return RunSequence(c, columns, keys, c.num_inputs() - 1, input);
}

constexpr OpDef kDefs[] = {
    {.name = "ParseSequenceExample",
     .inputs = "serialized:str, debug_name:str, context_dense_defaults:list(Tcontext_dense)",
     .outputs = "context_sparse_indices:Ncontext_sparse*i64, context_sparse_values:list(context_sparse_types), "
                "context_sparse_shapes:Ncontext_sparse*i64, context_dense_values:list(Tcontext_dense), "
                "feature_list_sparse_indices:Nfeature_list_sparse*i64, "
                "feature_list_sparse_values:list(feature_list_sparse_types), "
                "feature_list_sparse_shapes:Nfeature_list_sparse*i64, "
                "feature_list_dense_values:list(feature_list_dense_types), "
                "feature_list_dense_lengths:Nfeature_list_dense*i64",
     .attrs = "feature_list_dense_missing_assumed_empty:list(string) >=0; context_sparse_keys:list(string) >=0; "
              "context_dense_keys:list(string) >=0; feature_list_sparse_keys:list(string) >=0; "
              "feature_list_dense_keys:list(string) >=0; Ncontext_sparse:int=0 >=0; Ncontext_dense:int=0 >=0; "
              "Nfeature_list_sparse:int=0 >=0; Nfeature_list_dense:int=0 >=0; "
              "context_sparse_types:list(type)=[] in {f32,i64,str} >=0; "
              "Tcontext_dense:list(type)=[] in {f32,i64,str} >=0; "
              "feature_list_dense_types:list(type)=[] in {f32,i64,str} >=0; context_dense_shapes:list(shape)=[] >=0; "
              "feature_list_sparse_types:list(type)=[] in {f32,i64,str} >=0; "
              "feature_list_dense_shapes:list(shape)=[] >=0",
     .infer = With<Infer, Form::kV1>,
     .prepare = With<Prepare, Form::kV1>,
     .run = RunV1,
     .flags = kDataDependent},
    {.name = "ParseSequenceExampleV2",
     .inputs = "serialized:str, debug_name:str, context_sparse_keys:str, context_dense_keys:str, "
               "context_ragged_keys:str, feature_list_sparse_keys:str, feature_list_dense_keys:str, "
               "feature_list_ragged_keys:str, feature_list_dense_missing_assumed_empty:bool, "
               "context_dense_defaults:list(Tcontext_dense)",
     .outputs = "context_sparse_indices:Ncontext_sparse*i64, context_sparse_values:list(context_sparse_types), "
                "context_sparse_shapes:Ncontext_sparse*i64, context_dense_values:list(Tcontext_dense), "
                "context_ragged_values:list(context_ragged_value_types), "
                "context_ragged_row_splits:list(context_ragged_split_types), "
                "feature_list_sparse_indices:Nfeature_list_sparse*i64, "
                "feature_list_sparse_values:list(feature_list_sparse_types), "
                "feature_list_sparse_shapes:Nfeature_list_sparse*i64, "
                "feature_list_dense_values:list(feature_list_dense_types), "
                "feature_list_dense_lengths:Nfeature_list_dense*i64, "
                "feature_list_ragged_values:list(feature_list_ragged_value_types), "
                "feature_list_ragged_outer_splits:list(feature_list_ragged_split_types), "
                "feature_list_ragged_inner_splits:list(feature_list_ragged_split_types)",
     .attrs =
         "Ncontext_sparse:int=0 >=0; Nfeature_list_sparse:int=0 >=0; Nfeature_list_dense:int=0 >=0; "
         "context_ragged_value_types:list(type)=[] in {f32,i64,str} >=0; "
         "context_ragged_split_types:list(type)=[] in {i32,i64} >=0; "
         "feature_list_ragged_value_types:list(type)=[] in {f32,i64,str} >=0; "
         "feature_list_ragged_split_types:list(type)=[] in {i32,i64} >=0; "
         "context_sparse_types:list(type)=[] in {f32,i64,str} >=0; Tcontext_dense:list(type)=[] in {f32,i64,str} >=0; "
         "feature_list_dense_types:list(type)=[] in {f32,i64,str} >=0; context_dense_shapes:list(shape)=[] >=0; "
         "feature_list_sparse_types:list(type)=[] in {f32,i64,str} >=0; feature_list_dense_shapes:list(shape)=[] >=0",
     .infer = With<Infer, Form::kV2>,
     .prepare = With<Prepare, Form::kV2>,
     .run = RunV2,
     .flags = kDataDependent},
    {.name = "ParseSingleSequenceExample",
     .inputs = "serialized:str, feature_list_dense_missing_assumed_empty:str, "
               "context_sparse_keys:Ncontext_sparse*str, context_dense_keys:Ncontext_dense*str, "
               "feature_list_sparse_keys:Nfeature_list_sparse*str, feature_list_dense_keys:Nfeature_list_dense*str, "
               "context_dense_defaults:list(Tcontext_dense), debug_name:str",
     .outputs = "context_sparse_indices:Ncontext_sparse*i64, context_sparse_values:list(context_sparse_types), "
                "context_sparse_shapes:Ncontext_sparse*i64, context_dense_values:list(Tcontext_dense), "
                "feature_list_sparse_indices:Nfeature_list_sparse*i64, "
                "feature_list_sparse_values:list(feature_list_sparse_types), "
                "feature_list_sparse_shapes:Nfeature_list_sparse*i64, "
                "feature_list_dense_values:list(feature_list_dense_types)",
     .attrs =
         "Ncontext_sparse:int=0 >=0; Ncontext_dense:int=0 >=0; Nfeature_list_sparse:int=0 >=0; "
         "Nfeature_list_dense:int=0 >=0; "
         "context_sparse_types:list(type)=[] in {f32,i64,str} >=0; Tcontext_dense:list(type)=[] in {f32,i64,str} >=0; "
         "feature_list_dense_types:list(type)=[] in {f32,i64,str} >=0; context_dense_shapes:list(shape)=[] >=0; "
         "feature_list_sparse_types:list(type)=[] in {f32,i64,str} >=0; feature_list_dense_shapes:list(shape)=[] >=0",
     .infer = With<Infer, Form::kSingle>,
     .prepare = With<Prepare, Form::kSingle>,
     .run = RunSingle,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(ParseSequenceExample, kDefs);

}  // namespace rivulet

// ParseSequenceExample: features and lists of features of serialised tf.SequenceExample messages as tensors.
//   serialized: [N] strings; debug_name: [N] or empty, only for messages.
//   context     sparse: indices [n, 2], values [n], shape [2]; dense: [N, shape...], a missing one has the default
//   lists       sparse: indices [n, 3] (row, step, value), values [n], shape [3]
//               dense: [N, most steps, shape...], zeros or empty strings after the end of a row, and the lengths [N];
//               one that is missing is an error unless its key is in feature_list_dense_missing_assumed_empty
// Dense shapes are complete.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/checked.h"
#include "engine/ops/example_features.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::vector<std::string> context_sparse_keys, context_dense_keys, list_sparse_keys, list_dense_keys, assumed_empty;
  std::vector<DType> context_sparse_types, context_dense_types, list_sparse_types, list_dense_types;
  std::vector<Shape> context_dense_shapes, list_dense_shapes;
};

Result<std::unique_ptr<State>> ReadAttrs(const AttrReader& attrs) {
  auto state = std::make_unique<State>();
  state->context_sparse_keys = attrs.Strs("context_sparse_keys");
  state->context_dense_keys = attrs.Strs("context_dense_keys");
  state->list_sparse_keys = attrs.Strs("feature_list_sparse_keys");
  state->list_dense_keys = attrs.Strs("feature_list_dense_keys");
  state->assumed_empty = attrs.Strs("feature_list_dense_missing_assumed_empty");
  state->context_sparse_types = attrs.Types("context_sparse_types");
  state->context_dense_types = attrs.Types("Tcontext_dense");
  state->list_sparse_types = attrs.Types("feature_list_sparse_types");
  state->list_dense_types = attrs.Types("feature_list_dense_types");
  state->context_dense_shapes = attrs.Shapes("context_dense_shapes");
  state->list_dense_shapes = attrs.Shapes("feature_list_dense_shapes");
  struct Count {
    const char* name;
    int64_t got;
    size_t want;
  };
  const auto size = [](const auto& list) { return static_cast<int64_t>(list.size()); };
  for (const Count& count : {
           Count{"context_sparse_keys", size(state->context_sparse_keys), state->context_sparse_types.size()},
           Count{"Ncontext_sparse", attrs.Int("Ncontext_sparse"), state->context_sparse_types.size()},
           Count{"context_dense_keys", size(state->context_dense_keys), state->context_dense_types.size()},
           Count{"Ncontext_dense", attrs.Int("Ncontext_dense"), state->context_dense_types.size()},
           Count{"context_dense_shapes", size(state->context_dense_shapes), state->context_dense_types.size()},
           Count{"feature_list_sparse_keys", size(state->list_sparse_keys), state->list_sparse_types.size()},
           Count{"Nfeature_list_sparse", attrs.Int("Nfeature_list_sparse"), state->list_sparse_types.size()},
           Count{"feature_list_dense_keys", size(state->list_dense_keys), state->list_dense_types.size()},
           Count{"Nfeature_list_dense", attrs.Int("Nfeature_list_dense"), state->list_dense_types.size()},
           Count{"feature_list_dense_shapes", size(state->list_dense_shapes), state->list_dense_types.size()},
       }) {
    if (count.got != static_cast<int64_t>(count.want)) {
      return InvalidArgument(count.name, ": want ", static_cast<uint64_t>(count.want), ", one for each type, got ",
                             count.got);
    }
  }
  const auto apart = [](const std::vector<std::string>& sparse, const std::vector<std::string>& dense) -> Status {
    for (const std::string& key : sparse) {
      if (std::find(dense.begin(), dense.end(), key) == dense.end()) continue;
      return InvalidArgument("feature ", Quoted(key), ": it cannot be both sparse and dense");
    }
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(apart(state->context_sparse_keys, state->context_dense_keys));
  RIVULET_RETURN_IF_ERROR(apart(state->list_sparse_keys, state->list_dense_keys));
  for (const std::vector<Shape>* shapes : {&state->context_dense_shapes, &state->list_dense_shapes}) {
    for (const Shape& shape : *shapes) {
      if (shape.complete() && shape.rank() + 2 <= Shape::kMaxRank && shape.num_elements() >= 0) continue;
      return InvalidArgument("dense shapes: want all dims known, got ", shape.ToString());
    }
  }
  return state;
}

Shape Prefixed(std::initializer_list<int64_t> first, const Shape& rest) {
  Shape out(first);
  for (const int64_t dim : rest.dims()) out.push_back(dim);
  return out;
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<State> state, ReadAttrs(c.attrs()));
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  const int64_t rows = c.shape(0).has_rank() ? c.shape(0)[0] : Shape::kUnknownDim;
  int out = 0;
  const auto sparse = [&](size_t count, int64_t width) {
    for (size_t i = 0; i < count; ++i) c.set_output(out++, Shape{Shape::kUnknownDim, width});
    for (size_t i = 0; i < count; ++i) c.set_output(out++, Shape{Shape::kUnknownDim});
    for (size_t i = 0; i < count; ++i) c.set_output(out++, Shape{width});
  };
  sparse(state->context_sparse_types.size(), 2);
  for (const Shape& shape : state->context_dense_shapes) c.set_output(out++, Prefixed({rows}, shape));
  sparse(state->list_sparse_types.size(), 3);
  for (const Shape& shape : state->list_dense_shapes) {
    c.set_output(out++, Prefixed({rows, Shape::kUnknownDim}, shape));
  }
  for (size_t i = 0; i < state->list_dense_shapes.size(); ++i) c.set_output(out++, Shape{rows});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::unique_ptr<State> state, ReadAttrs(c.attrs()));
  return std::unique_ptr<OpState>(std::move(state));
}

std::string RowName(RunContext& c, int64_t row) {
  if (c.input(1).num_elements() == 0) return Cat("example ", row);
  return Cat("example ", row, ", ", Quoted(c.input(1).data<std::string>()[row]));
}

// What the keys of one kind have in all rows: [row * columns + column].
struct Table {
  std::vector<size_t> place;  // of each column among the different keys
  size_t keys = 0;
  std::vector<FeatureValues> features;
  std::vector<FeatureSteps> lists;
};

Table TableOf(const std::vector<std::string>& a, const std::vector<std::string>& b, FeatureColumns* by_key) {
  Table table;
  for (const std::vector<std::string>* keys : {&a, &b}) {
    for (const std::string& key : *keys) table.place.push_back(by_key->emplace(key, by_key->size()).first->second);
  }
  table.keys = by_key->size();
  return table;
}

Status ReadTables(RunContext& c, const State& state, Table* context, Table* lists) {
  FeatureColumns context_keys, list_keys;
  *context = TableOf(state.context_sparse_keys, state.context_dense_keys, &context_keys);
  *lists = TableOf(state.list_sparse_keys, state.list_dense_keys, &list_keys);
  const auto rows = static_cast<size_t>(c.input(0).num_elements());
  context->features.resize(rows * context->keys);
  lists->lists.resize(rows * lists->keys);
  for (size_t row = 0; row < rows; ++row) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    const std::string& message = c.input(0).data<std::string>()[row];
    Status status =
        FindFeatures(message, context_keys, std::span(context->features).subspan(row * context->keys, context->keys));
    if (status.ok())
      status = FindFeatureLists(message, list_keys, std::span(lists->lists).subspan(row * lists->keys, lists->keys));
    if (!status.ok()) return std::move(status).Framed(RowName(c, static_cast<int64_t>(row)));
  }
  return Status();
}

// How many values a feature has, which must be of the column's type; none when it is empty.
Result<int64_t> CountOf(RunContext& c, const FeatureValues& values, DType dtype, const std::string& key, int64_t row) {
  if (values.dtype == DType::kInvalid) return int64_t{0};
  if (values.dtype != dtype) {
    return InvalidArgument(RowName(c, row), ": feature ", Quoted(key), ": want ", Name(dtype), ", got ",
                           Name(values.dtype));
  }
  return CountValues(values);
}

template <typename Body>
void WithElements(Tensor& tensor, const Body& body) {
  switch (tensor.dtype()) {
    case DType::kFloat: body(tensor.data<float>()); break;
    case DType::kInt64: body(tensor.data<int64_t>()); break;
    default: body(tensor.data<std::string>()); break;
  }
}

// One place of a sparse output: a feature with its row and, in lists, its step.
struct Entry {
  const FeatureValues* values;
  int64_t row, step, count;
};

Status WriteSparse(RunContext& c, int indices, int values, int shape, const std::vector<Entry>& entries, int64_t width,
                   int64_t steps) {
  int64_t total = 0, longest = 0;
  for (const Entry& entry : entries) {
    total += entry.count;  // each value takes a byte of the message at least
    longest = std::max(longest, entry.count);
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(indices, Shape{total, width}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(values, Shape{total}));
  int64_t* index = c.output(indices).data<int64_t>();
  WithElements(c.output(values), [&](auto* to) {
    for (const Entry& entry : entries) {
      for (int64_t i = 0; i < entry.count; ++i) {
        *index++ = entry.row;
        if (width == 3) *index++ = entry.step;
        *index++ = i;
      }
      if (entry.count > 0) CopyValues(*entry.values, to);
      to += entry.count;
    }
  });
  int64_t* size = c.output(shape).data<int64_t>();
  *size++ = c.input(0).num_elements();
  if (width == 3) *size++ = steps;
  *size = longest;
  return Status();
}

Status WriteContextDense(RunContext& c, int out, const Table& table, size_t column, DType dtype, const std::string& key,
                         const Shape& shape, const Tensor& fallback) {
  if (fallback.num_elements() != 0 && !(fallback.shape() == shape)) {
    return InvalidArgument("default of feature ", Quoted(key), ": want shape ", shape.ToString(), " or none, got ",
                           fallback.shape().ToString());
  }
  const int64_t rows = c.input(0).num_elements(), elements = shape.num_elements();
  Tensor filler = fallback;
  Status status;
  WithElements(c.output(out), [&](auto* to) {
    const auto* from = filler.data<std::remove_pointer_t<decltype(to)>>();
    for (int64_t row = 0; row < rows; ++row, to += elements) {
      const FeatureValues& values = table.features[static_cast<size_t>(row) * table.keys + table.place[column]];
      if (values.dtype == DType::kInvalid) {
        if (fallback.num_elements() == 0) {
          status = InvalidArgument(RowName(c, row), ": feature ", Quoted(key), ": it is missing and has no default");
          return;
        }
        std::copy_n(from, elements, to);
        continue;
      }
      const Result<int64_t> count = CountOf(c, values, dtype, key, row);
      if (!count.ok()) {
        status = count.status();
        return;
      }
      if (*count != elements) {
        status =
            InvalidArgument(RowName(c, row), ": feature ", Quoted(key), ": want ", elements, " values, got ", *count);
        return;
      }
      CopyValues(values, to);
    }
  });
  return status;
}

Status WriteListDense(RunContext& c, const State& state, int out, int lengths, const Table& table, size_t column,
                      size_t at) {
  const std::string& key = state.list_dense_keys[at];
  const Shape& shape = state.list_dense_shapes[at];
  const int64_t rows = c.input(0).num_elements(), elements = shape.num_elements();
  const bool may_miss =
      std::find(state.assumed_empty.begin(), state.assumed_empty.end(), key) != state.assumed_empty.end();
  const auto list = [&](int64_t row) -> const FeatureSteps& {
    return table.lists[static_cast<size_t>(row) * table.keys + table.place[column]];
  };
  int64_t most = 0;
  for (int64_t row = 0; row < rows; ++row) {
    if (!list(row).is_there && !may_miss) {
      return InvalidArgument(RowName(c, row), ": feature list ", Quoted(key), ": it is missing");
    }
    most = std::max(most, static_cast<int64_t>(list(row).steps.size()));
    c.output(lengths).data<int64_t>()[row] = static_cast<int64_t>(list(row).steps.size());
    for (size_t step = 0; step < list(row).steps.size(); ++step) {
      RIVULET_ASSIGN_OR_RETURN(const int64_t count,
                               CountOf(c, list(row).steps[step], state.list_dense_types[at], key, row));
      if (count == elements) continue;
      return InvalidArgument(RowName(c, row), ": feature list ", Quoted(key), ", step ", static_cast<uint64_t>(step),
                             ": want ", elements, " values, got ", count);
    }
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(out, Prefixed({rows, most}, shape)));
  if (c.output(out).num_elements() == 0) return Status();
  WithElements(c.output(out), [&](auto* to) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t step = 0; step < most; ++step, to += elements) {
        if (static_cast<size_t>(step) < list(row).steps.size()) {
          CopyValues(list(row).steps[static_cast<size_t>(step)], to);
        } else {
          std::fill_n(to, elements, std::remove_pointer_t<decltype(to)>());
        }
      }
    }
  });
  return Status();
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const int64_t rows = c.input(0).num_elements();
  if (c.input(1).num_elements() != 0 && c.input(1).num_elements() != rows) {
    return InvalidArgument("debug_name: want one for each of ", rows, " messages or none, got ",
                           c.input(1).num_elements());
  }
  Table context, lists;
  RIVULET_RETURN_IF_ERROR(ReadTables(c, state, &context, &lists));
  const auto context_sparse = static_cast<int>(state.context_sparse_types.size());
  const auto context_dense = static_cast<int>(state.context_dense_types.size());
  const auto list_sparse = static_cast<int>(state.list_sparse_types.size());
  const auto list_dense = static_cast<int>(state.list_dense_types.size());
  for (int i = 0; i < context_sparse; ++i) {
    const auto at = static_cast<size_t>(i);
    std::vector<Entry> entries;
    for (int64_t row = 0; row < rows; ++row) {
      const FeatureValues& values = context.features[static_cast<size_t>(row) * context.keys + context.place[at]];
      RIVULET_ASSIGN_OR_RETURN(const int64_t count,
                               CountOf(c, values, state.context_sparse_types[at], state.context_sparse_keys[at], row));
      entries.push_back({&values, row, 0, count});
    }
    RIVULET_RETURN_IF_ERROR(WriteSparse(c, i, context_sparse + i, 2 * context_sparse + i, entries, 2, 0));
  }
  int out = 3 * context_sparse;
  for (int i = 0; i < context_dense; ++i) {
    const auto at = static_cast<size_t>(i);
    RIVULET_RETURN_IF_ERROR(WriteContextDense(c, out + i, context, static_cast<size_t>(context_sparse) + at,
                                              state.context_dense_types[at], state.context_dense_keys[at],
                                              state.context_dense_shapes[at], c.input(2 + i)));
  }
  out += context_dense;
  for (int i = 0; i < list_sparse; ++i) {
    const auto at = static_cast<size_t>(i);
    std::vector<Entry> entries;
    int64_t steps = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const FeatureSteps& list = lists.lists[static_cast<size_t>(row) * lists.keys + lists.place[at]];
      steps = std::max(steps, static_cast<int64_t>(list.steps.size()));
      for (size_t step = 0; step < list.steps.size(); ++step) {
        RIVULET_ASSIGN_OR_RETURN(const int64_t count, CountOf(c, list.steps[step], state.list_sparse_types[at],
                                                              state.list_sparse_keys[at], row));
        entries.push_back({&list.steps[step], row, static_cast<int64_t>(step), count});
      }
    }
    RIVULET_RETURN_IF_ERROR(
        WriteSparse(c, out + i, out + list_sparse + i, out + 2 * list_sparse + i, entries, 3, steps));
  }
  out += 3 * list_sparse;
  for (int i = 0; i < list_dense; ++i) {
    const auto at = static_cast<size_t>(i);
    RIVULET_RETURN_IF_ERROR(
        WriteListDense(c, state, out + i, out + list_dense + i, lists, static_cast<size_t>(list_sparse) + at, at));
  }
  return Status();
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
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(ParseSequenceExample, kDefs);

}  // namespace rivulet

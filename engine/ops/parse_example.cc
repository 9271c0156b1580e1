// ParseExample, ParseExampleV2, ParseSingleExample: features of serialised tf.Example messages as tensors.
//   serialized: [N] strings (V2 also a scalar, Single only that); names: [N] or empty, only for messages.
//   Each key is a column of one kind:
//     sparse   indices [n, 2], values [n], shape [2] = (N, longest row)
//     dense    [N, dense_shape...]; a missing feature has the default, which an empty default forbids. With an unknown
//              first dim the longest row gives it, and shorter rows are filled with the default's one element.
//     ragged   (V2) values [n], row_splits [N + 1]
//   Without a batch indices are [n, 1], shape is [1], dense has no N and row_splits are empty.
// Deviation: a key in two columns is read by both; TensorFlow takes it for the last one and misses it in the others.
#include "engine/ops/example_features.h"

#include <algorithm>
#include <limits>

#include "engine/base/checked.h"
#include "engine/ops/dims.h"
#include "engine/ops/op.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

enum class Form { kV1, kV2, kSingle };

struct State : OpState {
  Form form = Form::kV1;
  std::vector<DType> sparse_types;
  std::vector<DType> dense_types;
  std::vector<DType> ragged_types;
  std::vector<Shape> dense_shapes;
  std::vector<std::string> sparse_keys;  // kSingle; otherwise they are inputs
  std::vector<std::string> dense_keys;
};

bool IsVariable(const Shape& shape) { return shape.has_rank() && shape.rank() > 0 && shape[0] == Shape::kUnknownDim; }

// The elements that a dense column has per row, or per step of its unknown first dim.
int64_t ElementsOf(const Shape& shape) {
  Shape inner;
  for (int i = IsVariable(shape) ? 1 : 0; i < shape.rank(); ++i) inner.push_back(shape[i]);
  return inner.num_elements();
}

Status CheckDenseShape(const Shape& shape, size_t column) {
  if (shape.has_rank() && shape.rank() < Shape::kMaxRank && ElementsOf(shape) >= 0) return Status();
  return InvalidArgument("dense_shapes[", static_cast<uint64_t>(column), "]: only the first dim may be unknown, got ",
                         shape);
}

Result<std::unique_ptr<State>> ReadAttrs(const AttrReader& attrs, Form form) {
  auto state = std::make_unique<State>();
  state->form = form;
  state->sparse_types = attrs.Types("sparse_types");
  state->dense_types = attrs.Types("Tdense");
  state->dense_shapes = attrs.Shapes("dense_shapes");
  if (form == Form::kV2) state->ragged_types = attrs.Types("ragged_value_types");
  if (form == Form::kSingle) {
    state->sparse_keys = attrs.Strs("sparse_keys");
    state->dense_keys = attrs.Strs("dense_keys");
  }
  const auto same = [&](std::string_view name, int64_t got, size_t want) -> Status {
    if (got == static_cast<int64_t>(want)) return Status();
    return InvalidArgument(name, ": want ", static_cast<uint64_t>(want), ", one for each column, got ", got);
  };
  RIVULET_RETURN_IF_ERROR(
      same("dense_shapes", static_cast<int64_t>(state->dense_shapes.size()), state->dense_types.size()));
  switch (form) {
    case Form::kV1:
      RIVULET_RETURN_IF_ERROR(same("Nsparse", attrs.Int("Nsparse"), state->sparse_types.size()));
      RIVULET_RETURN_IF_ERROR(same("Ndense", attrs.Int("Ndense"), state->dense_types.size()));
      break;
    case Form::kV2:
      RIVULET_RETURN_IF_ERROR(same("num_sparse", attrs.Int("num_sparse"), state->sparse_types.size()));
      RIVULET_RETURN_IF_ERROR(same("ragged_split_types", static_cast<int64_t>(attrs.Types("ragged_split_types").size()),
                                   state->ragged_types.size()));
      break;
    case Form::kSingle:
      RIVULET_RETURN_IF_ERROR(same("num_sparse", attrs.Int("num_sparse"), state->sparse_types.size()));
      RIVULET_RETURN_IF_ERROR(
          same("sparse_keys", static_cast<int64_t>(state->sparse_keys.size()), state->sparse_types.size()));
      RIVULET_RETURN_IF_ERROR(
          same("dense_keys", static_cast<int64_t>(state->dense_keys.size()), state->dense_types.size()));
      break;
  }
  for (size_t i = 0; i < state->dense_shapes.size(); ++i) {
    RIVULET_RETURN_IF_ERROR(CheckDenseShape(state->dense_shapes[i], i));
  }
  return state;
}

Status Infer(InferContext& c, Form form) {
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<State> state, ReadAttrs(c.attrs(), form));
  // The batch: a scalar, a vector, or either.
  const Shape& serialized = c.shape(0);
  if (form == Form::kSingle) RIVULET_RETURN_IF_ERROR(c.WantRank(0, 0));
  if (form == Form::kV1) RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  if (serialized.has_rank() && serialized.rank() > 1) {
    return InvalidArgument("serialized: want a scalar or a vector, got shape ", serialized);
  }
  if (form == Form::kV1) {
    for (size_t i = 0; i < state->sparse_types.size() + state->dense_types.size(); ++i) {
      RIVULET_RETURN_IF_ERROR(c.WantScalar(static_cast<int>(2 + i)));
    }
  }
  const int batch_rank = form == Form::kSingle ? 0 : form == Form::kV1 ? 1 : serialized.rank();
  int out = 0;
  const int64_t index_width = batch_rank < 0 ? Shape::kUnknownDim : batch_rank + 1;
  for (size_t i = 0; i < state->sparse_types.size(); ++i) c.set_output(out++, Shape{Shape::kUnknownDim, index_width});
  for (size_t i = 0; i < state->sparse_types.size(); ++i) c.set_output(out++, Shape{Shape::kUnknownDim});
  for (size_t i = 0; i < state->sparse_types.size(); ++i) c.set_output(out++, Shape{index_width});
  for (const Shape& shape : state->dense_shapes) {
    if (batch_rank < 0) {
      ++out;
      continue;
    }
    Shape dense;
    if (batch_rank == 1) dense.push_back(serialized.has_rank() ? serialized[0] : Shape::kUnknownDim);
    for (const int64_t dim : shape.dims()) dense.push_back(dim);
    c.set_output(out++, std::move(dense));
  }
  for (size_t i = 0; i < state->ragged_types.size(); ++i) c.set_output(out++, Shape{Shape::kUnknownDim});
  for (size_t i = 0; i < state->ragged_types.size(); ++i) c.set_output(out++, Shape{Shape::kUnknownDim});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, Form form) {
  RIVULET_ASSIGN_OR_RETURN(std::unique_ptr<State> state, ReadAttrs(c.attrs(), form));
  return std::unique_ptr<OpState>(std::move(state));
}

// A column of one run.
struct Column {
  std::string_view key;
  DType dtype = DType::kInvalid;
  std::vector<FeatureValues> rows;
  std::vector<int64_t> counts;
  int64_t total = 0;
  int64_t longest = 0;
};

std::string RowName(RunContext& c, int names_input, int64_t row) {
  if (names_input < 0 || c.input(names_input).num_elements() == 0) return Cat("example ", row);
  return Cat("example ", row, ", ", Quoted(c.input(names_input).data<std::string>()[row]));
}

// Reads all messages and counts what each column has in each.
Status ReadColumns(RunContext& c, int names_input, std::vector<Column>* columns) {
  const Tensor& serialized = c.input(0);
  const int64_t rows = serialized.num_elements();
  // Columns of one key share what is found for it.
  FeatureColumns by_key;
  std::vector<size_t> place(columns->size());
  for (size_t i = 0; i < columns->size(); ++i) {
    place[i] = by_key.emplace((*columns)[i].key, by_key.size()).first->second;
    (*columns)[i].rows.resize(static_cast<size_t>(rows));
    (*columns)[i].counts.resize(static_cast<size_t>(rows));
  }
  std::vector<FeatureValues> found(by_key.size());
  for (int64_t row = 0; row < rows; ++row) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    std::fill(found.begin(), found.end(), FeatureValues());
    Status status = FindFeatures(serialized.data<std::string>()[row], by_key, found);
    for (size_t i = 0; status.ok() && i < columns->size(); ++i) {
      Column& column = (*columns)[i];
      const FeatureValues& values = found[place[i]];
      column.rows[static_cast<size_t>(row)] = values;
      if (values.dtype == DType::kInvalid) continue;
      if (values.dtype != column.dtype) {
        status = InvalidArgument("feature ", Quoted(column.key), ": want ", column.dtype, ", got ", values.dtype);
        break;
      }
      Result<int64_t> count = CountValues(values);
      if (!count.ok()) {
        status = std::move(count).status().Framed(Cat("feature ", Quoted(column.key)));
        break;
      }
      column.counts[static_cast<size_t>(row)] = *count;
      column.total += *count;  // each value takes a byte of the message at least
      column.longest = std::max(column.longest, *count);
    }
    if (!status.ok()) return std::move(status).Framed(RowName(c, names_input, row));
  }
  return Status();
}

// Calls body(T*) with the tensor's elements.
template <typename Body>
void WithElements(Tensor& tensor, const Body& body) {
  switch (tensor.dtype()) {
    case DType::kFloat: body(tensor.data<float>()); break;
    case DType::kInt64: body(tensor.data<int64_t>()); break;
    default: body(tensor.data<std::string>()); break;
  }
}

// All values one after the other.
Status WriteValues(RunContext& c, int out, const Column& column) {
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(out, Shape{column.total}));
  WithElements(c.output(out), [&](auto* to) {
    for (size_t row = 0; row < column.rows.size(); ++row) {
      CopyValues(column.rows[row], to);
      to += column.counts[row];
    }
  });
  return Status();
}

Status WriteSparse(RunContext& c, bool has_batch, int indices, int values, int shape, const Column& column) {
  const int64_t width = has_batch ? 2 : 1;
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(indices, Shape{column.total, width}));
  int64_t* to = c.output(indices).data<int64_t>();
  for (size_t row = 0; row < column.rows.size(); ++row) {
    for (int64_t i = 0; i < column.counts[row]; ++i) {
      if (has_batch) *to++ = static_cast<int64_t>(row);
      *to++ = i;
    }
  }
  RIVULET_RETURN_IF_ERROR(WriteValues(c, values, column));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(shape, Shape{width}));
  if (has_batch) c.output(shape).data<int64_t>()[0] = static_cast<int64_t>(column.rows.size());
  c.output(shape).data<int64_t>()[width - 1] = column.longest;
  return Status();
}

Status WriteRagged(RunContext& c, bool has_batch, int values, int splits, const Column& column) {
  RIVULET_RETURN_IF_ERROR(WriteValues(c, values, column));
  // Without a batch there are no rows to split.
  const auto count = has_batch ? static_cast<int64_t>(column.rows.size()) + 1 : int64_t{0};
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(splits, Shape{count}));
  std::vector<int64_t> ends;
  if (has_batch) ends.push_back(0);
  for (size_t row = 0; has_batch && row < column.rows.size(); ++row) ends.push_back(ends.back() + column.counts[row]);
  return WriteIntegers(ends, c.output(splits));
}

Status WriteDense(RunContext& c, bool has_batch, int names_input, int out, const Column& column, const Shape& dense,
                  const Tensor& filler) {
  const int64_t elements = ElementsOf(dense);
  const bool is_variable = IsVariable(dense);
  if (is_variable ? filler.num_elements() != 1 : filler.num_elements() != 0 && !(filler.shape() == dense)) {
    return InvalidArgument(
        "default of feature ", Quoted(column.key), ": want ",
        is_variable ? std::string("one element, the filler") : "shape " + dense.ToString() + " or none", ", got shape ",
        filler.shape());
  }
  if (is_variable && elements == 0) {
    return InvalidArgument("feature ", Quoted(column.key), ": rows of no elements cannot be counted");
  }
  for (size_t row = 0; row < column.rows.size(); ++row) {
    const int64_t count = column.counts[row];
    const auto wrong = [&](const auto&... why) {
      return InvalidArgument(RowName(c, names_input, static_cast<int64_t>(row)), ": feature ", Quoted(column.key), ": ",
                             Cat(why...));
    };
    const bool is_missing = column.rows[row].dtype == DType::kInvalid;
    if (is_variable && count % elements != 0) return wrong("want a multiple of ", elements, " values, got ", count);
    if (!is_variable && !is_missing && count != elements) return wrong("want ", elements, " values, got ", count);
    if (!is_variable && is_missing && filler.num_elements() == 0) return wrong("it is missing and has no default");
  }
  Shape shape;
  if (has_batch) shape.push_back(static_cast<int64_t>(column.rows.size()));
  for (const int64_t dim : dense.dims()) shape.push_back(dim == Shape::kUnknownDim ? column.longest / elements : dim);
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(out, shape));
  const int64_t width = is_variable ? column.longest : elements;
  Tensor fill = filler;
  WithElements(c.output(out), [&](auto* to) {
    const auto* from = fill.data<std::remove_pointer_t<decltype(to)>>();
    for (size_t row = 0; row < column.rows.size(); ++row, to += width) {
      if (!is_variable && column.rows[row].dtype == DType::kInvalid) {
        std::copy_n(from, width, to);
        continue;
      }
      CopyValues(column.rows[row], to);
      if (column.counts[row] < width) std::fill(to + column.counts[row], to + width, *from);
    }
  });
  return Status();
}

// The keys of one kind of column from an input vector.
Status TakeKeys(RunContext& c, int input, size_t want, std::string_view name, std::vector<std::string_view>* keys) {
  const Tensor& tensor = c.input(input);
  if (tensor.num_elements() != static_cast<int64_t>(want)) {
    return InvalidArgument(name, ": want ", static_cast<uint64_t>(want), " keys, got ", tensor.num_elements());
  }
  for (const std::string& key : tensor.values<std::string>()) keys->push_back(key);
  return Status();
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const size_t sparse = state.sparse_types.size(), dense = state.dense_types.size(), ragged = state.ragged_types.size();
  std::vector<std::string_view> keys;
  int names_input = 1, defaults = 0;
  switch (state.form) {
    case Form::kV1:
      for (size_t i = 0; i < sparse + dense; ++i) {
        RIVULET_RETURN_IF_ERROR(
            TakeKeys(c, static_cast<int>(2 + i), 1, i < sparse ? "sparse_keys" : "dense_keys", &keys));
      }
      defaults = static_cast<int>(2 + sparse + dense);
      break;
    case Form::kV2:
      RIVULET_RETURN_IF_ERROR(TakeKeys(c, 2, sparse, "sparse_keys", &keys));
      RIVULET_RETURN_IF_ERROR(TakeKeys(c, 3, dense, "dense_keys", &keys));
      RIVULET_RETURN_IF_ERROR(TakeKeys(c, 4, ragged, "ragged_keys", &keys));
      defaults = 5;
      break;
    case Form::kSingle:
      keys.assign(state.sparse_keys.begin(), state.sparse_keys.end());
      keys.insert(keys.end(), state.dense_keys.begin(), state.dense_keys.end());
      names_input = -1;
      defaults = 1;
      break;
  }
  const bool has_batch = c.input(0).rank() == 1;
  if (names_input >= 0 && c.input(names_input).num_elements() != 0 &&
      !(c.input(names_input).shape() == c.input(0).shape())) {
    return InvalidArgument("names: want the shape of serialized, ", c.input(0).shape(), ", or none, got ",
                           c.input(names_input).shape());
  }
  std::vector<Column> columns(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    columns[i].key = keys[i];
    columns[i].dtype = i < sparse           ? state.sparse_types[i]
                       : i < sparse + dense ? state.dense_types[i - sparse]
                                            : state.ragged_types[i - sparse - dense];
  }
  RIVULET_RETURN_IF_ERROR(ReadColumns(c, names_input, &columns));
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i < sparse) {
      RIVULET_RETURN_IF_ERROR(WriteSparse(c, has_batch, static_cast<int>(i), static_cast<int>(sparse + i),
                                          static_cast<int>(2 * sparse + i), columns[i]));
    } else if (i < sparse + dense) {
      const size_t column = i - sparse;
      RIVULET_RETURN_IF_ERROR(WriteDense(c, has_batch, names_input, static_cast<int>(3 * sparse + column), columns[i],
                                         state.dense_shapes[column], c.input(defaults + static_cast<int>(column))));
    } else {
      const size_t column = i - sparse - dense;
      RIVULET_RETURN_IF_ERROR(WriteRagged(c, has_batch, static_cast<int>(3 * sparse + dense + column),
                                          static_cast<int>(3 * sparse + dense + ragged + column), columns[i]));
    }
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ParseExample",
     .inputs = "serialized:str, names:str, sparse_keys:Nsparse*str, dense_keys:Ndense*str, dense_defaults:list(Tdense)",
     .outputs = "sparse_indices:Nsparse*i64, sparse_values:list(sparse_types), sparse_shapes:Nsparse*i64, "
                "dense_values:list(Tdense)",
     .attrs = "Nsparse:int >=0; Ndense:int >=0; sparse_types:list(type) in {f32,i64,str} >=0; "
              "Tdense:list(type) in {f32,i64,str} >=0; dense_shapes:list(shape) >=0",
     .infer = With<Infer, Form::kV1>,
     .prepare = With<Prepare, Form::kV1>,
     .run = Run,
     .flags = kDataDependent},
    {.name = "ParseExampleV2",
     .inputs = "serialized:str, names:str, sparse_keys:str, dense_keys:str, ragged_keys:str, "
               "dense_defaults:list(Tdense)",
     .outputs = "sparse_indices:num_sparse*i64, sparse_values:list(sparse_types), sparse_shapes:num_sparse*i64, "
                "dense_values:list(Tdense), ragged_values:list(ragged_value_types), "
                "ragged_row_splits:list(ragged_split_types)",
     .attrs = "Tdense:list(type) in {f32,i64,str} >=0; num_sparse:int >=0; "
              "sparse_types:list(type) in {f32,i64,str} >=0; ragged_value_types:list(type) in {f32,i64,str} >=0; "
              "ragged_split_types:list(type) in {i32,i64} >=0; dense_shapes:list(shape) >=0",
     .infer = With<Infer, Form::kV2>,
     .prepare = With<Prepare, Form::kV2>,
     .run = Run,
     .flags = kDataDependent},
    {.name = "ParseSingleExample",
     .inputs = "serialized:str, dense_defaults:list(Tdense)",
     .outputs = "sparse_indices:num_sparse*i64, sparse_values:list(sparse_types), sparse_shapes:num_sparse*i64, "
                "dense_values:list(Tdense)",
     .attrs = "num_sparse:int >=0; sparse_keys:list(string) >=0; dense_keys:list(string) >=0; "
              "sparse_types:list(type) in {f32,i64,str} >=0; Tdense:list(type) in {f32,i64,str} >=0; "
              "dense_shapes:list(shape) >=0",
     .infer = With<Infer, Form::kSingle>,
     .prepare = With<Prepare, Form::kSingle>,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(ParseExample, kDefs);

}  // namespace rivulet

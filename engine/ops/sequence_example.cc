#include "engine/ops/sequence_example.h"

#include <algorithm>
#include <limits>
#include <string>

#include "engine/base/checked.h"
#include "engine/base/keyed_hash.h"
#include "engine/ops/dims.h"

namespace rivulet {

Result<SequenceColumns> ReadSequenceColumns(const AttrReader& attrs, bool has_ragged) {
  SequenceColumns columns;
  columns.context_sparse = attrs.Types("context_sparse_types");
  columns.context_dense = attrs.Types("Tcontext_dense");
  columns.list_sparse = attrs.Types("feature_list_sparse_types");
  columns.list_dense = attrs.Types("feature_list_dense_types");
  columns.context_shapes = attrs.Shapes("context_dense_shapes");
  columns.list_shapes = attrs.Shapes("feature_list_dense_shapes");
  const auto size = [](const auto& list) { return static_cast<int64_t>(list.size()); };
  const auto same = [](const char* name, int64_t got, int64_t want) -> Status {
    if (got == want) return Status();
    return InvalidArgument(name, ": want ", want, ", one for each type, got ", got);
  };
  RIVULET_RETURN_IF_ERROR(same("Ncontext_sparse", attrs.Int("Ncontext_sparse"), size(columns.context_sparse)));
  RIVULET_RETURN_IF_ERROR(same("context_dense_shapes", size(columns.context_shapes), size(columns.context_dense)));
  RIVULET_RETURN_IF_ERROR(same("Nfeature_list_sparse", attrs.Int("Nfeature_list_sparse"), size(columns.list_sparse)));
  RIVULET_RETURN_IF_ERROR(same("Nfeature_list_dense", attrs.Int("Nfeature_list_dense"), size(columns.list_dense)));
  RIVULET_RETURN_IF_ERROR(same("feature_list_dense_shapes", size(columns.list_shapes), size(columns.list_dense)));
  if (has_ragged) {
    columns.context_ragged = attrs.Types("context_ragged_value_types");
    columns.list_ragged = attrs.Types("feature_list_ragged_value_types");
    RIVULET_RETURN_IF_ERROR(same("context_ragged_split_types", size(attrs.Types("context_ragged_split_types")),
                                 size(columns.context_ragged)));
    RIVULET_RETURN_IF_ERROR(same("feature_list_ragged_split_types",
                                 size(attrs.Types("feature_list_ragged_split_types")), size(columns.list_ragged)));
  }
  for (const std::vector<Shape>* shapes : {&columns.context_shapes, &columns.list_shapes}) {
    for (const Shape& shape : *shapes) {
      if (shape.complete() && shape.rank() + 2 <= Shape::kMaxRank && shape.num_elements() >= 0) continue;
      return InvalidArgument("dense shapes: want all dims known, got ", shape);
    }
  }
  return columns;
}

namespace {

Shape Joined(const Shape& first, std::initializer_list<int64_t> middle, const Shape& rest) {
  Shape out = first;
  for (const int64_t dim : middle) out.push_back(dim);
  for (const int64_t dim : rest.dims()) out.push_back(dim);
  return out;
}

}  // namespace

Status InferSequence(InferContext& c, const SequenceColumns& columns, const Shape& batch) {
  if (batch.has_rank() && batch.rank() > 1) {
    return InvalidArgument("serialized: want a scalar or a vector, got shape ", batch);
  }
  int out = 0;
  const auto sparse = [&](size_t count, int64_t dims) {
    const int64_t width = batch.has_rank() ? batch.rank() + dims : Shape::kUnknownDim;
    for (size_t i = 0; i < count; ++i) c.set_output(out++, Shape{Shape::kUnknownDim, width});
    for (size_t i = 0; i < count; ++i) c.set_output(out++, Shape{Shape::kUnknownDim});
    for (size_t i = 0; i < count; ++i) c.set_output(out++, Shape{width});
  };
  const auto dense = [&](std::initializer_list<int64_t> middle, const Shape& rest) {
    c.set_output(out++, batch.has_rank() ? Joined(batch, middle, rest) : Shape::UnknownRank());
  };
  const auto vectors = [&](size_t count) {
    for (size_t i = 0; i < count; ++i) c.set_output(out++, Shape{Shape::kUnknownDim});
  };
  // Splits of the batch: one more than there are messages, or of one message a scalar.
  const auto splits = [&](size_t count) {
    Shape shape = batch;
    if (batch.has_rank() && batch.rank() == 1) {
      shape =
          Shape{batch[0] == Shape::kUnknownDim || batch[0] == std::numeric_limits<int64_t>::max() ? Shape::kUnknownDim
                                                                                                  : batch[0] + 1};
    }
    for (size_t i = 0; i < count; ++i) c.set_output(out++, shape);
  };
  sparse(columns.context_sparse.size(), 1);
  for (const Shape& shape : columns.context_shapes) dense({}, shape);
  vectors(columns.context_ragged.size());
  splits(columns.context_ragged.size());
  sparse(columns.list_sparse.size(), 2);
  for (const Shape& shape : columns.list_shapes) dense({Shape::kUnknownDim}, shape);
  if (columns.has_lengths) {
    for (size_t i = 0; i < columns.list_shapes.size(); ++i) dense({}, {});
  }
  vectors(columns.list_ragged.size());
  splits(columns.list_ragged.size());
  vectors(columns.list_ragged.size());
  return Status();
}

Status CheckKinds(const SequenceKeys& keys) {
  const auto apart = [](std::initializer_list<const std::vector<std::string_view>*> kinds) -> Status {
    std::unordered_map<std::string_view, size_t, KeyedHash> kind_of;
    size_t kind = 0;
    for (const std::vector<std::string_view>* list : kinds) {
      for (const std::string_view key : *list) {
        if (kind_of.emplace(key, kind).first->second == kind) continue;
        return InvalidArgument("feature ", Quoted(key), ": it cannot be of two kinds, sparse, dense or ragged");
      }
      ++kind;
    }
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(apart({&keys.context_sparse, &keys.context_dense, &keys.context_ragged}));
  return apart({&keys.list_sparse, &keys.list_dense, &keys.list_ragged});
}

namespace {

// What the keys of one kind have in all messages.
struct Table {
  std::vector<size_t> place;  // of each column among the different keys
  size_t keys = 0;
  std::vector<FeatureValues> features;
  std::vector<FeatureSteps> lists;

  const FeatureValues& feature(int64_t row, size_t column) const {
    return features[static_cast<size_t>(row) * keys + place[column]];
  }
  const FeatureSteps& list(int64_t row, size_t column) const {
    return lists[static_cast<size_t>(row) * keys + place[column]];
  }
};

Table TableOf(std::initializer_list<const std::vector<std::string_view>*> kinds, FeatureColumns* by_key) {
  Table table;
  for (const std::vector<std::string_view>* keys : kinds) {
    for (const std::string_view key : *keys) {
      table.place.push_back(by_key->emplace(key, by_key->size()).first->second);
    }
  }
  table.keys = by_key->size();
  return table;
}

template <typename Body>
void WithElements(Tensor& tensor, const Body& body) {
  switch (tensor.dtype()) {
    case DType::kFloat: body(tensor.data<float>()); break;
    case DType::kInt64: body(tensor.data<int64_t>()); break;
    default: body(tensor.data<std::string>()); break;
  }
}

// One place of a sparse or ragged output: a feature with its row and, in lists, its step.
struct Entry {
  const FeatureValues* values;
  int64_t row, step, count;
};

class Writer {
 public:
  Writer(RunContext& c, const SequenceColumns& columns, const SequenceKeys& keys, int names, int defaults)
      : c_(c), columns_(columns), keys_(keys), names_(names), defaults_(defaults) {
    rows_ = c.input(0).num_elements();
    if (c.input(0).rank() == 1) batch_ = Shape{rows_};
  }

  Status Write() {
    RIVULET_RETURN_IF_ERROR(Read());
    const size_t context_sparse = keys_.context_sparse.size(), context_dense = keys_.context_dense.size();
    const size_t list_sparse = keys_.list_sparse.size(), list_dense = keys_.list_dense.size();
    const size_t list_ragged = keys_.list_ragged.size(), context_ragged = keys_.context_ragged.size();
    for (size_t i = 0; i < context_sparse; ++i) {
      RIVULET_RETURN_IF_ERROR(ContextEntries(i, columns_.context_sparse[i], keys_.context_sparse[i]));
      RIVULET_RETURN_IF_ERROR(WriteSparse(i, context_sparse, 1));
    }
    out_ += 3 * context_sparse;
    for (size_t i = 0; i < context_dense; ++i) {
      RIVULET_RETURN_IF_ERROR(WriteContextDense(i, context_sparse + i));
    }
    out_ += context_dense;
    for (size_t i = 0; i < context_ragged; ++i) {
      RIVULET_RETURN_IF_ERROR(
          ContextEntries(context_sparse + context_dense + i, columns_.context_ragged[i], keys_.context_ragged[i]));
      RIVULET_RETURN_IF_ERROR(WriteValues(out_ + i));
      RIVULET_RETURN_IF_ERROR(WriteRowSplits(out_ + context_ragged + i,
                                             [&](int64_t row) { return entries_[static_cast<size_t>(row)].count; }));
    }
    out_ += 2 * context_ragged;
    for (size_t i = 0; i < list_sparse; ++i) {
      RIVULET_RETURN_IF_ERROR(ListEntries(i, columns_.list_sparse[i], keys_.list_sparse[i]));
      RIVULET_RETURN_IF_ERROR(WriteSparse(i, list_sparse, 2));
    }
    out_ += 3 * list_sparse;
    for (size_t i = 0; i < list_dense; ++i) RIVULET_RETURN_IF_ERROR(WriteListDense(i, list_sparse + i));
    out_ += (columns_.has_lengths ? 2 : 1) * list_dense;
    for (size_t i = 0; i < list_ragged; ++i) {
      const size_t column = list_sparse + list_dense + i;
      RIVULET_RETURN_IF_ERROR(ListEntries(column, columns_.list_ragged[i], keys_.list_ragged[i]));
      RIVULET_RETURN_IF_ERROR(WriteValues(out_ + i));
      RIVULET_RETURN_IF_ERROR(WriteRowSplits(out_ + list_ragged + i, [&](int64_t row) {
        return static_cast<int64_t>(lists_.list(row, column).steps.size());
      }));
      std::vector<int64_t> inner{0};
      for (const Entry& entry : entries_) inner.push_back(inner.back() + entry.count);
      RIVULET_RETURN_IF_ERROR(WriteSplits(out_ + 2 * list_ragged + i, inner));
    }
    return Status();
  }

 private:
  std::string RowName(int64_t row) const {
    const Tensor& names = c_.input(names_);
    const std::string number = batch_.rank() == 0 ? "the example" : Cat("example ", row);
    if (names.num_elements() == 0 || names.data<std::string>()[row].empty()) return number;
    return Cat(number, ", ", Quoted(names.data<std::string>()[row]));
  }

  Tensor& output(size_t i) { return c_.output(static_cast<int>(i)); }
  Status Allocate(size_t i, const Shape& shape) { return c_.AllocateOutput(static_cast<int>(i), shape); }

  Status Read() {
    FeatureColumns context_keys, list_keys;
    context_ = TableOf({&keys_.context_sparse, &keys_.context_dense, &keys_.context_ragged}, &context_keys);
    lists_ = TableOf({&keys_.list_sparse, &keys_.list_dense, &keys_.list_ragged}, &list_keys);
    context_.features.resize(static_cast<size_t>(rows_) * context_.keys);
    lists_.lists.resize(static_cast<size_t>(rows_) * lists_.keys);
    for (int64_t row = 0; row < rows_; ++row) {
      RIVULET_RETURN_IF_ERROR(c_.stop().Why());
      const std::string& message = c_.input(0).data<std::string>()[row];
      const auto at = static_cast<size_t>(row);
      Status status =
          FindFeatures(message, context_keys, std::span(context_.features).subspan(at * context_.keys, context_.keys));
      if (status.ok()) {
        status = FindFeatureLists(message, list_keys, std::span(lists_.lists).subspan(at * lists_.keys, lists_.keys));
      }
      if (!status.ok()) return std::move(status).Framed(RowName(row));
    }
    return Status();
  }

  // How many values a feature has, which must be of the column's type; none when it is empty.
  Result<int64_t> CountOf(const FeatureValues& values, DType dtype, std::string_view key, int64_t row) const {
    if (values.dtype == DType::kInvalid) return int64_t{0};
    if (values.dtype != dtype) {
      return InvalidArgument(RowName(row), ": feature ", Quoted(key), ": want ", dtype, ", got ", values.dtype);
    }
    return CountValues(values);
  }

  Status ContextEntries(size_t column, DType dtype, std::string_view key) {
    entries_.clear();
    for (int64_t row = 0; row < rows_; ++row) {
      const FeatureValues& values = context_.feature(row, column);
      RIVULET_ASSIGN_OR_RETURN(const int64_t count, CountOf(values, dtype, key, row));
      entries_.push_back({&values, row, 0, count});
    }
    return Status();
  }

  Status ListEntries(size_t column, DType dtype, std::string_view key) {
    entries_.clear();
    most_steps_ = 0;
    for (int64_t row = 0; row < rows_; ++row) {
      const FeatureSteps& list = lists_.list(row, column);
      most_steps_ = std::max(most_steps_, static_cast<int64_t>(list.steps.size()));
      for (size_t step = 0; step < list.steps.size(); ++step) {
        RIVULET_ASSIGN_OR_RETURN(const int64_t count, CountOf(list.steps[step], dtype, key, row));
        entries_.push_back({&list.steps[step], row, static_cast<int64_t>(step), count});
      }
    }
    return Status();
  }

  int64_t Total() const {
    int64_t total = 0;  // each value takes a byte of the messages at least
    for (const Entry& entry : entries_) total += entry.count;
    return total;
  }

  Status WriteValues(size_t out) {
    RIVULET_RETURN_IF_ERROR(Allocate(out, Shape{Total()}));
    WithElements(output(out), [&](auto* to) {
      for (const Entry& entry : entries_) {
        if (entry.count > 0) CopyValues(*entry.values, to);
        to += entry.count;
      }
    });
    return Status();
  }

  // Indices, values and shape of column i of `count`; dims: 1 of contexts, 2 of lists.
  Status WriteSparse(size_t i, size_t count, int64_t dims) {
    const int64_t width = batch_.rank() + dims;
    RIVULET_RETURN_IF_ERROR(Allocate(out_ + i, Shape{Total(), width}));
    RIVULET_RETURN_IF_ERROR(WriteValues(out_ + count + i));
    int64_t* index = output(out_ + i).data<int64_t>();
    int64_t longest = 0;
    for (const Entry& entry : entries_) {
      longest = std::max(longest, entry.count);
      for (int64_t k = 0; k < entry.count; ++k) {
        if (batch_.rank() == 1) *index++ = entry.row;
        if (dims == 2) *index++ = entry.step;
        *index++ = k;
      }
    }
    RIVULET_RETURN_IF_ERROR(Allocate(out_ + 2 * count + i, Shape{width}));
    int64_t* size = output(out_ + 2 * count + i).data<int64_t>();
    if (batch_.rank() == 1) *size++ = rows_;
    if (dims == 2) *size++ = most_steps_;
    *size = longest;
    return Status();
  }

  Status WriteSplits(size_t out, const std::vector<int64_t>& splits) {
    const auto count = static_cast<int64_t>(splits.size());
    if (output(out).dtype() == DType::kInt32 && splits.back() > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument("row splits: ", splits.back(), " values are too many for int32");
    }
    RIVULET_RETURN_IF_ERROR(Allocate(out, Shape{count}));
    return WriteIntegers(splits, output(out));
  }

  // TensorFlow leaves the splits of one message's batch, a scalar, as the memory was; here it is 0.
  template <typename Length>
  Status WriteRowSplits(size_t out, const Length& length) {
    if (batch_.rank() == 0) {
      RIVULET_RETURN_IF_ERROR(Allocate(out, Shape{}));
      const int64_t nothing = 0;
      return WriteIntegers(std::span(&nothing, 1), output(out));
    }
    std::vector<int64_t> splits{0};
    for (int64_t row = 0; row < rows_; ++row) splits.push_back(splits.back() + length(row));
    return WriteSplits(out, splits);
  }

  Status WriteContextDense(size_t i, size_t column) {
    const Shape& shape = columns_.context_shapes[i];
    const std::string_view key = keys_.context_dense[i];
    const Tensor& fallback = c_.input(defaults_ + static_cast<int>(i));
    if (fallback.num_elements() != 0 && !(fallback.shape() == shape)) {
      return InvalidArgument("default of feature ", Quoted(key), ": want shape ", shape, " or none, got ",
                             fallback.shape());
    }
    const int64_t elements = shape.num_elements();
    const size_t out = out_ + i;
    RIVULET_RETURN_IF_ERROR(Allocate(out, Joined(batch_, {}, shape)));
    Tensor filler = fallback;
    Status status;
    WithElements(output(out), [&](auto* to) {
      const auto* from = filler.data<std::remove_pointer_t<decltype(to)>>();
      for (int64_t row = 0; row < rows_; ++row, to += elements) {
        const FeatureValues& values = context_.feature(row, column);
        if (values.dtype == DType::kInvalid) {
          if (fallback.num_elements() == 0) {
            status = InvalidArgument(RowName(row), ": feature ", Quoted(key), ": it is missing and has no default");
            return;
          }
          std::copy_n(from, elements, to);
          continue;
        }
        const Result<int64_t> count = CountOf(values, columns_.context_dense[i], key, row);
        if (!count.ok()) {
          status = count.status();
          return;
        }
        if (*count != elements) {
          status =
              InvalidArgument(RowName(row), ": feature ", Quoted(key), ": want ", elements, " values, got ", *count);
          return;
        }
        CopyValues(values, to);
      }
    });
    return status;
  }

  Status WriteListDense(size_t i, size_t column) {
    const std::string_view key = keys_.list_dense[i];
    const Shape& shape = columns_.list_shapes[i];
    const int64_t elements = shape.num_elements();
    int64_t most = 0;
    for (int64_t row = 0; row < rows_; ++row) {
      const FeatureSteps& list = lists_.list(row, column);
      if (!list.is_there && !keys_.may_miss[i]) {
        return InvalidArgument(RowName(row), ": feature list ", Quoted(key), ": it is missing");
      }
      most = std::max(most, static_cast<int64_t>(list.steps.size()));
      for (size_t step = 0; step < list.steps.size(); ++step) {
        RIVULET_ASSIGN_OR_RETURN(const int64_t count, CountOf(list.steps[step], columns_.list_dense[i], key, row));
        if (count == elements) continue;
        return InvalidArgument(RowName(row), ": feature list ", Quoted(key), ", step ", static_cast<uint64_t>(step),
                               ": want ", elements, " values, got ", count);
      }
    }
    if (columns_.has_lengths) {
      const size_t lengths = out_ + keys_.list_dense.size() + i;
      RIVULET_RETURN_IF_ERROR(Allocate(lengths, batch_));
      for (int64_t row = 0; row < rows_; ++row) {
        output(lengths).data<int64_t>()[row] = static_cast<int64_t>(lists_.list(row, column).steps.size());
      }
    }
    RIVULET_RETURN_IF_ERROR(Allocate(out_ + i, Joined(batch_, {most}, shape)));
    if (output(out_ + i).num_elements() == 0) return Status();
    WithElements(output(out_ + i), [&](auto* to) {
      for (int64_t row = 0; row < rows_; ++row) {
        const FeatureSteps& list = lists_.list(row, column);
        for (int64_t step = 0; step < most; ++step, to += elements) {
          if (static_cast<size_t>(step) < list.steps.size()) {
            CopyValues(list.steps[static_cast<size_t>(step)], to);
          } else {
            std::fill_n(to, elements, std::remove_pointer_t<decltype(to)>());
          }
        }
      }
    });
    return Status();
  }

  RunContext& c_;
  const SequenceColumns& columns_;
  const SequenceKeys& keys_;
  const int names_, defaults_;
  int64_t rows_ = 0;
  Shape batch_{};
  Table context_, lists_;
  size_t out_ = 0;  // the first output of the kind that is written
  std::vector<Entry> entries_;
  int64_t most_steps_ = 0;
};

}  // namespace

Status RunSequence(RunContext& c, const SequenceColumns& columns, const SequenceKeys& keys, int names, int defaults) {
  const int64_t rows = c.input(0).num_elements(), given = c.input(names).num_elements();
  if (given != 0 && given != rows) {
    return InvalidArgument("debug_name: want one for each of ", rows, " messages or none, got ", given);
  }
  return Writer(c, columns, keys, names, defaults).Write();
}

}  // namespace rivulet

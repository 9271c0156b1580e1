// RaggedTensorToTensor: a ragged tensor as a dense one, padded and cut.
//
//   shape: the result's, -1 for dims that the rows tell, or the scalar -1 for all; values [n, inner dims..];
//   default_value: what goes where no value is, broadcast to [inner dims..]; row partitions, outermost first, each
//   ROW_SPLITS (row i is [splits[i], splits[i + 1])) or VALUE_ROWIDS (the row of each value, in ascending order), with
//   FIRST_DIM_SIZE, the number of rows, before a first VALUE_ROWIDS
//   -> [rows, longest row of each ragged dim.., inner dims..], unless shape says another size
//
// Splits must begin with 0 and not decrease, row ids not decrease; the last partition must not have more values than
// there are. TensorFlow reads what lies behind the values there, and puts values with descending ids elsewhere.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/ragged_splits.h"
#include "engine/ops/rows.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

enum class Partition { kFirstDimSize, kValueRowIds, kRowSplits };

constexpr int kFirstPartition = 3;

Result<std::vector<Partition>> ReadPartitions(const AttrReader& attrs) {
  std::vector<Partition> partitions;
  for (const std::string& name : attrs.Strs("row_partition_types")) {
    const bool is_first = partitions.empty();
    if (name == "FIRST_DIM_SIZE" && is_first) {
      partitions.push_back(Partition::kFirstDimSize);
    } else if (name == "VALUE_ROWIDS" && !is_first) {
      partitions.push_back(Partition::kValueRowIds);
    } else if (name == "ROW_SPLITS") {
      partitions.push_back(Partition::kRowSplits);
    } else {
      return InvalidArgument(
          "attr 'row_partition_types': want FIRST_DIM_SIZE or ROW_SPLITS and then VALUE_ROWIDS or "
          "ROW_SPLITS, got ",
          Quoted(name), " at ", partitions.size());
    }
  }
  if (!partitions.empty() && partitions[0] == Partition::kFirstDimSize &&
      (partitions.size() < 2 || partitions[1] != Partition::kValueRowIds)) {
    return InvalidArgument("attr 'row_partition_types': want VALUE_ROWIDS after FIRST_DIM_SIZE");
  }
  if (static_cast<int64_t>(partitions.size()) != attrs.Int("num_row_partition_tensors")) {
    return InvalidArgument("attr 'row_partition_types': want one for each of ", attrs.Int("num_row_partition_tensors"),
                           " tensors, got ", partitions.size());
  }
  return partitions;
}

int RaggedRank(const std::vector<Partition>& partitions) {
  const auto count = static_cast<int>(partitions.size());
  return partitions[0] == Partition::kFirstDimSize ? count - 1 : count;
}

// The shape that is asked for, -1 where the rows tell, of rank `rank`.
Result<std::vector<int64_t>> ReadWanted(const Tensor& shape, int rank) {
  std::vector<int64_t> wanted = ReadIndices(shape);
  if (shape.rank() == 0) {
    if (wanted[0] != -1) return InvalidArgument("shape: want a vector or the scalar -1, got the scalar ", wanted[0]);
    return std::vector<int64_t>(static_cast<size_t>(rank), -1);
  }
  if (static_cast<int>(wanted.size()) != rank) {
    return InvalidArgument("shape: want ", rank, " dims, ragged ones and those of values, got ", wanted.size());
  }
  for (const int64_t dim : wanted) {
    if (dim < -1) return InvalidArgument("shape: want dims of -1 or more, got ", dim);
  }
  return wanted;
}

// Takes the inner dims of values for those that are not known; an error where they differ.
Status MergeInner(const Shape& values, std::vector<int64_t>* dims) {
  const size_t first = dims->size() - static_cast<size_t>(values.rank());
  for (int d = 1; d < values.rank(); ++d) {
    int64_t& dim = (*dims)[first + static_cast<size_t>(d)];
    if (dim < 0) dim = values[d];
    if (values[d] < 0 || dim == values[d]) continue;
    return InvalidArgument("shape: dim ", first + static_cast<size_t>(d), ": want that of values, ", values[d],
                           ", got ", dim);
  }
  return Status();
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Partition> partitions, ReadPartitions(c.attrs()));
  if (c.shape(0).has_rank() && c.shape(0).rank() > 1) {
    return InvalidArgument("shape: want a vector or a scalar, got shape ", c.shape(0));
  }
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 1));
  for (size_t i = 0; i < partitions.size(); ++i) {
    RIVULET_RETURN_IF_ERROR(
        c.WantRank(kFirstPartition + static_cast<int>(i), partitions[i] == Partition::kFirstDimSize ? 0 : 1));
  }
  const Shape &values = c.shape(1), &otherwise = c.shape(2);
  if (!values.has_rank()) return Status();
  if (otherwise.has_rank() && otherwise.rank() >= values.rank()) {
    return InvalidArgument("default_value: want a lower rank than that of values, ", values.rank(), ", got ",
                           otherwise.rank());
  }
  for (int d = 1; otherwise.has_rank() && d <= otherwise.rank(); ++d) {
    const int64_t dim = otherwise[otherwise.rank() - d], value = values[values.rank() - d];
    if (dim >= 0 && value >= 0 && dim != 1 && dim != value) {
      return InvalidArgument("default_value: ", otherwise, " cannot be broadcast to the inner dims of values ", values);
    }
  }
  const int rank = RaggedRank(partitions) + values.rank();
  if (rank > Shape::kMaxRank) return InvalidArgument("the result would have ", rank, " dims");
  std::vector<int64_t> dims(static_cast<size_t>(rank), -1);
  if (c.known(0)) {
    RIVULET_ASSIGN_OR_RETURN(dims, ReadWanted(*c.value(0), rank));
  }
  RIVULET_RETURN_IF_ERROR(MergeInner(values, &dims));
  c.set_output(0, Shape(dims));
  return Status();
}

struct State : OpState {
  std::vector<Partition> partitions;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->partitions, ReadPartitions(c.attrs()));
  return std::unique_ptr<OpState>(std::move(state));
}

// One partition, checked against the number of rows above it; values() are the rows below.
struct Rows {
  Indices numbers;
  int64_t count;
  bool is_splits;
  std::string name;

  Status Check(int64_t rows) const {
    if (is_splits && (count == 0 || numbers[0] != 0)) return InvalidArgument(name, ": want splits that begin with 0");
    if (is_splits && count - 1 > rows) {
      return InvalidArgument(name, ": want at most ", rows, " rows, as many as there are above, got ", count - 1);
    }
    for (int64_t i = 1; i < count; ++i) {
      if (numbers[i] < numbers[i - 1]) return InvalidArgument(name, ": want numbers that do not decrease");
    }
    if (!is_splits && count > 0 && (numbers[0] < 0 || numbers[count - 1] >= rows)) {
      return InvalidArgument(name, ": want rows in [0, ", rows, "), got ", numbers[numbers[0] < 0 ? 0 : count - 1]);
    }
    return Status();
  }

  int64_t values() const { return is_splits ? numbers[count - 1] : count; }

  // Calls visit(row, first value, end) for the rows in order; rows without values may be left out.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (int64_t i = 0; is_splits && i + 1 < count; ++i) visit(i, numbers[i], numbers[i + 1]);
    for (int64_t begin = 0, end = 0; !is_splits && begin < count; begin = end) {
      while (end < count && numbers[end] == numbers[begin]) ++end;
      visit(numbers[begin], begin, end);
    }
  }
};

Result<int64_t> FirstDim(const RunContext& c, const std::vector<Partition>& partitions) {
  const Tensor& first = c.input(kFirstPartition);
  if (partitions[0] == Partition::kRowSplits) {
    if (first.num_elements() == 0) return InvalidArgument("row partition 0: want at least one split, got none");
    return first.num_elements() - 1;
  }
  const int64_t size = Indices(first)[0];
  if (size < 0) return InvalidArgument("row partition 0: want a size >= 0, got ", size);
  return size;
}

// Fills `to` with `otherwise` broadcast to the inner dims, `count` times.
void FillDefault(const Tensor& otherwise, std::span<const int64_t> inner, int64_t row, int64_t count, char* to) {
  const DType dtype = otherwise.dtype();
  if (otherwise.num_elements() == 1) return FillElements(dtype, to, otherwise.raw(), row * count);
  for (int64_t k = 0; k < row; ++k) {
    int64_t left = k, from = 0, stride = 1;
    for (int d = 1; d <= static_cast<int>(inner.size()); ++d) {
      const int64_t dim = inner[inner.size() - static_cast<size_t>(d)];
      if (d <= otherwise.rank()) {
        const int64_t have = otherwise.dim(otherwise.rank() - d);
        if (have != 1) from += left % dim * stride;
        stride *= have;
      }
      left /= dim;
    }
    CopyElements(dtype, ElementAt(to, dtype, k), ElementAt(otherwise.raw(), dtype, from), 1);
  }
  for (int64_t i = 1; i < count; ++i) CopyElements(dtype, ElementAt(to, dtype, i * row), to, row);
}

Status Run(RunContext& c) {
  const std::vector<Partition>& partitions = c.state<State>().partitions;
  const Tensor &values = c.input(1), &otherwise = c.input(2);
  const int ragged = RaggedRank(partitions);
  const int skipped = static_cast<int>(partitions.size()) - ragged;
  RIVULET_ASSIGN_OR_RETURN(std::vector<int64_t> dims, ReadWanted(c.input(0), ragged + values.rank()));
  RIVULET_RETURN_IF_ERROR(MergeInner(values.shape(), &dims));
  RIVULET_ASSIGN_OR_RETURN(const int64_t first, FirstDim(c, partitions));
  if (dims[0] < 0) dims[0] = first;
  std::vector<Rows> parts;
  int64_t above = first;
  for (int i = 0; i < ragged; ++i) {
    const Tensor& numbers = c.input(kFirstPartition + skipped + i);
    const bool is_splits = partitions[static_cast<size_t>(skipped + i)] == Partition::kRowSplits;
    parts.push_back({Indices(numbers), numbers.num_elements(), is_splits, Cat("row partition ", skipped + i)});
    RIVULET_RETURN_IF_ERROR(parts.back().Check(above));
    above = parts.back().values();
    int64_t& dim = dims[static_cast<size_t>(i) + 1];
    if (dim >= 0) continue;
    dim = 0;
    parts.back().ForEach([&](int64_t, int64_t begin, int64_t end) { dim = std::max(dim, end - begin); });
  }
  if (above > values.dim(0)) {
    return InvalidArgument("values: want ", above, " or more, as the row partitions have, got ", values.dim(0));
  }
  const Shape shape(dims);
  RIVULET_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(values.dtype(), shape, c.allocator()));
  c.SetOutput(0, out);
  if (out.num_elements() == 0) return Status();
  const auto inner = shape.dims().subspan(static_cast<size_t>(ragged) + 1);
  int64_t row = 1;
  for (const int64_t dim : inner) row *= dim;
  TextBytes bytes(c.allocator());
  if (values.dtype() == DType::kString) {
    int64_t longest = 0;
    for (const std::string& text : otherwise.values<std::string>()) {
      longest = std::max(longest, static_cast<int64_t>(text.size()));
    }
    RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(longest) * out.num_elements()));
  }
  FillDefault(otherwise, inner, row, out.num_elements() / row, static_cast<char*>(out.raw()));
  // By row of the level that was passed last, its place in the result counted in that level's rows; -1: cut off.
  RIVULET_RETURN_IF_ERROR(bytes.Charge((CheckedSize(first) + values.dim(0)) * 2 * int64_t{sizeof(int64_t)}));
  std::vector<int64_t> places(static_cast<size_t>(first)), below;
  for (int64_t i = 0; i < first; ++i) places[static_cast<size_t>(i)] = i < dims[0] ? i : -1;
  for (int level = 0; level < ragged; ++level) {
    if (c.stop().stopped()) return c.stop().Why();
    const Rows& rows = parts[static_cast<size_t>(level)];
    const int64_t width = dims[static_cast<size_t>(level) + 1];
    RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(rows.values()) * int64_t{sizeof(int64_t)}));
    below.assign(static_cast<size_t>(rows.values()), -1);
    rows.ForEach([&](int64_t at, int64_t begin, int64_t end) {
      const int64_t place = places[static_cast<size_t>(at)];
      for (int64_t i = begin; place >= 0 && i < std::min(end, begin + width); ++i) {
        below[static_cast<size_t>(i)] = place * width + i - begin;
      }
    });
    places.swap(below);
  }
  const int64_t count = std::min<int64_t>(static_cast<int64_t>(places.size()), values.dim(0));
  for (int64_t i = 0; i < count; ++i) {
    if (i % 4096 == 4095 && c.stop().stopped()) return c.stop().Why();
    const int64_t place = places[static_cast<size_t>(i)];
    if (place < 0) continue;
    CopyElements(values.dtype(), ElementAt(out.raw(), values.dtype(), place * row),
                 ElementAt(values.raw(), values.dtype(), i * row), row);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "RaggedTensorToTensor",
     .inputs = "shape:Tshape, values:T, default_value:T, row_partition_tensors:num_row_partition_tensors*Tindex",
     .outputs = "result:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32}; "
              "Tindex:type in {i32,i64}; Tshape:type in {i32,i64}; num_row_partition_tensors:int >=1; "
              "row_partition_types:list(string)",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kMakesOutputs | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(RaggedToTensor, kDefs);

}  // namespace rivulet

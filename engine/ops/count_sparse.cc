// DenseCountSparseOutput, SparseCountSparseOutput, RaggedCountSparseOutput: how often each number comes in each row, as
// a sparse tensor with the rows' counts by ascending numbers.
//
//   values: [n] (one row) or [rows, n]; indices, values, dense_shape of a sparse tensor, whose first dim says the row,
//   of rank 1 one row; splits [rows + 1], values [n]
//   weights: empty, or one for each value: they are summed instead of ones
//   binary_output: 1 for each number that comes
//   -> output_indices [m, 1] for one row of values [n] or rank 1, else [m, 2]; output_values [m]; output_dense_shape:
//   the rows, and maxlength, or where that is below 0 the largest number + 1, at least minlength
//
// Numbers below 0 are refused. Those from maxlength, where that is not below 0, are left out.
#include <algorithm>
#include <limits>
#include <vector>

#include "engine/base/sort.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/value_rows.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t min_length = -1;
  int64_t max_length = -1;
  bool is_binary = false;
};

// ---- Shapes ----

Status InferCounts(InferContext& c, int values, int weights, int64_t columns) {
  for (const char* name : {"minlength", "maxlength"}) {
    if (c.attrs().Int(name) < -1) return InvalidArgument("attr '", name, "': want >= -1, got ", c.attrs().Int(name));
  }
  const Shape &numbers = c.shape(values), &given = c.shape(weights);
  if (numbers.complete() && given.complete() && given.num_elements() != 0 && !(given == numbers)) {
    return InvalidArgument("weights: want none, or shape ", numbers, ", got ", given);
  }
  c.set_output(0, {Shape::kUnknownDim, columns});
  c.set_output(1, {Shape::kUnknownDim});
  c.set_output(2, {columns});
  return Status();
}

Status InferDense(InferContext& c) {
  const Shape& values = c.shape(0);
  if (values.has_rank() && values.rank() != 1 && values.rank() != 2) {
    return InvalidArgument("values: want rank 1 or 2, got shape ", values);
  }
  if (values.has_rank() && values.rank() == 2 && values[0] == 0) {
    return InvalidArgument("values: want at least one row, got shape ", values);
  }
  return InferCounts(c, 0, 1, values.has_rank() ? values.rank() : Shape::kUnknownDim);
}

Status InferSparseCounts(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 0, 1, 2));
  if (facts.rank == 0) return InvalidArgument("dense_shape: want at least one dim, got none");
  return InferCounts(c, 1, 3, facts.rank < 0 ? Shape::kUnknownDim : std::min<int64_t>(facts.rank, 2));
}

Status InferRagged(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.shape(0).has_rank() && c.shape(0)[0] >= 0 && c.shape(0)[0] < 2) {
    return InvalidArgument("splits: want at least 2, got ", c.shape(0)[0]);
  }
  return InferCounts(c, 1, 2, 2);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->min_length = c.attrs().Int("minlength");
  state->max_length = c.attrs().Int("maxlength");
  state->is_binary = c.attrs().Bool("binary_output");
  return std::unique_ptr<OpState>(std::move(state));
}

// ---- Counting ----

constexpr uint32_t kWiden = kWidenInts;

// A number that comes at `place` of the values.
struct Found {
  int64_t row, number, place;
};

bool IsSame(const Found& a, const Found& b) { return a.row == b.row && a.number == b.number; }

// What comes more than once, in a row, is summed; `values` has a place for each number.
template <typename T>
void SumWeights(const std::vector<Found>& found, const Tensor& weights, bool is_binary, void* values) {
  const T* weight = weights.num_elements() > 0 ? weights.data<T>() : nullptr;
  T* value = static_cast<T*>(values);
  for (size_t i = 0; i < found.size();) {
    const Found& first = found[i];
    T sum = T(0);
    for (; i < found.size() && IsSame(first, found[i]); ++i) {
      sum = is_binary ? T(1) : Plus(sum, weight != nullptr ? weight[found[i].place] : T(1));
    }
    *value++ = sum;
  }
}

// Sums what comes more than once, in the order of the values, and sets the outputs.
Status Store(RunContext& c, std::vector<Found>* found, const Tensor& weights, int64_t rows, int64_t size,
             int64_t columns) {
  Sort(found->begin(), found->end(), [](const Found& a, const Found& b) {
    if (a.row != b.row) return a.row < b.row;
    return a.number != b.number ? a.number < b.number : a.place < b.place;
  });
  const auto begins = [&](size_t i) { return i == 0 || !IsSame((*found)[i - 1], (*found)[i]); };
  int64_t count = 0;
  for (size_t i = 0; i < found->size(); ++i) count += begins(i);
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count, columns}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
  if (!c.output(2).valid()) RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, {columns}));
  int64_t* index = c.output(0).data<int64_t>();
  for (size_t i = 0; i < found->size(); ++i) {
    if (!begins(i)) continue;
    if (columns == 2) *index++ = (*found)[i].row;
    *index++ = (*found)[i].number;
  }
  int64_t* shape = c.output(2).data<int64_t>();
  if (columns == 2) *shape++ = rows;
  *shape = size;
  if (!VisitLoops<kWiden, float, double, int32_t, int64_t>(weights.dtype(), [&](auto tag) {
        SumWeights<typename decltype(tag)::Type>(*found, weights, c.state<State>().is_binary, c.output(1).raw());
      })) {
    return Internal("counts of ", weights.dtype());
  }
  return Status();
}

// `row_of(i)`: the row of value i, called in order.
template <typename RowOf>
Status Count(RunContext& c, const Tensor& numbers, const Tensor& weights, int64_t rows, int64_t columns,
             const RowOf& row_of) {
  const auto& state = c.state<State>();
  const Indices values(numbers);
  const int64_t n = numbers.num_elements();
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(n) * int64_t{sizeof(Found)}));
  std::vector<Found> found;
  found.reserve(static_cast<size_t>(n));
  int64_t largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (i % 4096 == 4095 && c.stop().stopped()) return c.stop().Why();
    const int64_t row = row_of(i), number = values[i];
    if (number < 0) return InvalidArgument("values[", i, "]: want >= 0, got ", number);
    if (state.max_length >= 0 && number >= state.max_length) continue;
    if (number == std::numeric_limits<int64_t>::max()) return InvalidArgument("values: ", number, " is too large");
    largest = std::max(largest, number);
    found.push_back({row, number, i});
  }
  const int64_t size = state.max_length >= 0 ? state.max_length : std::max(largest + 1, state.min_length);
  return Store(c, &found, weights, rows, size, columns);
}

Status RunDense(RunContext& c) {
  const Tensor& values = c.input(0);
  const bool is_matrix = values.rank() == 2;
  const int64_t width = is_matrix ? values.dim(1) : 1;
  return Count(c, values, c.input(1), is_matrix ? values.dim(0) : 1, values.rank(),
               [&](int64_t i) { return is_matrix ? i / width : 0; });
}

Status RunSparse(RunContext& c) {
  const SparseView sparse(c, 0);
  const bool is_vector = sparse.rank == 1;
  const int64_t rows = is_vector ? 1 : sparse.shape[0];
  constexpr int64_t kMaxRows = std::numeric_limits<int32_t>::max();
  if (rows < 1 || rows >= kMaxRows) {
    return InvalidArgument("dense_shape: want between 1 and ", kMaxRows - 1, " rows, got ", rows);
  }
  RIVULET_RETURN_IF_ERROR(CheckIndices(c, sparse));
  return Count(c, *sparse.values, c.input(3), rows, is_vector ? 1 : 2,
               [&](int64_t i) { return is_vector ? 0 : sparse.index(i)[0]; });
}

Status RunRagged(RunContext& c) {
  RaggedRows rows(c.input(0).values<int64_t>());
  RIVULET_RETURN_IF_ERROR(rows.Check(c.input(1).num_elements()));
  return Count(c, c.input(1), c.input(2), c.input(0).num_elements() - 1, 2, [&](int64_t i) { return rows.Next(i); });
}

#define RIVULET_COUNTS(op, parts, rule, kernel)                                                             \
  {                                                                                                         \
    .name = op, .inputs = parts ", weights:output_type",                                                    \
    .outputs = "output_indices:i64, output_values:output_type, output_dense_shape:i64",                     \
    .attrs =                                                                                                \
        "T:type in {i32,i64}; minlength:int=-1; maxlength:int=-1; binary_output:bool; output_type:type in " \
        "{i32,i64,f32,f64}",                                                                                \
    .infer = rule, .prepare = Prepare, .run = kWidened<kernel, kWiden, State>, .flags = kDataDependent      \
  }

constexpr OpDef kDefs[] = {
    RIVULET_COUNTS("DenseCountSparseOutput", "values:T", InferDense, RunDense),
    RIVULET_COUNTS("SparseCountSparseOutput", "indices:i64, values:T, dense_shape:i64", InferSparseCounts, RunSparse),
    RIVULET_COUNTS("RaggedCountSparseOutput", "splits:i64, values:T", InferRagged, RunRagged),
};

}  // namespace

RIVULET_OP_LIST(CountSparse, kDefs);

}  // namespace rivulet

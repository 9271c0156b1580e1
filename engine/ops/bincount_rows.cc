// SparseBincount, RaggedBincount: numbers counted into bins, row by row.
//
//   indices, values, dense_shape of a sparse tensor of rank 1 -> output [size], else its first dim says the row ->
//   output [rows, size]
//   splits [rows + 1], values [n] -> output [rows, size]
//   weights: empty, or one for each value: they are summed instead of ones
//   binary_output: 1 in each bin into which something fell
//
// Numbers from `size` are left out, negative ones are refused. (TensorFlow refuses neither those of rows of a sparse
// tensor nor weights that are too few, and works on memory that is not theirs.)
#include <algorithm>

#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/value_rows.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool is_binary = false;
};

// Checks size and weights; the size, where it is known.
Result<int64_t> InferSize(InferContext& c, int values, int size, int weights) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(size));
  const int64_t n = c.shape(values).num_elements(), given = c.shape(weights).num_elements();
  if (n >= 0 && given > 0 && n != given) return InvalidArgument("weights: want none or ", n, ", got ", given);
  if (!c.known(size)) return Shape::kUnknownDim;
  const int64_t bins = c.ints(size)[0];
  if (bins < 0) return InvalidArgument("size: want >= 0, got ", bins);
  return bins;
}

Status InferSparseBins(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 0, 1, 2));
  if (facts.rank == 0) return InvalidArgument("dense_shape: want at least one dim, got none");
  RIVULET_ASSIGN_OR_RETURN(const int64_t bins, InferSize(c, 1, 3, 4));
  int64_t rows = Shape::kUnknownDim;
  if (c.known(2)) {
    RIVULET_RETURN_IF_ERROR(DenseCount(c.ints(2), "dense_shape").status());
    rows = c.ints(2)[0];
  }
  if (facts.rank < 0) {
    c.set_output(0, Shape::UnknownRank());
  } else {
    c.set_output(0, facts.rank == 1 ? Shape({bins}) : Shape({rows, bins}));
  }
  return Status();
}

Status InferRagged(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_ASSIGN_OR_RETURN(const int64_t bins, InferSize(c, 1, 2, 3));
  const int64_t splits = c.shape(0).has_rank() ? c.shape(0)[0] : Shape::kUnknownDim;
  if (splits == 0) return InvalidArgument("splits: want at least one, got none");
  c.set_output(0, {splits < 0 ? Shape::kUnknownDim : splits - 1, bins});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->is_binary = c.attrs().Bool("binary_output");
  return std::unique_ptr<OpState>(std::move(state));
}

constexpr uint32_t kWiden = kWidenInts;

// `row_of(i)`: the row of value i, called in order.
template <typename RowOf>
Status Count(RunContext& c, const Tensor& numbers, const Tensor& weights, const RowOf& row_of) {
  Tensor& output = c.output(0);
  const Indices values(numbers);
  const int64_t n = numbers.num_elements(), bins = output.dim(output.rank() - 1);
  Status status = Internal("bins of ", output.dtype());
  VisitLoops<kWiden, float, double, int32_t, int64_t>(output.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T* weight = weights.num_elements() > 0 ? weights.template data<T>() : nullptr;
    T* out = output.template data<T>();
    std::fill_n(out, output.num_elements(), T(0));
    status = Status();
    for (int64_t i = 0; i < n && status.ok(); ++i) {
      if (i % 4096 == 4095) status = c.stop().Why();
      const int64_t row = row_of(i), number = values[i];
      if (number < 0) status = InvalidArgument("values[", i, "]: want >= 0, got ", number);
      if (number < 0 || number >= bins) continue;
      T& bin = out[row * bins + number];
      bin = c.state<State>().is_binary ? T(1) : Plus(bin, weight != nullptr ? weight[i] : T(1));
    }
  });
  return status;
}

Status RunSparse(RunContext& c) {
  const SparseView sparse(c, 0);
  RIVULET_RETURN_IF_ERROR(CheckIndices(c, sparse));
  const bool is_vector = sparse.rank == 1;
  return Count(c, *sparse.values, c.input(4), [&](int64_t i) { return is_vector ? 0 : sparse.index(i)[0]; });
}

Status RunRagged(RunContext& c) {
  RaggedRows rows(c.input(0).values<int64_t>());
  RIVULET_RETURN_IF_ERROR(rows.Check(c.input(1).num_elements()));
  return Count(c, c.input(1), c.input(3), [&](int64_t i) { return rows.Next(i); });
}

#define RIVULET_BINS "Tidx:type in {i32,i64}; T:type in {i32,i64,f32,f64}; binary_output:bool=false"

constexpr OpDef kDefs[] = {
    {.name = "SparseBincount",
     .inputs = "indices:i64, values:Tidx, dense_shape:i64, size:Tidx, weights:T",
     .outputs = "output:T",
     .attrs = RIVULET_BINS,
     .infer = InferSparseBins,
     .prepare = Prepare,
     .run = kWidened<RunSparse, kWiden, State>},
    {.name = "RaggedBincount",
     .inputs = "splits:i64, values:Tidx, size:Tidx, weights:T",
     .outputs = "output:T",
     .attrs = RIVULET_BINS,
     .infer = InferRagged,
     .prepare = Prepare,
     .run = kWidened<RunRagged, kWiden, State>},
};

}  // namespace

RIVULET_OP_LIST(BincountRows, kDefs);

}  // namespace rivulet

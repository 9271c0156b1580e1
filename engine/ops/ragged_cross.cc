// RaggedCross: crosses of the features of a batch (feature_cross.h), as a ragged tensor.
//
//   ragged_values [n], ragged_row_splits [rows + 1]; sparse_indices [n, 2], sparse_values [n], sparse_shape [2];
//   dense_inputs [rows, width] -> output_values [m], output_row_splits [rows + 1]
//
// input_order has a letter for each feature, in their order: R, S and D take the next ragged, sparse or dense one.
// Values are int64 or strings; out_values_type int64 makes hashes that begin with hash_key, string joins by "_X_".
// hashed_output has no effect. Deviation: as of SparseCross, indices outside of the shape or out of order are refused.
#include <algorithm>
#include <limits>

#include "engine/base/checked.h"
#include "engine/ops/feature_cross.h"

namespace rivulet {
namespace {

struct State : OpState {
  int ragged = 0;
  int sparse = 0;
  int dense = 0;
  std::string order;
  CrossHash hash;

  // Where the inputs of each kind begin.
  int splits() const { return ragged; }
  int indices() const { return 2 * ragged; }
  int values() const { return 2 * ragged + sparse; }
  int shapes() const { return 2 * ragged + 2 * sparse; }
  int matrices() const { return 2 * ragged + 3 * sparse; }
};

Status Read(const AttrReader& attrs, State* state) {
  const auto size = [&](const char* name) { return static_cast<int>(attrs.Types(name).size()); };
  state->ragged = size("ragged_values_types");
  state->sparse = size("sparse_values_types");
  state->dense = size("dense_types");
  state->order = attrs.Str("input_order");
  if (size("ragged_splits_types") != state->ragged) {
    return InvalidArgument("attr 'ragged_splits_types': want ", state->ragged, " types, got ",
                           size("ragged_splits_types"));
  }
  if (attrs.Int("Nsparse") != state->sparse) {
    return InvalidArgument("attr 'sparse_values_types': want ", attrs.Int("Nsparse"), " types, got ", state->sparse);
  }
  int64_t known = 0;
  const auto want = [&](char letter, int count) {
    const int64_t got = std::count(state->order.begin(), state->order.end(), letter);
    known += got;
    if (got == count) return Status();
    return InvalidArgument("attr 'input_order': want ", count, " of the letter ", std::string(1, letter), ", got ",
                           got);
  };
  RIVULET_RETURN_IF_ERROR(want('R', state->ragged));
  RIVULET_RETURN_IF_ERROR(want('S', state->sparse));
  RIVULET_RETURN_IF_ERROR(want('D', state->dense));
  if (known != static_cast<int64_t>(state->order.size())) {
    return InvalidArgument("attr 'input_order': want the letters R, S and D only, got ", Quoted(state->order));
  }
  return Status();
}

Status Infer(InferContext& c) {
  State state;
  RIVULET_RETURN_IF_ERROR(Read(c.attrs(), &state));
  for (int i = 0; i < 2 * state.ragged; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  for (int i = 0; i < state.sparse; ++i) {
    RIVULET_RETURN_IF_ERROR(InferSparseFeature(c, state.indices() + i, state.values() + i, state.shapes() + i, i));
  }
  for (int i = 0; i < state.dense; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(state.matrices() + i, 2));
  c.set_output(0, {Shape::kUnknownDim});
  c.set_output(1, {Shape::kUnknownDim});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_RETURN_IF_ERROR(Read(c.attrs(), state.get()));
  state->hash.start = static_cast<uint64_t>(c.attrs().Int("hash_key"));
  state->hash.num_buckets = c.attrs().Int("num_buckets");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::vector<FeatureColumn>> ReadColumns(RunContext& c, int64_t* rows) {
  const State& state = c.state<State>();
  *rows = -1;
  std::vector<FeatureColumn> columns;
  int ragged = 0, sparse = 0, dense = 0;
  for (const char letter : state.order) {
    if (letter == 'R') {
      const Tensor &values = c.input(ragged), &splits = c.input(state.splits() + ragged);
      RIVULET_RETURN_IF_ERROR(CheckRaggedFeature(c, splits, values, static_cast<size_t>(ragged)));
      RIVULET_RETURN_IF_ERROR(AgreeOnRows(splits.num_elements() - 1, "ragged", ragged++, rows));
      columns.push_back(FeatureColumn::Ragged(splits, values));
    } else if (letter == 'S') {
      const Tensor &indices = c.input(state.indices() + sparse), &shape = c.input(state.shapes() + sparse);
      RIVULET_RETURN_IF_ERROR(AgreeOnRows(shape.data<int64_t>()[0], "sparse", sparse, rows));
      RIVULET_RETURN_IF_ERROR(CheckSparseFeature(c, indices, shape, static_cast<size_t>(sparse)));
      columns.push_back(FeatureColumn::Sparse(indices, c.input(state.values() + sparse++)));
    } else {
      const Tensor& values = c.input(state.matrices() + dense);
      RIVULET_RETURN_IF_ERROR(AgreeOnRows(values.dim(0), "dense", dense++, rows));
      columns.push_back(FeatureColumn::Dense(values));
    }
  }
  *rows = std::max<int64_t>(*rows, 0);
  return columns;
}

template <typename Split>
Status SetSplits(RunContext& c, const std::vector<RowCrosses>& crosses, int64_t rows) {
  Split* splits = c.output(1).data<Split>();
  int64_t sum = 0;
  size_t next = 0;
  splits[0] = 0;
  for (int64_t row = 0; row < rows; ++row) {
    if (row % 4096 == 4095 && c.stop().stopped()) return c.stop().Why();
    if (next < crosses.size() && crosses[next].row == row) sum += crosses[next++].count;
    if (sum > std::numeric_limits<Split>::max()) {
      return InvalidArgument("row splits of int32: there are more crosses than they can count");
    }
    splits[row + 1] = static_cast<Split>(sum);
  }
  return Status();
}

Status Run(RunContext& c) {
  int64_t rows = 0;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<FeatureColumn> columns, ReadColumns(c, &rows));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<RowCrosses> crosses, CountCrosses(c, columns, rows));
  const CheckedSize num_splits = CheckedSize(rows) + 1;
  if (!num_splits.valid()) return InvalidArgument("sparse_shape: ", rows, " rows are too many");
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {num_splits.value()}));
  RIVULET_RETURN_IF_ERROR(c.output(1).dtype() == DType::kInt32 ? SetSplits<int32_t>(c, crosses, rows)
                                                               : SetSplits<int64_t>(c, crosses, rows));
  int64_t total = 0;
  for (const RowCrosses& row : crosses) total += row.count;
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {total}));
  if (c.output(0).dtype() == DType::kString) return JoinCrosses(c, columns, crosses, "_X_", &c.output(0));
  return HashCrosses(c, columns, crosses, c.state<State>().hash, &c.output(0));
}

constexpr OpDef kDefs[] = {
    {.name = "RaggedCross",
     .inputs = "ragged_values:list(ragged_values_types), ragged_row_splits:list(ragged_splits_types), "
               "sparse_indices:Nsparse*i64, sparse_values:list(sparse_values_types), sparse_shape:Nsparse*i64, "
               "dense_inputs:list(dense_types)",
     .outputs = "output_values:out_values_type, output_row_splits:out_row_splits_type",
     .attrs = "Nsparse:int >=0; input_order:string; hashed_output:bool; num_buckets:int >=0; hash_key:int; "
              "ragged_values_types:list(type) in {i64,str} >=0; ragged_splits_types:list(type) in {i32,i64} >=0; "
              "sparse_values_types:list(type) in {i64,str} >=0; dense_types:list(type) in {i64,str} >=0; "
              "out_values_type:type in {i64,str}; out_row_splits_type:type in {i32,i64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(RaggedCross, kDefs);

}  // namespace rivulet

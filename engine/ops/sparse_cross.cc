// SparseCross, SparseCrossV2, SparseCrossHashed: crosses of the features of a batch (feature_cross.h), as a sparse
// tensor.
//
//   indices N * [n, 2], values N * [n], shapes N * [2]: sparse features; dense_inputs: [rows, width], after them ->
//   output_indices [m, 2], output_values [m], output_shape [2] = rows, the most crosses that a row has
//
// Values are int64 or strings. SparseCross makes strings joined by "_X_" or, with out_type int64, hashes that begin
// with hash_key; hashed_output has no effect, and internal_type string allows strings only. V2 makes strings joined by
// sep, Hashed hashes that begin with the first feature's, salted if strong_hash.
// Deviation: indices outside of the shape or with rows out of order, whose values TensorFlow leaves out, are refused.
#include <algorithm>

#include "engine/ops/feature_cross.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

enum class Kind { kFirst, kJoined, kHashed };

struct State : OpState {
  int n = 0;      // sparse features
  int dense = 0;  // dense ones
  bool is_hashed = false;
  CrossHash hash;
};

// The checks that all have in common.
Status InferFeatures(InferContext& c, int n, int dense) {
  for (int i = 0; i < n; ++i) {
    RIVULET_RETURN_IF_ERROR(InferSparseFeature(c, i, n + i, 2 * n + i, i));
  }
  int64_t rows = Shape::kUnknownDim;
  for (int i = 0; i < dense; ++i) {
    const Shape& shape = c.shape(3 * n + i);
    RIVULET_RETURN_IF_ERROR(c.WantRank(3 * n + i, 2));
    if (!shape.has_rank() || AgreeOnDim(shape[0], &rows)) continue;
    return InvalidArgument("dense input ", i, ": want ", rows, " rows, got shape ", shape);
  }
  c.set_output(0, {Shape::kUnknownDim, 2});
  c.set_output(1, {Shape::kUnknownDim});
  c.set_output(2, {2});
  return Status();
}

Status Infer(InferContext& c, Kind kind) {
  const std::vector<DType> sparse = c.attrs().Types("sparse_types"), dense = c.attrs().Types("dense_types");
  const int64_t n = c.attrs().Int("N");
  if (n != static_cast<int64_t>(sparse.size())) {
    return InvalidArgument("want a type of values for each of ", n, " indices, got ", sparse.size());
  }
  const int count = static_cast<int>(n), dense_count = static_cast<int>(dense.size());
  RIVULET_RETURN_IF_ERROR(InferFeatures(c, count, dense_count));
  const int rest = 3 * count + dense_count;
  if (kind == Kind::kFirst) {
    if (c.attrs().Type("internal_type") == DType::kString) {
      for (const std::vector<DType>& types : {sparse, dense}) {
        if (std::count(types.begin(), types.end(), DType::kInt64) == 0) continue;
        return InvalidArgument("internal_type string: want features that are strings, got int64");
      }
    }
    return Status();
  }
  RIVULET_RETURN_IF_ERROR(c.WantScalar(rest));
  if (kind == Kind::kHashed) {
    RIVULET_RETURN_IF_ERROR(c.WantScalar(rest + 1));
    const Shape& salt = c.shape(rest + 2);
    if (salt.complete() && salt.num_elements() != 2) {
      return InvalidArgument("salt: want 2 numbers, got shape ", salt);
    }
  }
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, Kind kind) {
  auto state = std::make_unique<State>();
  state->n = static_cast<int>(c.attrs().Int("N"));
  state->dense = static_cast<int>(c.attrs().Types("dense_types").size());
  if (kind == Kind::kFirst) {
    state->is_hashed = c.attrs().Type("out_type") == DType::kInt64;
    state->hash.start = static_cast<uint64_t>(c.attrs().Int("hash_key"));
    state->hash.num_buckets = c.attrs().Int("num_buckets");
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::vector<FeatureColumn>> ReadColumns(RunContext& c, int64_t* rows) {
  const State& state = c.state<State>();
  std::vector<FeatureColumn> columns;
  *rows = -1;
  for (int i = 0; i < state.n; ++i) {
    const Tensor &indices = c.input(i), &shape = c.input(2 * state.n + i);
    RIVULET_RETURN_IF_ERROR(AgreeOnRows(shape.data<int64_t>()[0], "sparse", i, rows));
    RIVULET_RETURN_IF_ERROR(CheckSparseFeature(c, indices, shape, static_cast<size_t>(i)));
    columns.push_back(FeatureColumn::Sparse(indices, c.input(state.n + i)));
  }
  for (int i = 0; i < state.dense; ++i) {
    const Tensor& values = c.input(3 * state.n + i);
    RIVULET_RETURN_IF_ERROR(AgreeOnRows(values.dim(0), "dense", i, rows));
    columns.push_back(FeatureColumn::Dense(values));
  }
  *rows = std::max<int64_t>(*rows, 0);
  return columns;
}

// Allocates the outputs, and fills those that say where the crosses are.
Status SetPlaces(RunContext& c, const std::vector<RowCrosses>& crosses, int64_t rows) {
  int64_t total = 0, most = 0;
  for (const RowCrosses& row : crosses) {
    total += row.count;
    most = std::max(most, row.count);
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {total, 2}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {total}));
  int64_t* shape = c.output(2).data<int64_t>();
  shape[0] = rows;
  shape[1] = most;
  if (total == 0) return Status();
  int64_t* index = c.output(0).data<int64_t>();
  for (const RowCrosses& row : crosses) {
    for (int64_t i = 0; i < row.count; ++i) {
      if (i % 4096 == 4095 && c.stop().stopped()) return c.stop().Why();
      *index++ = row.row;
      *index++ = i;
    }
  }
  return Status();
}

Status Run(RunContext& c, Kind kind) {
  const State& state = c.state<State>();
  int64_t rows = 0;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<FeatureColumn> columns, ReadColumns(c, &rows));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<RowCrosses> crosses, CountCrosses(c, columns, rows));
  RIVULET_RETURN_IF_ERROR(SetPlaces(c, crosses, rows));
  const int rest = 3 * state.n + state.dense;
  if (kind == Kind::kFirst) {
    if (!state.is_hashed) return JoinCrosses(c, columns, crosses, "_X_", &c.output(1));
    return HashCrosses(c, columns, crosses, state.hash, &c.output(1));
  }
  if (kind == Kind::kJoined) {
    return JoinCrosses(c, columns, crosses, c.input(rest).data<std::string>()[0], &c.output(1));
  }
  CrossHash hash;
  hash.has_start = false;
  hash.num_buckets = c.input(rest).data<int64_t>()[0];
  hash.feature.kind = c.input(rest + 1).data<bool>()[0] ? FeatureHash::Kind::kStrong : FeatureHash::Kind::kSalted;
  for (int i = 0; i < 2; ++i) hash.feature.key[i] = static_cast<uint64_t>(c.input(rest + 2).data<int64_t>()[i]);
  return HashCrosses(c, columns, crosses, hash, &c.output(1));
}

#define RIVULET_FEATURES "indices:N*i64, values:list(sparse_types), shapes:N*i64, dense_inputs:list(dense_types)"
#define RIVULET_TYPES "N:int >=0; sparse_types:list(type) in {i64,str} >=0; dense_types:list(type) in {i64,str} >=0"

constexpr OpDef kDefs[] = {
    {.name = "SparseCross",
     .inputs = RIVULET_FEATURES,
     .outputs = "output_indices:i64, output_values:out_type, output_shape:i64",
     .attrs = RIVULET_TYPES "; hashed_output:bool; num_buckets:int >=0; hash_key:int; out_type:type in {i64,str}; "
                            "internal_type:type in {i64,str}",
     .infer = With<Infer, Kind::kFirst>,
     .prepare = With<Prepare, Kind::kFirst>,
     .run = With<Run, Kind::kFirst>,
     .flags = kDataDependent},
    {.name = "SparseCrossV2",
     .inputs = RIVULET_FEATURES ", sep:str",
     .outputs = "output_indices:i64, output_values:str, output_shape:i64",
     .attrs = RIVULET_TYPES,
     .infer = With<Infer, Kind::kJoined>,
     .prepare = With<Prepare, Kind::kJoined>,
     .run = With<Run, Kind::kJoined>,
     .flags = kDataDependent},
    {.name = "SparseCrossHashed",
     .inputs = RIVULET_FEATURES ", num_buckets:i64, strong_hash:bool, salt:i64",
     .outputs = "output_indices:i64, output_values:i64, output_shape:i64",
     .attrs = RIVULET_TYPES,
     .infer = With<Infer, Kind::kHashed>,
     .prepare = With<Prepare, Kind::kHashed>,
     .run = With<Run, Kind::kHashed>,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(SparseCross, kDefs);

}  // namespace rivulet

// InTopK, InTopKV2: whether the prediction for the target class is among the k greatest of its row.
//
//   predictions [rows, classes] of float32, targets [rows], k -> precision [rows] of bool
//
// True where fewer than k predictions are greater than the target's. False where the target is no class, or where its
// row holds an infinity or a NaN.
#include <algorithm>
#include <cmath>

#include "engine/ops/indices.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.num_inputs() > 2) RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  const Shape& predictions = c.shape(0);
  const Shape& targets = c.shape(1);
  int64_t rows = predictions.has_rank() ? predictions[0] : Shape::kUnknownDim;
  if (targets.has_rank() && targets[0] >= 0) {
    if (rows >= 0 && rows != targets[0]) {
      return InvalidArgument("targets: want one for each of ", rows, " rows, got ", targets[0]);
    }
    rows = targets[0];
  }
  c.set_output(0, {rows});
  return Status();
}

struct State : OpState {
  int64_t k = 0;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->k = c.attrs().Int("k");
  return std::unique_ptr<OpState>(std::move(state));
}

bool IsAmongBest(const float* row, int64_t classes, int64_t target, int64_t k) {
  if (!InRange(target, classes)) return false;
  int64_t greater = 0;
  for (int64_t i = 0; i < classes; ++i) {
    if (!std::isfinite(row[i])) return false;
    greater += row[i] > row[target];
  }
  return greater < k;
}

Status Rank(RunContext& c, int64_t k) {
  const int64_t rows = c.input(0).dim(0);
  const int64_t classes = c.input(0).dim(1);
  const float* predictions = c.input(0).data<float>();
  const Indices targets(c.input(1));
  bool* out = c.output(0).data<bool>();
  c.ParallelFor(rows, std::max<int64_t>((1 << 14) / std::max<int64_t>(classes, 1), 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[i] = IsAmongBest(predictions + i * classes, classes, targets[i], k);
  });
  return Status();
}

Status Run(RunContext& c) { return Rank(c, c.state<State>().k); }
Status RunV2(RunContext& c) { return Rank(c, Indices(c.input(2))[0]); }

constexpr OpDef kDefs[] = {
    {.name = "InTopK",
     .inputs = "predictions:f32, targets:T",
     .outputs = "precision:bool",
     .attrs = "k:int; T:type=i32 in {i32,i64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
    {.name = "InTopKV2",
     .inputs = "predictions:f32, targets:T, k:T",
     .outputs = "precision:bool",
     .attrs = "T:type=i32 in {i32,i64}",
     .infer = Infer,
     .run = RunV2},
};

}  // namespace

RIVULET_OP_LIST(InTopK, kDefs);

}  // namespace rivulet

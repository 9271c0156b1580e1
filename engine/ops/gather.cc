// Gather, GatherV2: slices of params picked by indices.
//
//   params [batch.., outer.., n, inner..] of any T, indices [batch.., picks..], axis: where n is (Gather: 0) ->
//   output [batch.., outer.., picks.., inner..]; the first batch_dims axes of params and indices go together.
//
// An index outside [0, n) is an error, unless the output has no elements.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/gather_slices.h"
#include "engine/ops/indices.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

// batch_dims may be negative: -1 is the rank of indices less one.
Result<int> BatchDims(int64_t batch_dims, int indices_rank) {
  if (batch_dims < -indices_rank || batch_dims > indices_rank) {
    return InvalidArgument("attr 'batch_dims': want [-", indices_rank, ", ", indices_rank, "], got ", batch_dims);
  }
  return static_cast<int>(batch_dims < 0 ? batch_dims + indices_rank : batch_dims);
}

Result<int> Axis(int64_t axis, int params_rank, int batch_dims) {
  auto normal = NormalizeAxis(axis, params_rank);
  if (!normal.ok()) return std::move(normal).status().Framed("axis");
  if (*normal < batch_dims)
    return InvalidArgument("attr 'batch_dims': want at most the axis ", *normal, ", got ", batch_dims);
  return normal;
}

Status InferPicks(InferContext& c, const int64_t* axis_value, int64_t batch_attr) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  const Shape& params = c.shape(0);
  const Shape& indices = c.shape(1);
  if (!params.has_rank() || !indices.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const int batch, BatchDims(batch_attr, indices.rank()));
  const int rank = params.rank() - 1 + indices.rank() - batch;
  if (rank > Shape::kMaxRank) return InvalidArgument("the output would have ", rank, " dims");
  if (axis_value == nullptr) {
    c.set_output(0, rank < 0 ? Shape::UnknownRank() : Shape::OfUnknownDims(rank));
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const int axis, Axis(*axis_value, params.rank(), batch));
  Shape out;
  for (int i = 0; i < batch; ++i) {
    const int64_t a = params[i], b = indices[i];
    if (a >= 0 && b >= 0 && a != b) {
      return InvalidArgument("batch dim ", i, ": params has ", a, ", indices has ", b);
    }
    out.push_back(a >= 0 ? a : b);
  }
  for (int i = batch; i < axis; ++i) out.push_back(params[i]);
  for (int i = batch; i < indices.rank(); ++i) out.push_back(indices[i]);
  for (int i = axis + 1; i < params.rank(); ++i) out.push_back(params[i]);
  c.set_output(0, std::move(out));
  return Status();
}

Status InferGather(InferContext& c) {
  const int64_t axis = 0;
  return InferPicks(c, &axis, 0);
}

Status InferGatherV2(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  int64_t axis = 0;
  if (c.known(2)) axis = Indices(*c.value(2))[0];
  return InferPicks(c, c.known(2) ? &axis : nullptr, c.attrs().Int("batch_dims"));
}

struct State : OpState {
  int64_t batch_dims = 0;
};

Result<std::unique_ptr<OpState>> PrepareGatherV2(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->batch_dims = c.attrs().Int("batch_dims");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunGather(RunContext& c) { return GatherSlices(c, c.input(0), c.input(1), c.output(0), 0, 0); }

Status RunGatherV2(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int batch, BatchDims(c.state<State>().batch_dims, c.input(1).rank()));
  RIVULET_ASSIGN_OR_RETURN(const int axis, Axis(Indices(c.input(2))[0], c.input(0).rank(), batch));
  return GatherSlices(c, c.input(0), c.input(1), c.output(0), axis, batch);
}

#define RIVULET_PARAMS \
  "Tparams:type in "   \
  "{bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32,resource,variant}; "

constexpr OpDef kDefs[] = {
    {.name = "Gather",
     .inputs = "params:Tparams, indices:Tindices",
     .outputs = "output:Tparams",
     .attrs = RIVULET_PARAMS "validate_indices:bool=true; Tindices:type in {i32,i64}",
     .infer = InferGather,
     .run = RunGather},
    {.name = "GatherV2",
     .inputs = "params:Tparams, indices:Tindices, axis:Taxis",
     .outputs = "output:Tparams",
     .attrs = RIVULET_PARAMS "batch_dims:int=0; Tindices:type in {i16,i32,i64}; Taxis:type in {i32,i64}",
     .infer = InferGatherV2,
     .prepare = PrepareGatherV2,
     .run = RunGatherV2},
};

}  // namespace

RIVULET_OP_LIST(Gather, kDefs);

}  // namespace rivulet

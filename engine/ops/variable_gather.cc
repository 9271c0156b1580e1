// What is picked out of a variable: Gather and GatherNd of its value.
//
//   ResourceGather    [batch.., n, inner..], indices [batch.., picks..] -> [batch.., picks.., inner..]
//   ResourceGatherNd  [d0 .. dn], indices [places.., depth] -> [places.., d_depth .. dn]
//
// An index outside is an error, unless ResourceGather's output is empty.
#include "engine/ops/gather_slices.h"
#include "engine/ops/nd_index.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/variable.h"

namespace rivulet {
namespace {

// The variable's shape, where one is declared that its value will have.
Result<Shape> DeclaredShape(const InferContext& c) {
  if (!c.known(0)) return Shape::UnknownRank();
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(*c.value(0)));
  const bool tells = variable->declared_shape().complete() && variable->declared_shape().num_elements() > 0;
  return tells ? variable->declared_shape() : Shape::UnknownRank();
}

Result<Tensor> ValueOf(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  if (variable->dtype() != c.output(0).dtype()) {
    return InvalidArgument("the variable is ", variable->dtype(), ", want ", c.output(0).dtype());
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor value, variable->Read());
  if (!value.is_aligned()) return Clone(value, c.allocator());
  return value;
}

Result<Shape> GatheredShape(const Shape& params, const Shape& indices, int64_t batch_dims) {
  if (batch_dims < 0) return InvalidArgument("attr 'batch_dims': want 0 or more, got ", batch_dims);
  if (indices.has_rank() && batch_dims > indices.rank()) {
    return InvalidArgument("attr 'batch_dims' is ", batch_dims, ", the indices have shape ", indices);
  }
  if (!params.has_rank() || !indices.has_rank()) return Shape::UnknownRank();
  if (batch_dims >= params.rank()) {
    return InvalidArgument("want a variable of rank ", batch_dims + 1, " or more, got shape ", params);
  }
  if (params.rank() - 1 + indices.rank() - batch_dims > Shape::kMaxRank) {
    return InvalidArgument("the output has too many dims");
  }
  const int batch = static_cast<int>(batch_dims);
  Shape out;
  for (int i = 0; i < batch; ++i) {
    if (indices[i] >= 0 && indices[i] != params[i]) {
      return InvalidArgument("batch dim ", i, ": the variable has ", params[i], ", indices has ", indices[i]);
    }
    out.push_back(params[i]);
  }
  for (int i = batch; i < indices.rank(); ++i) out.push_back(indices[i]);
  for (int i = batch + 1; i < params.rank(); ++i) out.push_back(params[i]);
  return out;
}

Status InferGather(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape params, DeclaredShape(c));
  RIVULET_ASSIGN_OR_RETURN(Shape out, GatheredShape(params, c.shape(1), c.attrs().Int("batch_dims")));
  c.set_output(0, std::move(out));
  return Status();
}

struct GatherState : OpState {
  int64_t batch_dims = 0;
};

Result<std::unique_ptr<OpState>> PrepareGather(PrepareContext& c) {
  auto state = std::make_unique<GatherState>();
  state->batch_dims = c.attrs().Int("batch_dims");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunGather(RunContext& c) {
  const int64_t batch_dims = c.state<GatherState>().batch_dims;
  RIVULET_ASSIGN_OR_RETURN(const Tensor params, ValueOf(c));
  RIVULET_ASSIGN_OR_RETURN(const Shape out, GatheredShape(params.shape(), c.input(1).shape(), batch_dims));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, out));
  const int axis = static_cast<int>(batch_dims);
  return GatherSlices(c, params, c.input(1), c.output(0), axis, axis);
}

Result<Shape> GatheredNdShape(const Shape& params, const Shape& indices) {
  if (indices.has_rank() && indices.rank() == 0) return InvalidArgument("indices: want rank 1 or more, got a scalar");
  if (!params.has_rank() || !indices.has_rank() || indices[indices.rank() - 1] < 0) return Shape::UnknownRank();
  const int64_t depth = indices[indices.rank() - 1];
  if (params.rank() == 0 || depth > params.rank()) {
    return InvalidArgument("indices of ", depth, " coordinates do not fit a variable of shape ", params);
  }
  if (indices.rank() - 1 + params.rank() - depth > Shape::kMaxRank) {
    return InvalidArgument("the output has too many dims");
  }
  Shape out;
  for (int i = 0; i + 1 < indices.rank(); ++i) out.push_back(indices[i]);
  for (int i = static_cast<int>(depth); i < params.rank(); ++i) out.push_back(params[i]);
  return out;
}

Status InferGatherNd(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape params, DeclaredShape(c));
  RIVULET_ASSIGN_OR_RETURN(Shape out, GatheredNdShape(params, c.shape(1)));
  c.set_output(0, std::move(out));
  return Status();
}

Status RunGatherNd(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Tensor params, ValueOf(c));
  RIVULET_ASSIGN_OR_RETURN(const Shape out, GatheredNdShape(params.shape(), c.input(1).shape()));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, out));
  const NdIndex index(c.input(1), params.shape());
  if (index.count() == 0) return Status();
  RIVULET_RETURN_IF_ERROR(index.Check());
  const int64_t row = index.row();
  c.ParallelFor(index.count(), RowGrain(params.dtype(), row, index.count()), [&](int64_t begin, int64_t end) {
    GatherRows(params.dtype(), c.output(0).raw(), params.raw(), row, begin, end,
               [&](int64_t i) { return index.Row(i); });
  });
  return Status();
}

#define RIVULET_TYPES "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128"
constexpr uint32_t kFlags = kStateful | kDataDependent | kMakesOutputs;

constexpr OpDef kDefs[] = {
    {.name = "ResourceGather",
     .inputs = "resource:resource, indices:Tindices",
     .outputs = "output:dtype",
     .attrs = "batch_dims:int=0; validate_indices:bool=true; dtype:type in {" RIVULET_TYPES
              ",qi8,qu8,qi32,resource,variant}; Tindices:type in {i32,i64}",
     .infer = InferGather,
     .prepare = PrepareGather,
     .run = RunGather,
     .flags = kFlags},
    {.name = "ResourceGatherNd",
     .inputs = "resource:resource, indices:Tindices",
     .outputs = "output:dtype",
     .attrs = "dtype:type in {" RIVULET_TYPES ",resource,variant}; Tindices:type in {i32,i64}",
     .infer = InferGatherNd,
     .run = RunGatherNd,
     .flags = kFlags},
};

}  // namespace

RIVULET_OP_LIST(VariableGather, kDefs);

}  // namespace rivulet

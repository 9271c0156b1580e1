// Rows written or added at places that indices name.
//
//   ScatterNd                indices, updates, shape -> zeros of `shape` with the updates added
//   ScatterNdNonAliasingAdd  input, indices, updates -> input with the updates added
//   TensorScatterUpdate, -Add, -Sub, -Max, -Min: tensor, indices, updates -> tensor with the updates put in, added, ..
//
//   indices [places.., depth] of coordinates in the first `depth` dims of the output, updates [places.., rest of the
//   dims]
//
// Updates apply in order, so that the last of several assignments to one place stays; sums are rounded to T after each
// update, integers wrap around, bools are or-ed, strings joined. Max and Min pass a NaN over. An index outside is an
// error, or with bad_indices_policy IGNORE skipped.
#include "engine/ops/nd_index.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/scatter_nd_into.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status InferScatterNd(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ParseBadIndicesPolicy(c.attrs().Str("bad_indices_policy")).status());
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  Shape out = Shape::UnknownRank();
  if (c.known(2)) {
    const Tensor& value = *c.value(2);
    if (value.num_elements() > Shape::kMaxRank)
      return InvalidArgument("shape: want at most 254 dims, got ", value.num_elements());
    out = Shape();
    for (const int64_t dim : ReadIndices(value)) {
      if (dim < 0) return InvalidArgument("shape: want dims >= 0, got ", dim);
      out.push_back(dim);
    }
  } else if (c.shape(2).has_rank() && c.shape(2)[0] >= 0 && c.shape(2)[0] <= Shape::kMaxRank) {
    out = Shape::OfUnknownDims(static_cast<int>(c.shape(2)[0]));
  }
  RIVULET_RETURN_IF_ERROR(CheckScatterNd(c.shape(0), c.shape(1), out));
  c.set_output(0, std::move(out));
  return Status();
}

Status InferTensorScatter(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ParseBadIndicesPolicy(c.attrs().Str("bad_indices_policy")).status());
  RIVULET_RETURN_IF_ERROR(CheckScatterNd(c.shape(1), c.shape(2), c.shape(0)));
  c.set_output(0, c.shape(0));
  return Status();
}

Status RunScatterNd(RunContext& c) {
  Tensor& output = c.output(0);
  ClearElements(output.dtype(), output.raw(), output.num_elements());
  return ScatterNdInto(c, FindCombine(Combine::kAdd, output.dtype()), c.state<BadIndicesState>().ignore, c.input(0),
                       c.input(1), output);
}

Status RunTensorScatter(RunContext& c, Combine combine) {
  Tensor& output = c.output(0);
  CopyElements(output.dtype(), output.raw(), c.input(0).raw(), output.num_elements());
  return ScatterNdInto(c, FindCombine(combine, output.dtype()), c.state<BadIndicesState>().ignore, c.input(1),
                       c.input(2), output);
}

#define RIVULET_REST "Tindices:type in {i16,i32,i64}; bad_indices_policy:string=\"\""
#define RIVULET_ORDERED "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64"
#define RIVULET_TENSOR_SCATTER(types)                                       \
  .inputs = "tensor:T, indices:Tindices, updates:T", .outputs = "output:T", \
  .attrs = "T:type in {" types "}; " RIVULET_REST, .infer = InferTensorScatter, .prepare = PrepareBadIndices

constexpr OpDef kDefs[] = {
    {.name = "ScatterNd",
     .inputs = "indices:Tindices, updates:T, shape:Tindices",
     .outputs = "output:T",
     .attrs = "T:type in {" RIVULET_ORDERED ",c64,c128,bool,str}; " RIVULET_REST,
     .infer = InferScatterNd,
     .prepare = PrepareBadIndices,
     .run = RunScatterNd},
    {.name = "ScatterNdNonAliasingAdd",
     .inputs = "input:T, indices:Tindices, updates:T",
     .outputs = "output:T",
     .attrs = "T:type in {" RIVULET_ORDERED ",c64,c128,bool}; " RIVULET_REST,
     .infer = InferTensorScatter,
     .prepare = PrepareBadIndices,
     .run = With<RunTensorScatter, Combine::kAdd>},
    {.name = "TensorScatterUpdate",
     RIVULET_TENSOR_SCATTER(RIVULET_ORDERED ",c64,c128,bool,str"),
     .run = With<RunTensorScatter, Combine::kAssign>},
    {.name = "TensorScatterAdd",
     RIVULET_TENSOR_SCATTER(RIVULET_ORDERED ",c64,c128"),
     .run = With<RunTensorScatter, Combine::kAdd>},
    {.name = "TensorScatterSub",
     RIVULET_TENSOR_SCATTER(RIVULET_ORDERED ",c64,c128"),
     .run = With<RunTensorScatter, Combine::kSubtract>},
    {.name = "TensorScatterMax",
     RIVULET_TENSOR_SCATTER(RIVULET_ORDERED),
     .run = With<RunTensorScatter, Combine::kGreatest>},
    {.name = "TensorScatterMin",
     RIVULET_TENSOR_SCATTER(RIVULET_ORDERED),
     .run = With<RunTensorScatter, Combine::kLeast>},
};

}  // namespace

RIVULET_OP_LIST(ScatterNd, kDefs);

}  // namespace rivulet

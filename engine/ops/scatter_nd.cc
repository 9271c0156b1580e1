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
#include <algorithm>

#include "engine/ops/nd_index.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status CheckShapes(const Shape& indices, const Shape& updates, const Shape& out) {
  if (!indices.has_rank() || !updates.has_rank() || !out.has_rank()) return Status();
  if (indices.rank() == 0 || updates.rank() == 0) return InvalidArgument("want indices and updates of rank 1 or more");
  const int64_t depth = indices[indices.rank() - 1];
  if (depth < 0) return Status();
  const int places = indices.rank() - 1;
  bool fits = depth <= out.rank() && updates.rank() == places + out.rank() - depth;
  for (int i = 0; fits && i < places; ++i) fits = indices[i] < 0 || updates[i] < 0 || indices[i] == updates[i];
  for (int i = places; fits && i < updates.rank(); ++i) {
    const int64_t want = out[static_cast<int>(depth) + i - places];
    fits = want < 0 || updates[i] < 0 || want == updates[i];
  }
  if (!fits) {
    return InvalidArgument("updates ", updates.ToString(), " do not fit: want the dims of indices ", indices.ToString(),
                           " but the last, then those of ", out.ToString(), " after the first ", depth);
  }
  const bool has_some = indices.num_elements() > 0 || updates.num_elements() > 0;
  if (has_some && (depth == 0 || out.num_elements() == 0)) {
    return InvalidArgument("there are updates ", updates.ToString(), " for an empty output ", out.ToString());
  }
  return Status();
}

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
  RIVULET_RETURN_IF_ERROR(CheckShapes(c.shape(0), c.shape(1), out));
  c.set_output(0, std::move(out));
  return Status();
}

Status InferTensorScatter(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ParseBadIndicesPolicy(c.attrs().Str("bad_indices_policy")).status());
  RIVULET_RETURN_IF_ERROR(CheckShapes(c.shape(1), c.shape(2), c.shape(0)));
  c.set_output(0, c.shape(0));
  return Status();
}

Status Scatter(RunContext& c, Combine how, const Tensor& indices, const Tensor& updates) {
  Tensor& output = c.output(0);
  if (output.num_elements() == 0 || updates.num_elements() == 0) return Status();
  const NdIndex index(indices, output.shape());
  const DType dtype = output.dtype();
  const CombineRows combine = FindCombine(how, dtype);
  if (combine == nullptr) return Unimplemented("no scatter of ", Name(dtype));
  const bool ignore = c.state<BadIndicesState>().ignore;
  if (!ignore) RIVULET_RETURN_IF_ERROR(index.Check());
  const int64_t row = index.row();
  const int64_t count = index.count();
  // Columns do not depend on each other; strings stay with this thread.
  const int64_t grain = dtype == DType::kString ? row : std::max<int64_t>((1 << 15) / count, 64);
  c.ParallelFor(row, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < count; ++i) {
      if ((i & 0xfff) == 0xfff && c.stop().stopped()) return;
      const int64_t at = index.Row(i);
      if (at < 0) continue;
      combine(ElementAt(output.raw(), dtype, at * row + begin), ElementAt(updates.raw(), dtype, i * row + begin),
              end - begin);
    }
  });
  return Status();
}

Status RunScatterNd(RunContext& c) {
  Tensor& output = c.output(0);
  ClearElements(output.dtype(), output.raw(), output.num_elements());
  return Scatter(c, Combine::kAdd, c.input(0), c.input(1));
}

template <Combine kCombine>
Status RunTensorScatter(RunContext& c) {
  Tensor& output = c.output(0);
  CopyElements(output.dtype(), output.raw(), c.input(0).raw(), output.num_elements());
  return Scatter(c, kCombine, c.input(1), c.input(2));
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
     .run = RunTensorScatter<Combine::kAdd>},
    {.name = "TensorScatterUpdate",
     RIVULET_TENSOR_SCATTER(RIVULET_ORDERED ",c64,c128,bool,str"),
     .run = RunTensorScatter<Combine::kAssign>},
    {.name = "TensorScatterAdd",
     RIVULET_TENSOR_SCATTER(RIVULET_ORDERED ",c64,c128"),
     .run = RunTensorScatter<Combine::kAdd>},
    {.name = "TensorScatterSub",
     RIVULET_TENSOR_SCATTER(RIVULET_ORDERED ",c64,c128"),
     .run = RunTensorScatter<Combine::kSubtract>},
    {.name = "TensorScatterMax", RIVULET_TENSOR_SCATTER(RIVULET_ORDERED), .run = RunTensorScatter<Combine::kGreatest>},
    {.name = "TensorScatterMin", RIVULET_TENSOR_SCATTER(RIVULET_ORDERED), .run = RunTensorScatter<Combine::kLeast>},
};

}  // namespace

RIVULET_OP_LIST(ScatterNd, kDefs);

}  // namespace rivulet

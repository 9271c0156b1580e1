// GatherNd: slices of params picked by indices of several coordinates.
//
//   params [d0 .. dn] of any T, indices [places.., depth] with depth <= rank -> output [places.., d_depth .. dn]
//
// An index outside params is an error; with bad_indices_policy IGNORE its slice is 0.
#include <algorithm>

#include "engine/ops/nd_index.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 1));
  RIVULET_RETURN_IF_ERROR(ParseBadIndicesPolicy(c.attrs().Str("bad_indices_policy")).status());
  const Shape& params = c.shape(0);
  const Shape& indices = c.shape(1);
  if (!params.has_rank() || !indices.has_rank() || indices[indices.rank() - 1] < 0) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  const int64_t depth = indices[indices.rank() - 1];
  if (depth > params.rank()) {
    return InvalidArgument("indices of ", depth, " coordinates do not fit params of shape ", params);
  }
  if (indices.rank() - 1 + params.rank() - depth > Shape::kMaxRank)
    return InvalidArgument("the output has too many dims");
  Shape out;
  for (int i = 0; i + 1 < indices.rank(); ++i) out.push_back(indices[i]);
  for (int i = static_cast<int>(depth); i < params.rank(); ++i) out.push_back(params[i]);
  c.set_output(0, std::move(out));
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& params = c.input(0);
  Tensor& output = c.output(0);
  const bool ignore = c.state<BadIndicesState>().ignore;
  if (output.num_elements() == 0) {
    bool has_places = true;
    for (int i = 0; i + 1 < c.input(1).rank(); ++i) has_places = has_places && c.input(1).dim(i) > 0;
    if (has_places && params.num_elements() == 0) {
      return InvalidArgument("params of shape ", params.shape(), " have nothing to pick from");
    }
    return Status();
  }
  const NdIndex index(c.input(1), params.shape());
  if (!ignore) RIVULET_RETURN_IF_ERROR(index.Check());
  const int64_t row = index.row();
  const DType dtype = params.dtype();
  c.ParallelFor(index.count(), RowGrain(dtype, row, index.count()), [&](int64_t begin, int64_t end) {
    if (!ignore) {
      GatherRows(dtype, output.raw(), params.raw(), row, begin, end, [&](int64_t i) { return index.Row(i); });
      return;
    }
    for (int64_t i = begin; i < end; ++i) {
      void* to = ElementAt(output.raw(), dtype, i * row);
      const int64_t from = index.Row(i);
      if (from < 0) {
        ClearElements(dtype, to, row);
      } else {
        CopyElements(dtype, to, ElementAt(params.raw(), dtype, from * row), row);
      }
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "GatherNd",
     .inputs = "params:Tparams, indices:Tindices",
     .outputs = "output:Tparams",
     .attrs =
         "Tparams:type in "
         "{bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32,resource,variant}; "
         "Tindices:type in {i16,i32,i64}; bad_indices_policy:string=\"\"",
     .infer = Infer,
     .prepare = PrepareBadIndices,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(GatherNd, kDefs);

}  // namespace rivulet

// DynamicStitch, ParallelDynamicStitch: slices of several tensors put at the places that indices name.
//
//   indices[k] [i.., ] of int32, data[k] [i.., rest..] of any T -> merged [1 + greatest index, rest..]
//
// Of several slices for one place the last one stays, in both ops. A place that no index names is 0, where TensorFlow
// leaves it open.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/indices.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  const int n = c.num_inputs() / 2;
  int64_t rows = 0;
  Shape rest = Shape::UnknownRank();
  for (int k = 0; k < n; ++k) {
    if (!c.known(k)) {
      rows = Shape::kUnknownDim;
    } else {
      const Indices indices(*c.value(k));
      for (int64_t i = 0; i < c.value(k)->num_elements(); ++i) {
        if (indices[i] < 0 || indices[i] >= INT32_MAX) {
          return InvalidArgument("indices[", k, "]: want [0, ", INT32_MAX, "), got ", indices[i]);
        }
        if (rows >= 0) rows = std::max(rows, indices[i] + 1);
      }
    }
    const Shape& indices = c.shape(k);
    const Shape& data = c.shape(n + k);
    if (!indices.has_rank() || !data.has_rank()) continue;
    bool fits = indices.rank() <= data.rank();
    for (int i = 0; fits && i < indices.rank(); ++i) fits = indices[i] < 0 || data[i] < 0 || indices[i] == data[i];
    if (!fits) {
      return InvalidArgument("data[", k, "] ", data, " must start with the dims of indices[", k, "] ", indices);
    }
    Shape tail;
    for (int i = indices.rank(); i < data.rank(); ++i) tail.push_back(data[i]);
    RIVULET_ASSIGN_OR_RETURN(rest, MergeShapes(rest, tail));
  }
  if (!rest.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  if (rest.rank() + 1 > Shape::kMaxRank) return InvalidArgument("data has too many dims");
  Shape out({rows});
  for (const int64_t dim : rest.dims()) out.push_back(dim);
  c.set_output(0, std::move(out));
  return Status();
}

Status Run(RunContext& c) {
  const int n = c.num_inputs() / 2;
  Tensor& output = c.output(0);
  const DType dtype = output.dtype();
  if (output.num_elements() == 0) return Status();
  ClearElements(dtype, output.raw(), output.num_elements());
  const int64_t rows = output.dim(0);
  const int64_t row = output.num_elements() / rows;
  for (int k = 0; k < n; ++k) {
    const Indices indices(c.input(k));
    const void* data = c.input(n + k).raw();
    for (int64_t i = 0; i < c.input(k).num_elements(); ++i) {
      if ((i & 0xfff) == 0xfff && c.stop().stopped()) return Status();
      if (!InRange(indices[i], rows)) {
        return InvalidArgument("indices[", k, "]: want [0, ", rows, "), got ", indices[i]);
      }
      CopyElements(dtype, ElementAt(output.raw(), dtype, indices[i] * row), ElementAt(data, dtype, i * row), row);
    }
  }
  return Status();
}

#define RIVULET_STITCH                                                                                                \
  .inputs = "indices:N*i32, data:N*T", .outputs = "merged:T",                                                         \
  .attrs =                                                                                                            \
      "N:int >=1; T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi32,variant}", \
  .infer = Infer, .run = Run

constexpr OpDef kDefs[] = {
    {.name = "DynamicStitch", RIVULET_STITCH},
    {.name = "ParallelDynamicStitch", RIVULET_STITCH},
};

}  // namespace

RIVULET_OP_LIST(DynamicStitch, kDefs);

}  // namespace rivulet

#include "engine/ops/gather_slices.h"

#include "engine/ops/indices.h"
#include "engine/ops/rows.h"

namespace rivulet {

Status GatherSlices(RunContext& c, const Tensor& params, const Tensor& picked, Tensor& output, int axis,
                    int batch_dims) {
  if (output.num_elements() == 0) return Status();
  int64_t batch = 1, outer = 1, inner = 1;
  for (int i = 0; i < batch_dims; ++i) batch *= params.dim(i);
  for (int i = batch_dims; i < axis; ++i) outer *= params.dim(i);
  for (int i = axis + 1; i < params.rank(); ++i) inner *= params.dim(i);
  const int64_t n = params.dim(axis);
  const Indices indices(picked);
  const int64_t count = picked.num_elements();
  for (int64_t i = 0; i < count; ++i) {
    if (!InRange(indices[i], n)) {
      return InvalidArgument("indices", Place(picked.shape(), picked.rank(), i), " = ", indices[i], " is not in [0, ",
                             n, ")");
    }
  }
  const int64_t picks = count / batch;
  const DType dtype = params.dtype();
  const int64_t rows = batch * outer * picks;
  c.ParallelFor(rows, RowGrain(dtype, inner, rows), [&](int64_t begin, int64_t end) {
    if (batch * outer == 1) {
      GatherRows(dtype, output.raw(), params.raw(), inner, begin, end, [&](int64_t i) { return indices[i]; });
    } else {
      GatherRows(dtype, output.raw(), params.raw(), inner, begin, end, [&](int64_t i) {
        const int64_t slice = i / picks;  // which of batch * outer
        return slice * n + indices[slice / outer * picks + i % picks];
      });
    }
  });
  return Status();
}

}  // namespace rivulet

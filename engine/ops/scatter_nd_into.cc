#include "engine/ops/scatter_nd_into.h"

#include <algorithm>

#include "engine/ops/nd_index.h"

namespace rivulet {

Status CheckScatterNd(const Shape& indices, const Shape& updates, const Shape& out) {
  if (!indices.has_rank() || !updates.has_rank() || !out.has_rank()) return Status();
  if (indices.rank() == 0 || updates.rank() == 0) {
    return InvalidArgument("want indices and updates of rank 1 or more, got shapes ", indices, " and ", updates);
  }
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
    return InvalidArgument("updates ", updates, " do not fit: want the dims of indices ", indices,
                           " but the last, then those of ", out, " after the first ", depth);
  }
  const bool has_some = indices.num_elements() > 0 || updates.num_elements() > 0;
  if (has_some && (depth == 0 || out.num_elements() == 0)) {
    return InvalidArgument("updates: want none for an empty output ", out, ", got ", updates);
  }
  return Status();
}

Status ScatterNdInto(RunContext& c, CombineRows combine, bool ignore, const Tensor& indices, const Tensor& updates,
                     Tensor& out) {
  if (out.num_elements() == 0 || updates.num_elements() == 0) return Status();
  const NdIndex index(indices, out.shape());
  const DType dtype = out.dtype();
  if (combine == nullptr) return Unimplemented("no scatter of ", dtype);
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
      combine(ElementAt(out.raw(), dtype, at * row + begin), ElementAt(updates.raw(), dtype, i * row + begin),
              end - begin);
    }
  });
  return Status();
}

}  // namespace rivulet

// Rows written or combined at places that indices of several coordinates name: what ScatterNd and its like share,
// whether they make a tensor or change a variable.
#ifndef RIVULET_ENGINE_OPS_SCATTER_ND_INTO_H_
#define RIVULET_ENGINE_OPS_SCATTER_ND_INTO_H_

#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {

// indices [places.., depth], updates [places.., the dims of `out` after the first `depth`]; what is unknown fits.
Status CheckScatterNd(const Shape& indices, const Shape& updates, const Shape& out);

// Into `out`, of the updates' dtype and of a shape that CheckScatterNd found to fit; `combine` is null where the dtype
// has no such combination. An index outside is an error, found before anything is written, or passed over where
// `ignore`.
Status ScatterNdInto(RunContext& c, CombineRows combine, bool ignore, const Tensor& indices, const Tensor& updates,
                     Tensor& out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SCATTER_ND_INTO_H_

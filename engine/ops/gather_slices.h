// Slices of a tensor picked by indices: what Gather and ResourceGather share.
#ifndef RIVULET_ENGINE_OPS_GATHER_SLICES_H_
#define RIVULET_ENGINE_OPS_GATHER_SLICES_H_

#include "engine/ops/op.h"

namespace rivulet {

// params [batch.., outer.., n, inner..], picked [batch.., picks..] -> output [batch.., outer.., picks.., inner..], n
// being axis `axis` >= batch_dims. The shapes fit; an index outside [0, n) is an error, unless the output is empty.
Status GatherSlices(RunContext& c, const Tensor& params, const Tensor& picked, Tensor& output, int axis,
                    int batch_dims);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_GATHER_SLICES_H_

// Float constants as float16, cast back where they are read.
#ifndef RIVULET_PREPARE_SQUEEZE_HALF_WEIGHTS_H_
#define RIVULET_PREPARE_SQUEEZE_HALF_WEIGHTS_H_

#include <cstdint>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Those of at least `min_elements` elements; the Cast takes the constant's name. Constants with values that float16
// does not have (larger than 65504) stay. Gives their number.
Result<size_t> HalveWeights(GraphDef& graph, int64_t min_elements);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_HALF_WEIGHTS_H_

// Where 8 bits do not do.
#ifndef RIVULET_PREPARE_QUANTIZE_LIMITS_H_
#define RIVULET_PREPARE_QUANTIZE_LIMITS_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "prepare/names.h"

namespace rivulet::prepare {

// The nodes whose shapes depend on values, such as the number of boxes found. Those can be empty, and nothing has no
// range. What a tensor array or a decoder gives is as large as what was put in. `order` is that of execution.
NameSet BehindFoundShapes(const std::vector<const NodeDef*>& order);

// The arithmetic whose result a root, a logarithm or a quotient is taken of, as of a variance that is computed in the
// graph: of 8 bits it is 0 for all that is small, and what comes of it is not finite. Products of layers are not meant.
NameSet BeforeRoots(const std::vector<const NodeDef*>& order);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_QUANTIZE_LIMITS_H_

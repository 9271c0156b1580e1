// Row splits of a ragged tensor: [0, .., values], where row i holds the values [splits[i], splits[i + 1]).
#ifndef RIVULET_ENGINE_OPS_RAGGED_SPLITS_H_
#define RIVULET_ENGINE_OPS_RAGGED_SPLITS_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/ops/indices.h"
#include "engine/ops/op.h"

namespace rivulet {

// Makes an int32 or int64 output of the numbers, which must fit.
inline Status SetSplits(RunContext& c, int i, const std::vector<int64_t>& splits) {
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(i, {static_cast<int64_t>(splits.size())}));
  if (c.output(i).dtype() == DType::kInt64) {
    std::copy(splits.begin(), splits.end(), c.output(i).data<int64_t>());
    return Status();
  }
  for (size_t k = 0; k < splits.size(); ++k) {
    if (splits[k] > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument("row splits: ", splits[k], " does not fit into int32; use Tsplits int64");
    }
    c.output(i).data<int32_t>()[k] = static_cast<int32_t>(splits[k]);
  }
  return Status();
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_RAGGED_SPLITS_H_

// The paddings of Pad and its like: an integer tensor [rank, 2].
#ifndef RIVULET_ENGINE_OPS_PADDING_INPUT_H_
#define RIVULET_ENGINE_OPS_PADDING_INPUT_H_

#include <vector>

#include "engine/ops/op.h"

namespace rivulet {

struct AxisPadding {
  int64_t before = 0;
  int64_t after = 0;
};

// One entry for each of `rank` axes; an error where one is negative.
Result<std::vector<AxisPadding>> ReadPaddings(const Tensor& paddings, int rank);

// Every dim with its padding; unknown dims stay unknown.
Result<Shape> PaddedShape(const Shape& shape, const std::vector<AxisPadding>& pads);

// The padded shape of input 0 with the paddings in input 1, which may be unknown.
Result<Shape> PaddedFromInputs(const InferContext& c);

// The rank of input 0, or else the one that the paddings in input 1 have rows for; -1 when neither tells.
Result<int> PaddedRank(const InferContext& c);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_PADDING_INPUT_H_

// Where the windows of convolutions lie.
#ifndef RIVULET_PREPARE_WINDOWS_H_
#define RIVULET_PREPARE_WINDOWS_H_

#include "prepare/facts.h"
#include "prepare/graph_def.h"

namespace rivulet::prepare {

// TensorFlow's fused and quantised convolutions put their windows in the middle of what the strides leave over, Conv2D
// at its start. Ok where both are the same for this Conv2D over an image of shape `in`: strides of 1, or known sizes of
// which at most one row or column is left; else the reason.
Status CheckWindows(const NodeDef& conv, const Shape& in, const Facts& facts);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_WINDOWS_H_

// A shape given as an input tensor: Fill, Reshape's cousins, random numbers.
#ifndef RIVULET_ENGINE_OPS_SHAPE_INPUT_H_
#define RIVULET_ENGINE_OPS_SHAPE_INPUT_H_

#include "engine/ops/op.h"

namespace rivulet {

// The shape that int32 or int64 input `i` lists: complete when its value is known, else as many unknown dims as it has
// elements. Negative dims, more than Shape::kMaxRank of them and products beyond 63 bits are errors.
Result<Shape> ShapeFromInput(const InferContext& c, int i);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SHAPE_INPUT_H_

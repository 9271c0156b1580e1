// What the gradients of a convolution with respect to its input and to its filter have in common. Both take the
// gradient of its output, "out_backprop", as input 2.
#ifndef RIVULET_ENGINE_OPS_CONV_GRADIENT_H_
#define RIVULET_ENGINE_OPS_CONV_GRADIENT_H_

#include "engine/ops/conv_shape.h"

namespace rivulet {

// ParseWindowSpec, but the depthwise form takes no notice of its dilations.
Result<WindowSpec> ParseGradientSpec(const AttrReader& attrs, int spatial_rank, FilterKind kind);

// Output 0 has shape `result`: the filter's, with the convolution's input as input 0, or the input's, with the filter
// as input 1. Input 2 must have the shape that the convolution would give.
Status InferConvGradient(InferContext& c, const WindowSpec& spec, FilterKind kind, const Shape& result, bool of_filter);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONV_GRADIENT_H_

#include "engine/ops/conv_gradient.h"

namespace rivulet {

Result<WindowSpec> ParseGradientSpec(const AttrReader& attrs, int spatial_rank, FilterKind kind) {
  RIVULET_ASSIGN_OR_RETURN(WindowSpec spec, ParseWindowSpec(attrs, spatial_rank));
  if (kind == FilterKind::kDepthwise) spec.dilation = {1, 1, 1};
  return spec;
}

Status InferConvGradient(InferContext& c, const WindowSpec& spec, FilterKind kind, const Shape& result,
                         bool of_filter) {
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(spec, of_filter ? c.shape(0) : result,
                                                                   of_filter ? result : c.shape(1), kind));
  const Shape want = OutputShape(spec, sizes);
  if (!MergeShapes(want, c.shape(2)).ok()) {
    return InvalidArgument("out_backprop: want shape ", want, ", which the convolution ",
                           of_filter ? "with a filter of " : "of ", result, " would give, got ", c.shape(2));
  }
  c.set_output(0, result.has_rank() ? result : Shape::OfUnknownDims(spec.rank()));
  return Status();
}

}  // namespace rivulet

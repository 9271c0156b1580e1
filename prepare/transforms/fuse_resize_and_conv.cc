// fuse_resize_and_conv: a convolution resizes its image itself.
//
//   r = ResizeBilinear(x, size), y = Conv2D(r, w)   becomes   y = FusedResizeAndPadConv2D(x, size, zeros, w)
#include "prepare/fuse_image.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext& context) {
  return FuseIntoConv(graph, context, ImageStep::kResize);
}

}  // namespace

const Transform kFuseResizeAndConv = {"fuse_resize_and_conv", "", Apply, Promise::kRounding};

}  // namespace rivulet::prepare

// fuse_resize_pad_and_conv: a convolution resizes and pads its image itself.
//
//   r = ResizeBilinear(x, size), p = MirrorPad(r, pads), y = Conv2D(p, w)   becomes
//   y = FusedResizeAndPadConv2D(x, size, pads, w)
#include "prepare/fuse_image.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext& context) {
  return FuseIntoConv(graph, context, ImageStep::kResizeAndPad);
}

}  // namespace

const Transform kFuseResizePadAndConv = {"fuse_resize_pad_and_conv", "", Apply, Promise::kRounding};

}  // namespace rivulet::prepare

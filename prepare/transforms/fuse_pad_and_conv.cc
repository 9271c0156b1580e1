// fuse_pad_and_conv: a convolution pads its image itself.
//
//   p = MirrorPad(x, pads), y = Conv2D(p, w)   becomes   y = FusedPadConv2D(x, pads, w)
#include "prepare/fuse_image.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext& context) { return FuseIntoConv(graph, context, ImageStep::kPad); }

}  // namespace

const Transform kFusePadAndConv = {"fuse_pad_and_conv", "", Apply, Promise::kRounding};

}  // namespace rivulet::prepare

// Resizing and mirroring pads before a convolution, taken into it.
#ifndef RIVULET_PREPARE_FUSE_IMAGE_H_
#define RIVULET_PREPARE_FUSE_IMAGE_H_

#include "prepare/transform.h"

namespace rivulet::prepare {

enum class ImageStep { kPad, kResize, kResizeAndPad };

// Conv2D over MirrorPad, ResizeBilinear, or MirrorPad over ResizeBilinear, becomes FusedPadConv2D or
// FusedResizeAndPadConv2D under its own name. Only where the fused operator does the same: it knows NHWC without
// dilations or explicit pads, the first resize without half-pixel centers, and gives every image of a batch the first
// one's result, so the batch must be known to be 1; its windows lie in the middle of what the strides leave over, so
// strides above 1 want known sizes without such a rest. What else reads a step keeps it from being fused. A convolution
// that looks right but is left is reported with the reason.
Status FuseIntoConv(GraphDef& graph, const TransformContext& context, ImageStep step);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FUSE_IMAGE_H_

// Convolutions of a plan that run together, a band of rows at a time (kernels/conv_bands.h).
#ifndef RIVULET_ENGINE_OPS_CONV_BANDS_H_
#define RIVULET_ENGINE_OPS_CONV_BANDS_H_

#include <optional>
#include <span>

#include "engine/kernels/conv_bands.h"
#include "engine/ops/conv_forward.h"

namespace rivulet {

// What a float step whose run is RunConv computes, if it can be a stage of a chain. The filter's shape is that of its
// input, and `constant_filter` says whether it is the same in every run.
std::optional<ConvGeometry> BandGeometryOf(const OpState& state, const Shape& input, const Shape& filter,
                                           bool constant_filter);

// The runs of a chain of such steps, each of which reads the output of the one before as its input 0. Those outputs
// have shapes, but no memory.
Status RunConvBands(std::span<std::optional<RunContext>> steps);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONV_BANDS_H_

// Convolutions to a few output channels, as dot products along the input. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_CONV_DOTS_H_
#define RIVULET_ENGINE_KERNELS_CONV_DOTS_H_

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"
#include "engine/kernels/epilogue.h"

namespace rivulet {

// Whether ConvByDots can do this and is the better way: the output channels would fill a fraction of a vector, and a
// row of the filter is several vectors of input.
bool ConvByDotsPays(const ConvGeometry& geometry);

// As Conv2D; `packed` is the filter's packed form.
void ConvByDots(const float* input, const float* packed, const ConvGeometry& geometry, const Epilogue& epilogue,
                float* output, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CONV_DOTS_H_

// Convolutions with few output channels, from the input as it lies there. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_CONV_ROWS_H_
#define RIVULET_ENGINE_KERNELS_CONV_ROWS_H_

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"
#include "engine/kernels/epilogue.h"

namespace rivulet {

// Whether ConvByRows can do this and is the better way: so few channels come out that collecting patches for them would
// cost as much as multiplying.
bool ConvByRowsPays(const ConvGeometry& geometry);

// As Conv2D; `packed` is the filter's packed form.
void ConvByRows(const float* input, const float* packed, const ConvGeometry& geometry, const Epilogue& epilogue,
                float* output, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CONV_ROWS_H_

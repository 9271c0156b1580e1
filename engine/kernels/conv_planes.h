// Convolutions of pictures and sounds as they come in: of one or three channels. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_CONV_PLANES_H_
#define RIVULET_ENGINE_KERNELS_CONV_PLANES_H_

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"
#include "engine/kernels/epilogue.h"

namespace rivulet {

// Whether ConvByPlanes can do this and is the better way.
bool ConvByPlanesPays(const ConvGeometry& geometry, const Epilogue& epilogue);

// As Conv2D, to the same bits as patches times filter; `packed` is the filter's packed form.
void ConvByPlanes(const float* input, const float* packed, const ConvGeometry& geometry, const Epilogue& epilogue,
                  float* output, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CONV_PLANES_H_

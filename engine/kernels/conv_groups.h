// Convolutions in many small groups, a vector of output channels at a time. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_CONV_GROUPS_H_
#define RIVULET_ENGINE_KERNELS_CONV_GROUPS_H_

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"
#include "engine/kernels/epilogue.h"

namespace rivulet {

// Whether ConvByGroups can do this and is the better way: a group gives as many channels as it takes, and no more than
// fill a panel.
bool ConvByGroupsPays(const ConvGeometry& geometry);

// As Conv2D; `packed` is the filter's packed form.
void ConvByGroups(const float* input, const float* packed, const ConvGeometry& geometry, const Epilogue& epilogue,
                  float* output, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CONV_GROUPS_H_

// Convolution with stride 1 in a transformed domain: F(2x2, 3x3), F(4x4, 3x3), F(6x6, 3x3), F(3x3, 4x4), F(5x5, 4x4) or
// F(4x4, 5x5), which take 4, 2.25, 1.78, 4, 2.56 and 4 multiplications an output in place of 9, 16 and 25; of larger
// filters for each of several such parts. Internal to engine/kernels; see conv.h.
#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_H_
#define RIVULET_ENGINE_KERNELS_WINOGRAD_H_

#include <cstdint>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"

namespace rivulet {

// What it costs in multiply-adds, or infinity where the geometry cannot be computed so.
double WinogradCost(const ConvGeometry& geometry);

// Bytes of scratch for a pool of so many threads.
CheckedSize WinogradScratchBytes(const ConvGeometry& geometry, int threads);

// `packed` is one group's filter as PackedFilter has it. False where a result was not finite: such values spread over
// their tile, so the caller computes again in the plain way. The addend is not the output.
bool WinogradConv(const float* input, const float* packed, const ConvGeometry& geometry, const Epilogue& epilogue,
                  float* output, void* scratch, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_WINOGRAD_H_

// Convolution whose filter slides by one pixel along a line, x or y, transformed along that line alone: filters of 1x7
// and 7x1, 10x4, and what else is not 3x3. Internal to engine/kernels; see conv.h.
#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_LINE_H_
#define RIVULET_ENGINE_KERNELS_WINOGRAD_LINE_H_

#include <cstdint>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"

namespace rivulet {

// What it costs in multiply-adds, or infinity where the geometry cannot be computed so.
double WinogradLineCost(const ConvGeometry& geometry);

// Bytes of scratch for a pool of so many threads.
CheckedSize WinogradLineScratchBytes(const ConvGeometry& geometry, int threads);

// As WinogradConv (winograd.h), of any geometry without dilation and groups that moves by one pixel along x or y.
bool WinogradLineConv(const float* input, const float* packed, const ConvGeometry& geometry, const Epilogue& epilogue,
                      float* output, void* scratch, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_WINOGRAD_LINE_H_

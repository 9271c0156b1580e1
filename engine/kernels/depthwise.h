// Depthwise convolution, NHWC, single precision: every input channel has `multiplier` filters of its own.
#ifndef RIVULET_ENGINE_KERNELS_DEPTHWISE_H_
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/epilogue.h"

namespace rivulet {

// As ConvGeometry; output channel c * multiplier + j is input channel c under its filter j.
struct DepthwiseGeometry {
  int64_t batch = 1;
  int64_t in_h = 0, in_w = 0, in_c = 0;
  int64_t out_h = 0, out_w = 0;
  int64_t multiplier = 1;
  int64_t k_h = 1, k_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0;
};

// output [batch, out_h, out_w, in_c * multiplier] = epilogue(input * filter), filter [k_h, k_w, in_c, multiplier],
// all aligned for float. Zero sizes are fine. Same bits for any number of threads.
void DepthwiseConv2D(const float* input, const float* filter, const DepthwiseGeometry& geometry,
                     const Epilogue& epilogue, float* output, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_DEPTHWISE_H_

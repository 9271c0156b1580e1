// Depthwise convolution, NHWC, single precision: every input channel has `multiplier` filters of its own.
#ifndef RIVULET_ENGINE_KERNELS_DEPTHWISE_H_
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_H_

#include <cstdint>

#include "engine/base/checked.h"
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

// What a DepthwiseConv2DOf reads: floats, or codes, of which code * factor + term are the floats.
struct DepthwiseSource {
  const float* floats = nullptr;
  const uint8_t* codes = nullptr;
  float factor = 1;
  float term = 0;
};

// The same, with a bias or null, of floats or of codes, some rows of which a thread turns into floats at a time.
// `extremes`, where it is not null, has room for ExtremesElements (code_stages.h); its first two rows become the least
// and the largest result of each output channel, NaN where one is. `scratch`: DepthwiseScratchBytes, aligned for float.
CheckedSize DepthwiseScratchBytes(const DepthwiseSource& source, const DepthwiseGeometry& geometry, int threads);
void DepthwiseConv2DOf(const DepthwiseSource& source, const float* filter, const DepthwiseGeometry& geometry,
                       const float* bias, float* output, float* extremes, float* scratch, ThreadPool& pool,
                       const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_DEPTHWISE_H_

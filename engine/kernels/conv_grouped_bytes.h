// Convolutions of bytes in groups, each output channel seeing few input channels: exact sums in 32 bits.
#ifndef RIVULET_ENGINE_KERNELS_CONV_GROUPED_BYTES_H_
#define RIVULET_ENGINE_KERNELS_CONV_GROUPED_BYTES_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"

namespace rivulet {

// The convolution of conv.h; output [batch, out_h, out_w, out_c]. Byte is uint8_t or int8_t. A depthwise convolution
// has as many groups as input channels. Sums wrap around, as two's complement does.
template <typename Byte>
void GroupedConvBytes(const Byte* input, const int8_t* filter, const ConvGeometry& geometry, int32_t* output,
                      ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CONV_GROUPED_BYTES_H_

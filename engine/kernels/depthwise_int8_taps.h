// Where the bytes under a depthwise filter lie, and in what order its taps are. Internal to depthwise_int8.cc.
#ifndef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_TAPS_H_
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_TAPS_H_

#include "engine/kernels/depthwise_int8.h"

namespace rivulet {

inline constexpr int64_t kTapsOfQuad = 4;
inline constexpr int64_t kMaxQuads = kMaxDepthwiseQuads;
inline constexpr int64_t kMostChannels = 64;  // of any target's block

struct TaskDepthwiseInt8 {
  const uint8_t* input = nullptr;
  const uint8_t* outside = nullptr;  // kMostChannels of them
  const int8_t* packed = nullptr;
  DepthwiseGeometry geometry;
  SumsTail tail;
};

// Filters are packed column by column, each filled up to whole quads: so a column's bytes, once interleaved, serve
// several output pixels.
inline int64_t QuadsOfColumn(int64_t k_h) { return (k_h + kTapsOfQuad - 1) / kTapsOfQuad; }

// The input rows under an output row's filter, the last one again up to whole quads; the pixel in column x is x * step
// bytes further on.
struct RowsInt8 {
  const uint8_t* outside;
  const uint8_t* from[kMaxQuads * kTapsOfQuad];
  int64_t step[kMaxQuads * kTapsOfQuad];
};
RowsInt8 RowsOf(const TaskDepthwiseInt8& task, int64_t row, int64_t channel);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_TAPS_H_

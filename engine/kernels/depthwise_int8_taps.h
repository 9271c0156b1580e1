// Where the bytes under a depthwise filter lie, and in what order its taps are. Internal to depthwise_int8.cc.
#ifndef RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_TAPS_H_
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_TAPS_H_

#include "engine/kernels/depthwise_int8.h"

namespace rivulet {

inline constexpr int64_t kTapsOfQuad = 4;
inline constexpr int64_t kMaxQuads = kMaxDepthwiseTaps / kTapsOfQuad;
inline constexpr int64_t kMostChannels = 64;  // of any target's block

struct TaskDepthwiseInt8 {
  const uint8_t* input = nullptr;
  const uint8_t* outside = nullptr;  // kMostChannels of them
  const int8_t* packed = nullptr;
  DepthwiseGeometry geometry;
  SumsTail tail;
};

// Where an output pixel's taps lie; those of the pixel to its right are `step` bytes further on, while none leaves the
// input.
struct TapsInt8 {
  const uint8_t* from[kMaxDepthwiseTaps];
  int64_t step[kMaxDepthwiseTaps];
};

// Filters of three rows are packed, and their taps listed, by columns, with nothing in each fourth place: so a column's
// bytes, once interleaved, serve several output pixels.
inline bool ByColumns(const DepthwiseGeometry& g) { return g.k_h == 3 && g.k_w <= 8; }
inline int64_t QuadsOf(const DepthwiseGeometry& g) {
  return ByColumns(g) ? g.k_w : (g.k_h * g.k_w + kTapsOfQuad - 1) / kTapsOfQuad;
}

// The input rows under an output row's filter of three rows; the pixel in column x is x * step bytes further on.
struct RowsInt8 {
  const uint8_t* outside;
  const uint8_t* from[3];
  int64_t step[3];
};
RowsInt8 RowsOf(const TaskDepthwiseInt8& task, int64_t row, int64_t channel);

// The taps of the output pixel in row `row` (counted over the batch) and column x, from `channel` on.
void FindTaps(const TaskDepthwiseInt8& task, int64_t row, int64_t x, int64_t channel, TapsInt8* taps);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_DEPTHWISE_INT8_TAPS_H_

// Arithmetic that both ways of Winograd's cut their work by. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_SIZES_H_
#define RIVULET_ENGINE_KERNELS_WINOGRAD_SIZES_H_

#include <cstdint>

namespace rivulet {
namespace winograd {

// Floats of one of the blocks that each of several threads has for itself: the transformed filters and the sums in the
// first, behind its head, and transformed input in the others. One size for all convolutions, so that a block is
// always the same thread's.
constexpr int64_t kHeadFloats = 16;
constexpr int64_t kBlockFloats = 168 * 1024;

constexpr int64_t PartsOf(int64_t count, int64_t part) { return (count + part - 1) / part; }

// So many floats, and a cache line if need be to make it an odd number of lines: what is written for all points at once
// does not fall into the same sets.
constexpr int64_t OddLines(int64_t floats) { return (PartsOf(floats, 16) | 1) * 16; }

// Under a filter with dilation d, every d-th output is a picture of its own, and a tile's outputs are d apart. Tiles of
// a line of outputs:
constexpr int64_t TilesOf(int64_t outputs, int64_t dilation, int64_t outs) {
  return dilation * PartsOf(PartsOf(outputs, dilation), outs);
}

// The first output of a tile. It may lie past the last output there is.
constexpr int64_t FirstOf(int64_t tile, int64_t dilation, int64_t outs) {
  return tile % dilation + tile / dilation * dilation * outs;
}

// Steps of the dilation that it takes from `first` to `to`, or past it.
constexpr int64_t StepsTo(int64_t to, int64_t first, int64_t dilation) {
  return first >= to ? 0 : PartsOf(to - first, dilation);
}

}  // namespace winograd
}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_WINOGRAD_SIZES_H_

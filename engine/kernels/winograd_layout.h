// How a convolution is cut up by winograd.h. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_LAYOUT_H_
#define RIVULET_ENGINE_KERNELS_WINOGRAD_LAYOUT_H_

#include <cstdint>

#include "engine/kernels/conv.h"
#include "engine/kernels/winograd_sizes.h"

namespace rivulet {
namespace winograd {

constexpr int64_t kPoints = 36;
// The most input channels, output channels and tiles of a piece, so that the transformed filter and the sums stay in
// the second-level cache.
constexpr int64_t kMaxDepth = 64;
constexpr int64_t kMaxColumns = 32;
constexpr int64_t kMaxTiles = 56;
// What a piece is rounded up by, to whole tiles of the micro-kernel.
constexpr int64_t kMoreTiles = 16;

// The sizes of one convolution's work.
struct Layout {
  // Of an input tile: known only at run time, for loops that are better not unrolled.
  int64_t side = 6;
  int64_t taps = 3;  // side of the filter
  int64_t outs = 4;  // side of an output tile
  int64_t tiles_y = 0;
  int64_t tiles_x = 0;
  int64_t tiles = 0;         // of all images
  int64_t depths = 0;        // blocks of input channels
  int64_t depth = 0;         // channels of one
  int64_t input_point = 0;   // floats from one point to the next, of the transformed input
  int64_t filter_point = 0;  // of 16 columns of the transformed filter
  int64_t sum_point = 0;     // of the sums
  int64_t block_floats = 0;
  int64_t depths_of_block = 0;  // whose transformed input one of a thread's blocks holds
  int64_t blocks = 0;           // of a thread
};

// Tiles of a piece. One thread takes whole tiles of the micro-kernel, as far as possible. Several share them evenly, if
// they are enough to be worth filters that are transformed anew; else they share the output channels.
int64_t TilesOfPart(int64_t tiles, int threads, int64_t tile_rows);

// With room for so many threads.
Layout LayoutOf(const ConvGeometry& geometry, int threads);

}  // namespace winograd
}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_WINOGRAD_LAYOUT_H_

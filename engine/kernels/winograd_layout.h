// How a convolution is cut up by winograd.h. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_LAYOUT_H_
#define RIVULET_ENGINE_KERNELS_WINOGRAD_LAYOUT_H_

#include <cstdint>

#include "engine/kernels/conv.h"
#include "engine/kernels/winograd_sizes.h"

namespace rivulet {
namespace winograd {

// The most output channels of a piece.
constexpr int64_t kMaxColumns = 32;
// Tiles of a piece are rounded up to whole tiles of the micro-kernel, of at most so many rows; the most of a form, 42
// or 56, by no more than the second.
constexpr int64_t kMostTileRows = 14;
constexpr int64_t kMoreTiles = 6;

// A way to compute it: filters of `taps` a side on tiles of the input of `side` pixels. A larger filter is the sum of
// several such, of groups of its taps.
struct Form {
  int64_t taps;
  int64_t side;
  // The most input channels and tiles of a piece, so that the transformed filter and the sums stay in the second-level
  // cache.
  int64_t max_depth;
  int64_t max_tiles;
  // What the transforms cost, in multiply-adds: for each input channel of a tile, each output channel of a tile, and
  // each filter of a piece. Measured on AVX2.
  double input_cost;
  double output_cost;
  double filter_cost;
};

// The most accurate first. Small engines go without groups of 4 taps.
constexpr Form kForms[] = {
    {3, 4, 64, 56, 80, 60, 50},    {3, 6, 64, 56, 200, 180, 100},
#ifndef RIVULET_SMALL
    {4, 6, 64, 56, 180, 130, 155},
#endif
    {3, 8, 32, 42, 420, 420, 200},
#ifndef RIVULET_SMALL
    {4, 8, 32, 42, 420, 300, 285},
#endif
    {5, 8, 32, 42, 420, 300, 330},
};
// Groups of this many taps a side may lack some; no filter has more groups than kMostGroups along a side.
constexpr int64_t kPartTaps = 4;
constexpr int64_t kMostGroups = 4;

// The sizes of one convolution's work.
struct Layout {
  int64_t side = 0;  // of an input tile
  int64_t taps = 3;  // side of a group of the filter's taps
  int64_t outs = 0;  // side of an output tile
  int64_t groups_y = 0;
  int64_t groups_x = 0;
  int64_t max_tiles = 0;
  int64_t tiles_y = 0;
  int64_t tiles_x = 0;
  int64_t tiles = 0;         // of all images
  bool by_tiles = false;     // whether threads share tiles rather than output channels: inputs cost more than filters
  int64_t depths = 0;        // blocks of input channels
  int64_t depth = 0;         // channels of one
  int64_t piece_tiles = 0;   // that there is room for
  int64_t input_point = 0;   // floats from one point to the next, of the transformed input
  int64_t filter_point = 0;  // of 16 columns of the transformed filter
  int64_t sum_point = 0;     // of the sums
  int64_t block_floats = 0;
  int64_t depths_of_block = 0;  // whose transformed input one of a thread's blocks holds
  int64_t blocks = 0;           // of a thread

  int64_t points() const { return side * side; }
  int64_t groups() const { return groups_y * groups_x; }
};

// Tiles of a piece. One thread takes whole tiles of the micro-kernel, as far as possible. Several share them evenly, if
// they are enough to be worth filters that are transformed anew; else they share the output channels.
int64_t TilesOfPart(const Layout& layout, int threads, int64_t tile_rows);

// In the form that is least work, with room for so many threads.
Layout LayoutOf(const ConvGeometry& geometry, int threads);

}  // namespace winograd
}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_WINOGRAD_LAYOUT_H_

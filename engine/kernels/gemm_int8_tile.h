// Where a tile of byte products reads and writes. Internal to gemm_int8.cc and what it uses.
#ifndef RIVULET_ENGINE_KERNELS_GEMM_INT8_TILE_H_
#define RIVULET_ENGINE_KERNELS_GEMM_INT8_TILE_H_

#include <cstdint>

namespace rivulet {

// Where a tile's sums go.
struct TileOutInt8 {
  const int32_t* start;
  int32_t* tile;   // to be finished from there, where `codes` is null
  uint8_t* codes;  // else at once, as codes that end at 0 and 255
  int64_t stride;
  const float* multiply;
  const float* add;
};

// Where a tile's rows are: row i of line j begins at from[j] + i * stride. A line has `groups` groups of four values of
// k.
struct TileRowsInt8 {
  const uint8_t* const* from;
  int64_t lines;
  int64_t groups;
  int64_t stride;
};

// Sums of the rows, unsigned bytes, times the signed bytes of one or two vectors of columns at b0 and b1, whose groups
// are 64 bytes apart.
using TileFunctionInt8 = void (*)(const TileRowsInt8&, const int8_t* b0, const int8_t* b1, const TileOutInt8&);

// The least tall functions that make so many rows, of which more may then be computed than are there: they must be
// readable.
struct TileChoiceInt8 {
  int64_t rows = 0;
  TileFunctionInt8 two = nullptr;
  TileFunctionInt8 one = nullptr;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_INT8_TILE_H_

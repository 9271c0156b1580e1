// Tiles of byte products by Arm's dot product of signed bytes (SDOT), which processors from 2018 on have; Highway has
// no name for it. Internal to gemm_int8.cc.
#ifndef RIVULET_ENGINE_KERNELS_GEMM_INT8_SDOT_H_
#define RIVULET_ENGINE_KERNELS_GEMM_INT8_SDOT_H_

#include <cstdint>

#include "engine/kernels/gemm_int8_tile.h"

namespace rivulet {

// Whether this build and processor have it.
bool HasSdot();

// Of tiles with vectors of four columns, up to eight rows. Sums go to tiles whose rows are eight columns.
TileChoiceInt8 SdotTileFor(int64_t rows);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_INT8_SDOT_H_

// Tiles of byte products by what Arm processors have for them and Highway has no name for: dot products of signed bytes
// (SDOT, from 2018 on), products of 2x8 by 8x2 bytes (I8MM, from 2021 on). Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_GEMM_INT8_ARM_H_
#define RIVULET_ENGINE_KERNELS_GEMM_INT8_ARM_H_

#include <cstdint>

#include "engine/kernels/gemm_int8_tile.h"

namespace rivulet {

// Tiles with vectors of four columns, up to eight rows, by the better of them; no rows where this build or processor
// has neither. Sums go to tiles whose rows are eight columns.
TileChoiceInt8 ArmTileFor(int64_t rows);

TileChoiceInt8 SdotTileFor(int64_t rows);
TileChoiceInt8 I8mmTileFor(int64_t rows);
bool HasI8mm();

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_INT8_ARM_H_

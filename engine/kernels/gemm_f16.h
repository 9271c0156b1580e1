// Arithmetic of float16: Arm's FP16, on phones from 2017 on, where bfloat16 came four years later. Internal to
// engine/kernels; see gemm_half.h.
//
// Sums are float16 for 64 products, then float. Rows and columns are scaled by powers of two beforehand, so that no sum
// overflows and what is small beside the largest value of its row or column is all that is lost.
#ifndef RIVULET_ENGINE_KERNELS_GEMM_F16_H_
#define RIVULET_ENGINE_KERNELS_GEMM_F16_H_

#include <cstdint>

#include "engine/kernels/gemm.h"

namespace rivulet {

// Whether this build and processor have it.
bool HasF16Arithmetic();

// A power of two that takes `largest`, a magnitude, into [1, 2), or as near to it as floats go; 1 for zero and what is
// not finite.
float F16Scale(float largest);

// A piece of RunGemmHalf; `scales` undo those of the columns.
void RunF16Piece(const GemmTask& task, const uint16_t* packed, const float* scales, int64_t row_begin, int64_t row_end,
                 int64_t column_begin, int64_t column_end);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_F16_H_

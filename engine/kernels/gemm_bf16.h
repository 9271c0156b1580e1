// Products of bfloat16 pairs: AVX512_BF16, Arm's BF16. Internal to engine/kernels; see gemm_half.h.
#ifndef RIVULET_ENGINE_KERNELS_GEMM_BF16_H_
#define RIVULET_ENGINE_KERNELS_GEMM_BF16_H_

#include <cstdint>

#include "engine/kernels/gemm.h"

namespace rivulet {

// Whether this build and processor have the dot product.
bool HasBf16Products();

// A piece of RunGemmHalf.
void RunBf16Piece(const GemmTask& task, const uint16_t* packed, int64_t row_begin, int64_t row_end,
                  int64_t column_begin, int64_t column_end);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_BF16_H_

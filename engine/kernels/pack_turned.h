// One panel of a packed right operand (matmul.h) from a matrix that lies transposed.
#ifndef RIVULET_ENGINE_KERNELS_PACK_TURNED_H_
#define RIVULET_ENGINE_KERNELS_PACK_TURNED_H_

#include <cstdint>

namespace rivulet {

// packed[p * 16 + j] = b[j * step + p * sizeof(float)] for p < k, j < width, times factors[j] if there are any; columns
// from `width` on are zero. `b` and `step` are in bytes, at any address.
void PackTurnedPanel(const void* b, int64_t step, int64_t k, int64_t width, const float* factors, float* packed);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_PACK_TURNED_H_

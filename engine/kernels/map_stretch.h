// The functions of map.h on the calling thread, for callers that split the work themselves. Same promises.
#ifndef RIVULET_ENGINE_KERNELS_MAP_STRETCH_H_
#define RIVULET_ENGINE_KERNELS_MAP_STRETCH_H_

#include <cstdint>

#include "engine/kernels/map.h"

namespace rivulet {

void UnaryStretch(UnaryKind kind, const float* x, int64_t n, float* out);
// An operand is n values, or the one value that it points at.
void BinaryStretch(BinaryKind kind, const float* a, bool a_one, const float* b, bool b_one, int64_t n, float* out);
void ActivationStretch(const Activation& activation, const float* x, int64_t n, float* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_MAP_STRETCH_H_

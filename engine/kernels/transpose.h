// Transposition of arrays of plain elements of any type.
#ifndef RIVULET_ENGINE_KERNELS_TRANSPOSE_H_
#define RIVULET_ENGINE_KERNELS_TRANSPOSE_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet {

inline constexpr int kMaxTransposeRank = 32;

// Output axis i is input axis perm[i]; `dims` are the input's. `perm` is a permutation of [0, rank), rank at most
// kMaxTransposeRank; element_bytes is 1, 2, 4, 8 or 16. Both sides are aligned for their element and do not overlap.
void Transpose(const void* in, int rank, const int64_t* dims, const int* perm, size_t element_bytes, void* out,
               ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_TRANSPOSE_H_

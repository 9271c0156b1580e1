// The patches of neighbouring output pixels, read where they lie: a row of the filter is a run of the input, and the
// next pixel's is stride_w pixels further on. Internal to gemm_int8.cc.
#ifndef RIVULET_ENGINE_KERNELS_LINES_INT8_H_
#define RIVULET_ENGINE_KERNELS_LINES_INT8_H_

#include "engine/kernels/collect_int8.h"

namespace rivulet {

inline constexpr int64_t kMostLinesInt8 = 32;  // rows of a filter
// What the lines of a tile of at most 14 pixels need beside as many collected rows.
inline constexpr int64_t kMoreForLinesInt8 = kMostLinesInt8 * 128;

// Whether tiles of at most `tile` pixels, all of one output row, are worth it in place of collected patches.
bool ReadsLinesInt8(const TaskInt8& task, int64_t tile);

// Sets from[i] for each row of the filter: where the patch of the first of `pixels` output pixels from `pixel` on has
// its row i. They are of one output row; so many patches as `computed` are readable. `buffer`: for those that reach
// outside.
void FindLinesInt8(const TaskInt8& task, int64_t pixel, int64_t pixels, int64_t computed, uint8_t* buffer,
                   const uint8_t** from);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_LINES_INT8_H_

// Two rows mixed into one.
#ifndef RIVULET_ENGINE_KERNELS_MIX_ROWS_H_
#define RIVULET_ENGINE_KERNELS_MIX_ROWS_H_

#include <cstdint>

namespace rivulet {

// out[i] = upper[i] + (lower[i] - upper[i]) * part, each operation rounded.
void MixRows(const float* upper, const float* lower, float part, int64_t count, float* out);

// For each of `count` pairs, `channels` values out[k] = left[k] + (right[k] - left[k]) * part, one pair's behind the
// other's. `left` and `right` are where in `row`, of `size` floats, a pair's values begin.
struct MixPair {
  int64_t left;
  int64_t right;
  float part;
};
void MixPairs(const float* row, int64_t size, const MixPair* pairs, int64_t count, int64_t channels, float* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_MIX_ROWS_H_

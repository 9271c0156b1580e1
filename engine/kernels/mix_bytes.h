// Rows of bytes mixed by weights of 7 bits, exactly: two rows first, then pairs of pixels of that.
#ifndef RIVULET_ENGINE_KERNELS_MIX_BYTES_H_
#define RIVULET_ENGINE_KERNELS_MIX_BYTES_H_

#include <cstdint>

namespace rivulet {

inline constexpr int kByteWeightBits = 7;
inline constexpr int kWholeByteWeight = 1 << kByteWeightBits;

// mixed[i] = upper[i] * (128 - part) + lower[i] * part, with a part of [0, 128].
void MixByteRows(const uint8_t* upper, const uint8_t* lower, int64_t count, int part, uint16_t* mixed);

// For each of `count` pairs, `channels` bytes out[k] = (left[k] * (128 - part) + right[k] * part + 8192) >> 14, one
// pair's behind the other's. `left` and `right` are where in `row`, of MixByteRows, a pair's values begin.
struct MixBytePair {
  int64_t left;
  int64_t right;
  int32_t part;
};
void MixBytePairs(const uint16_t* row, const MixBytePair* pairs, int64_t count, int64_t channels, uint8_t* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_MIX_BYTES_H_

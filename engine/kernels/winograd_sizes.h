// Arithmetic that both ways of Winograd's cut their work by. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_SIZES_H_
#define RIVULET_ENGINE_KERNELS_WINOGRAD_SIZES_H_

#include <cstdint>

namespace rivulet {
namespace winograd {

constexpr int64_t PartsOf(int64_t count, int64_t part) { return (count + part - 1) / part; }

// So many floats, and a cache line if need be to make it an odd number of lines: what is written for all points at once
// does not fall into the same sets.
constexpr int64_t OddLines(int64_t floats) { return (PartsOf(floats, 16) | 1) * 16; }

}  // namespace winograd
}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_WINOGRAD_SIZES_H_

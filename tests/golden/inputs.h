// Input tensors from integers, bit-equal to inputs.py: a golden case stores the recipe, not the bytes.
#ifndef RIVULET_TESTS_GOLDEN_INPUTS_H_
#define RIVULET_TESTS_GOLDEN_INPUTS_H_

#include <cstdint>

#include "rivulet/tensor.h"

namespace rivulet::golden {

enum class Kind : uint8_t { kGrid = 0, kEdge = 1, kPermutation = 2, kStrings = 3 };

// kGrid: k * 2^shift with lo <= k <= hi, drawn for each element; integers ignore the shift. kEdge: the dtype's special
// values in turn, starting at `seed`. kPermutation: lo, lo + 1, ... once each, times 2^shift. kStrings: of lo to hi
// bytes.
struct Recipe {
  DType dtype = DType::kFloat;
  Shape shape;
  Kind kind = Kind::kGrid;
  uint64_t seed = 0;
  int64_t lo = 0;
  int64_t hi = 0;
  int32_t shift = 0;
};

// Output number `index` of splitmix64 with state `seed`.
uint64_t Word(uint64_t seed, uint64_t index);

Result<Tensor> MakeTensor(const Recipe& recipe);

// FNV-1a over the elements' bytes; each string is followed by a zero byte.
uint64_t Checksum(const Tensor& tensor);

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_INPUTS_H_

// Quantised weights from their slice of a squeezed region.
#ifndef RIVULET_ENGINE_IMPORT_SQUEEZED_LEVELS_H_
#define RIVULET_ENGINE_IMPORT_SQUEEZED_LEVELS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rivulet/dtype.h"

namespace rivulet {

// 2^(quarters / 4).
float QuarterOctaves(int32_t quarters);

// How levels become weights: level l of channel c is sign(l) (|l| - inset) steps[c], where inset is inner for ones and
// outer for the others, and the channel of element i is (i / run) % steps.size(). Where rows have steps too, each is
// wider by 2^(row_quarters / 4).
struct LevelScale {
  std::vector<float> steps = {1};
  std::vector<int32_t> row_quarters;  // of each row of LevelCoding::row elements; empty: none
  int64_t run = 1;
  float inner = 0;
  float outer = 0;
};

struct LevelCoding {
  int64_t row = 0;    // columns of the statistics; 0: none
  int low_bits = 0;   // of every level, kept as they are; the rest is coded
  uint16_t mean = 0;  // magnitude of what is coded, in 256ths: where the averages start
  // Where rows have steps: whether those of wider ones have levels that are as much smaller, see RowScale.
  bool follows_rows = false;
};

// Fills `out`, elements `first` and on of the tensor, of type dtype: float, half or bfloat16. False where the bytes are
// no such slice; what was written then means nothing. `columns` is memory to work in, of `row` elements or one.
bool DecodeLevelSlice(std::span<const uint8_t> bytes, const LevelCoding& coding, const LevelScale& scale, int64_t first,
                      int64_t count, std::span<uint16_t> columns, DType dtype, void* out);

// The levels themselves, of a tensor without rows.
bool DecodeLevels(std::span<const uint8_t> bytes, const LevelCoding& coding, std::span<int32_t> out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SQUEEZED_LEVELS_H_

// Constants as squeezed regions: the writing side of engine/import/squeezed_region.h.
#ifndef RIVULET_PREPARE_SQUEEZE_REGION_WRITER_H_
#define RIVULET_PREPARE_SQUEEZE_REGION_WRITER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/import/squeezed_levels.h"
#include "rivulet/tensor.h"

namespace rivulet::prepare {

// A tensor's weights as levels: see LevelScale.
struct QuantizedWeights {
  DType dtype = DType::kFloat;
  int64_t row = 0;
  std::vector<int32_t> levels;
  float step = 1;
  std::vector<int32_t> quarters;      // of each channel; empty: one step for all
  std::vector<int32_t> row_quarters;  // of each row; empty: none
  int64_t run = 1;
  float inner = 0;
  float outer = 0;

  float StepOf(int64_t element) const;  // without what its row is wider by
  float WiderOf(int64_t element) const;
  float ValueOf(int64_t element) const;
};

inline constexpr int64_t kSqueezeSlice = 1 << 17;

std::string WriteLevels(const QuantizedWeights& weights, int64_t slice_elements = kSqueezeSlice);

// Any tensor that HasBytePlanes.
std::string WriteBytes(const Tensor& tensor, int64_t slice_elements = kSqueezeSlice);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_REGION_WRITER_H_

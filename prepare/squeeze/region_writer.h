// Constants as squeezed regions: the writing side of engine/import/squeezed_region.h.
#ifndef RIVULET_PREPARE_SQUEEZE_REGION_WRITER_H_
#define RIVULET_PREPARE_SQUEEZE_REGION_WRITER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rivulet/tensor.h"

namespace rivulet::prepare {

// A tensor's weights as levels: see LevelScale.
struct QuantizedWeights {
  DType dtype = DType::kFloat;
  int64_t row = 0;
  std::vector<int32_t> levels;
  float step = 1;
  std::vector<int32_t> quarters;  // of each channel; empty: one step for all
  int64_t run = 1;
  float inner = 0;
  float outer = 0;

  float StepOf(int64_t element) const;
  float ValueOf(int64_t element) const;
};

// By how much 2^(quarters / 4) is larger.
float QuarterOctaves(int32_t quarters);

inline constexpr int64_t kSqueezeSlice = 1 << 17;

std::string WriteLevels(const QuantizedWeights& weights, int64_t slice_elements = kSqueezeSlice);

// Any tensor that HasBytePlanes.
std::string WriteBytes(const Tensor& tensor, int64_t slice_elements = kSqueezeSlice);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_REGION_WRITER_H_

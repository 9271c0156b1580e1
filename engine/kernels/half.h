// Half precision and bfloat16 to single precision and back, many at a time.
#ifndef RIVULET_ENGINE_KERNELS_HALF_H_
#define RIVULET_ENGINE_KERNELS_HALF_H_

#include <cstdint>

#include "engine/base/built.h"
#include "rivulet/dtype.h"

namespace rivulet {

inline bool IsHalf(DType dtype) {
  return (IsBuilt(DType::kHalf) && dtype == DType::kHalf) || (IsBuilt(DType::kBfloat16) && dtype == DType::kBfloat16);
}

// `dtype` is kHalf or kBfloat16. The same results as the conversions of Half and BFloat16, bit for bit.
void WidenHalf(DType dtype, const void* from, int64_t n, float* to);
void NarrowToHalf(DType dtype, const float* from, int64_t n, void* to);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_HALF_H_

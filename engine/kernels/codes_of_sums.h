// Sums of 32 bits as codes of 8 bits, a factor and an addend for each column: what follows a product of bytes.
#ifndef RIVULET_ENGINE_KERNELS_CODES_OF_SUMS_H_
#define RIVULET_ENGINE_KERNELS_CODES_OF_SUMS_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet {

enum class SummandType : uint8_t { kNone, kUint8, kInt8 };

// output[i, j] = sums[i, j] * multiply[j] + add[j] + summand[i, j] * summand_scale, each step in single precision,
// within [low, high], rounded to even. Any NaN becomes some code.
struct CodesOfSums {
  int64_t rows = 0;
  int64_t columns = 0;
  const int32_t* sums = nullptr;
  const float* multiply = nullptr;
  const float* add = nullptr;
  SummandType summand_type = SummandType::kNone;
  const void* summand = nullptr;
  float summand_scale = 0;
  float low = 0;  // both of the output's type
  float high = 255;
  bool is_signed = false;
  void* output = nullptr;  // of int8_t or uint8_t
};
void MakeCodes(const CodesOfSums& task, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CODES_OF_SUMS_H_

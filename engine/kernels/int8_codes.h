// Codes of 8 bits: made of floats, turned back, added, looked up.
#ifndef RIVULET_ENGINE_KERNELS_INT8_CODES_H_
#define RIVULET_ENGINE_KERNELS_INT8_CODES_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet {

// code = floor(in_steps(clamp(x, low, high) - low) - zero + 1/2) + zero, where in_steps divides by `step` or multiplies
// with `steps_of_one`: the rounding of FakeQuantWithMinMaxVars and ..Args. Any NaN becomes some code.
struct CodesOfFloats {
  float low = 0;
  float high = 0;
  float step = 1;
  float steps_of_one = 1;
  float zero = 0;
  bool divides = true;
};
void MakeCodes(const float* x, int64_t count, const CodesOfFloats& to, uint8_t* codes, ThreadPool& pool,
               const StopToken& stop);

// (code - zero) * step
void FloatsOfCodes(const uint8_t* codes, int64_t count, int32_t zero, float step, float* x, ThreadPool& pool,
                   const StopToken& stop);

// a * factor_a + b * factor_b + add, within [low, high], rounded to even.
struct CodeAddition {
  float factor_a = 0;
  float factor_b = 0;
  float add = 0;
  float low = 0;
  float high = 255;
};
void AddCodes(const uint8_t* a, const uint8_t* b, int64_t count, const CodeAddition& how, uint8_t* sum,
              ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_INT8_CODES_H_

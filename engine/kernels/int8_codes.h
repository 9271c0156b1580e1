// Codes of 8 bits: made of floats, turned back, added, multiplied, looked up.
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

// (a - zero_a) * (b - zero_b) * factor + zero, within [low, high], rounded to even.
struct CodeProduct {
  int32_t zero_a = 0;
  int32_t zero_b = 0;
  float factor = 0;
  float zero = 0;
  float low = 0;
  float high = 255;
};
void MultiplyCodes(const uint8_t* a, const uint8_t* b, int64_t count, const CodeProduct& how, uint8_t* product,
                   ThreadPool& pool, const StopToken& stop);
// The same with one b for each channel of each image: a [images, pixels, channels], b [images, channels].
void MultiplyChannels(const uint8_t* a, const uint8_t* b, int64_t images, int64_t pixels, int64_t channels,
                      const CodeProduct& how, uint8_t* product, ThreadPool& pool, const StopToken& stop);

// to[i] = table[codes[i]]
void LookUpCodes(const uint8_t* codes, int64_t count, const uint8_t* table, uint8_t* to, ThreadPool& pool,
                 const StopToken& stop);
// The same of rows of `count` codes, which become rows `stride` codes apart, by the caller's thread alone.
void LookUpRowsOfCodes(const uint8_t* codes, int64_t rows, int64_t count, const uint8_t* table, int64_t stride,
                       uint8_t* to);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_INT8_CODES_H_

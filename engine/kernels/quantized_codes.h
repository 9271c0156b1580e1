// Loops of TensorFlow's quantised operators over bytes and 32-bit codes, whose results are those of the formulas in
// ops/quantized.h, operation by operation.
#ifndef RIVULET_ENGINE_KERNELS_QUANTIZED_CODES_H_
#define RIVULET_ENGINE_KERNELS_QUANTIZED_CODES_H_

#include <cstdint>
#include <limits>

namespace rivulet {

// code = round((clamp(x, low, high) - base) * scale) - offset within [0, 255], halves away from 0, or to even; 0 of
// NaN.
struct ByteEncoding {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  float base = 0;
  float scale = 1;
  float offset = 0;
  bool even = false;
};
void EncodeBytes(const float* x, int64_t count, const ByteEncoding& how, uint8_t* codes);

// code * step + add
void DecodeBytes(const uint8_t* codes, int64_t count, float step, float add, float* x);

void ClampBytes(const uint8_t* codes, int64_t count, uint8_t low, uint8_t high, uint8_t* to);

// Lowers *low to the least of the codes and raises *high to the largest.
void ExtremesOfBytes(const uint8_t* codes, int64_t count, uint8_t* low, uint8_t* high);
void ExtremesOfCodes(const int32_t* codes, int64_t count, int32_t* low, int32_t* high);

// ((code * scale >> 32) + offset) >> 16 within [0, 255], in 64 bits that wrap around; scale >= 0. Where that does not
// wrap, a result whose exact value is less than 2^-28 below a whole number may be that one.
void RequantizeCodes(const int32_t* codes, int64_t count, int64_t scale, uint64_t offset, uint8_t* to);

// start + a * step_a + b * step_b, modulo 2^32; null: nothing is added.
void AddCodeLines(const uint8_t* a, const uint8_t* b, int64_t count, int32_t start, int32_t step_a, int32_t step_b,
                  int32_t* sum);

// round((code * step + add) * scale) - offset within [-2^31, 2^31 - 128], halves away from 0, plus the code of the
// bias, modulo 2^32. All finite.
struct WideEncoding {
  float step = 1;
  float add = 0;
  float scale = 1;
  float offset = 0;
};
void AddBiasCodes(const uint8_t* codes, const int32_t* bias, int64_t count, const WideEncoding& how, int32_t* sum);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_QUANTIZED_CODES_H_

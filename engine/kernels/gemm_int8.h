// Products of codes of 8 bits with signed weights, and what becomes of their sums: codes again, or floats.
//
// The sums are exact. They are modulo 2^32, so the caller sees to it that k * 255 * 128 < 2^31.
#ifndef RIVULET_ENGINE_KERNELS_GEMM_INT8_H_
#define RIVULET_ENGINE_KERNELS_GEMM_INT8_H_

#include <cstdint>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"
#include "engine/kernels/gemm_u8.h"

namespace rivulet {

// Elements that the arrays of a SumsTail have: columns rounded up to whole vectors on every target.
inline constexpr int64_t kTailUnit = 64;
inline int64_t TailElements(int64_t columns) { return (columns + kTailUnit - 1) / kTailUnit * kTailUnit; }

// output = (sum + start[column]) * multiply[column] + add[column] in one or two roundings of single precision, within
// [low, high]; a code is that rounded to even. Where the output is codes, no value before that may be 2^31 or more.
struct SumsTail {
  const int32_t* start = nullptr;
  const float* multiply = nullptr;
  const float* add = nullptr;
  float low = 0;  // of codes: whole numbers of [0, 255]
  float high = 255;
  bool floats = false;     // the output's type: float, else uint8_t
  void* output = nullptr;  // [rows, columns]
};

// output [m, n] = tail(a [m, k] * b [k, n]); rows of `a` are lda apart. `b` was packed from signed bytes
// (PackedMatrixU8::kSignedByte). `scratch`: MatMulInt8ScratchBytes, aligned to 64.
CheckedSize MatMulInt8ScratchBytes(int64_t k, int threads);
void MatMulInt8(const uint8_t* a, int64_t lda, int64_t m, const PackedMatrixU8& b, const SumsTail& tail, void* scratch,
                ThreadPool& pool, const StopToken& stop);

// The convolution of conv.h, of one group; outside the input lies the byte `outside`.
void Conv2DInt8(const uint8_t* input, uint8_t outside, const PackedMatrixU8& filter, const ConvGeometry& geometry,
                const SumsTail& tail, void* scratch, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_INT8_H_

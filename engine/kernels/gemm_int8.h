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
CheckedSize MatMulInt8ScratchBytes(int64_t k, int64_t n, int threads);
void MatMulInt8(const uint8_t* a, int64_t lda, int64_t m, const PackedMatrixU8& b, const SumsTail& tail, void* scratch,
                ThreadPool& pool, const StopToken& stop);

// A filter [k_h, line, columns] for Conv2DInt8 and SumsU8, each byte xor `flip`. Rows may be padded with weights of 0,
// to PaddedLineInt8 bytes, so that their products are done where the input lies.
int64_t PaddedLineInt8(int64_t line);
Result<PackedMatrixU8> PackConvInt8(const uint8_t* filter, int64_t k_h, int64_t line, int64_t columns, uint8_t flip,
                                    Allocator& allocator);

// The convolution of conv.h, of one group; outside the input lies the byte `outside`. The filter is PackConvInt8's, or
// packed as the matrix [k_h * k_w * in_c, out_c].
void Conv2DInt8(const uint8_t* input, uint8_t outside, const PackedMatrixU8& filter, const ConvGeometry& geometry,
                const SumsTail& tail, void* scratch, ThreadPool& pool, const StopToken& stop);

// output [m, b.n()] = sum over k of (a - a_offset) * (b - b_offset), modulo 2^32, of unsigned bytes: rows of a matrix
// that are lda apart, or the patches of images, m of them, which see the byte a_offset, modulo 256, outside. A filter
// is PackConvInt8's, or packed as a matrix. `scratch`: SumsU8ScratchBytes, aligned to 64.
struct OperandU8 {
  const uint8_t* bytes = nullptr;
  int64_t lda = 0;
  const ConvGeometry* geometry = nullptr;
};
// What becomes of some rows of sums, which lie one behind the other in a near cache.
struct RowsFinish {
  void (*run)(const void* context, const int32_t* sums, int64_t first_row, int64_t rows) = nullptr;
  const void* context = nullptr;
};
// `extremes`, where it is not null, has room for 2 * threads rows of `extremes_stride` elements; the first two become
// the least and the largest sum of each column. With a
// `finish` all rows may go there, each once, by any thread, and none to `output`, which then has something else:
// returns whether that is so.
CheckedSize SumsU8ScratchBytes(int64_t k, int64_t n, int threads);
bool SumsU8(const OperandU8& left, int64_t m, int32_t a_offset, const PackedMatrixU8& b, int32_t b_offset,
            int32_t* output, void* scratch, ThreadPool& pool, const StopToken& stop, int32_t* extremes = nullptr,
            int64_t extremes_stride = 0, const RowsFinish* finish = nullptr);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_INT8_H_

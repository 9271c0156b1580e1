// Products of 8-bit matrices with offsets, exact in 32-bit integers (which wrap around, as two's complement does).
#ifndef RIVULET_ENGINE_KERNELS_GEMM_U8_H_
#define RIVULET_ENGINE_KERNELS_GEMM_U8_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"
#include "rivulet/allocator.h"
#include "rivulet/status.h"

namespace rivulet {

// B [k, n] of unsigned bytes in the layout the kernels read; target-independent.
class PackedMatrixU8 {
 public:
  PackedMatrixU8() = default;

  static CheckedSize Bytes(int64_t k, int64_t n);
  // B [k, n], or its transpose [n, k] when `transposed`, each byte xor `flip`: kSignedByte makes 128 more of signed
  // bytes.
  static Result<PackedMatrixU8> Pack(const uint8_t* b, int64_t k, int64_t n, bool transposed, Allocator& allocator,
                                     uint8_t flip = 0);
  // The same into memory of the caller's, Bytes(k, n) long and 64-byte aligned, which must outlive the result. A stop
  // leaves the rest unpacked.
  static PackedMatrixU8 PackInto(const uint8_t* b, int64_t k, int64_t n, bool transposed, void* memory,
                                 uint8_t flip = 0, const StopToken* stop = nullptr);
  static constexpr uint8_t kSignedByte = 0x80;
  // A packed form that lies somewhere already, Bytes(k, n) long and aligned for int32_t; `owner` keeps it alive.
  static PackedMatrixU8 View(const void* packed, int64_t k, int64_t n, std::shared_ptr<void> owner);

  int64_t k() const { return k_; }
  int64_t n() const { return n_; }
  const int8_t* data() const { return data_; }
  // Per column: the sum of its values.
  const int32_t* column_sums() const { return sums_; }

 private:
  int64_t k_ = 0;
  int64_t n_ = 0;
  const int8_t* data_ = nullptr;
  const int32_t* sums_ = nullptr;
  std::shared_ptr<void> owner_;
};

// c [m, n] = sum over k of (a[i, k] - a_offset) * (b[k, j] - b_offset). `a` is [m, k] with rows lda apart, or its
// transpose [k, m] with rows lda apart when transpose_a. Any offsets.
void MatMulU8(const uint8_t* a, int64_t lda, bool transpose_a, int32_t a_offset, int64_t m, const PackedMatrixU8& b,
              int32_t b_offset, int32_t* c, int64_t ldc, ThreadPool& pool, const StopToken& stop);

// The convolution of conv.h over bytes. Outside the input lies the byte a_offset, modulo 256 as in TensorFlow, which
// contributes 0 where a_offset is a byte; with a negative a_offset the outside contributes 0. Pads may be negative. The
// filter [k_h, k_w, in_c, out_c] is packed as the matrix [k_h * k_w * in_c, out_c]; with a negative a_offset it may be
// PackConvInt8's (gemm_int8.h). One group only.
void Conv2DU8(const uint8_t* input, int32_t a_offset, const PackedMatrixU8& filter, int32_t b_offset,
              const ConvGeometry& geometry, int32_t* output, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_U8_H_

// Matrix products whose operands are rounded to 16 bits and whose sums are float: half of the weights' bytes, and on
// processors that multiply such numbers faster twice the multiplications a cycle. Only where a caller asks for speed at
// the price of accuracy (Precision::kFast).
#ifndef RIVULET_ENGINE_KERNELS_GEMM_HALF_H_
#define RIVULET_ENGINE_KERNELS_GEMM_HALF_H_

#include <cstdint>
#include <memory>

#include "engine/base/checked.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/matmul.h"

namespace rivulet {

// Whether any target of this build may have them: an engine for one processor without has no more of this.
#if defined(HWY_COMPILE_ONLY_STATIC) && !defined(__AVX512BF16__) && !defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC) && \
    !defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
inline constexpr bool kHalfProductsBuilt = false;
#else
inline constexpr bool kHalfProductsBuilt = true;
#endif

enum class HalfProducts : uint8_t {
  kNone,
  kBf16,  // dot products of pairs of bfloat16 (gemm_bf16.h)
  kF16,   // arithmetic of float16 (gemm_f16.h)
};

// What this build does best on this processor.
HalfProducts HalfProductsHere();

// The right operand [k, n] in panels of 16 columns, columns past n are zero.
// kBf16: a panel holds, for each two rows, the two values of each column beside one another; an odd last row has zeros
// beside it. kF16: a panel holds its rows, as many zeros as make them a multiple of eight, and each column is
// multiplied by a power of two so that its largest value lies in [1, 2); behind the panels, what undoes that, as
// floats.
class PackedHalf {
 public:
  static CheckedSize Bytes(HalfProducts products, int64_t k, int64_t n);
  // Packs B from floats that may start at any address; column j times factors[j], if there are any.
  static Result<PackedHalf> Pack(HalfProducts products, const void* b, int64_t k, int64_t n, const PackMemory& memory,
                                 const float* factors = nullptr);
  HalfProducts products() const { return products_; }
  int64_t k() const { return k_; }
  int64_t n() const { return n_; }
  const uint16_t* data() const { return data_; }
  const float* scales() const;  // of kF16

 private:
  HalfProducts products_ = HalfProducts::kNone;
  int64_t k_ = 0;
  int64_t n_ = 0;
  const uint16_t* data_ = nullptr;
  std::shared_ptr<void> owner_;
};

// Whether products with such a right operand gain.
bool HalfPays(int64_t n, int64_t k);

// The product of `task`, whose packed operand is `b` instead, and whose activation is no leaky one.
void RunGemmHalf(const GemmTask& task, const PackedHalf& b, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_HALF_H_

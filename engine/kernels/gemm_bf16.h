// Matrix products whose operands are rounded to bfloat16 and whose sums are float: half of the weights' bytes, and on
// processors with a dot product of two such pairs twice the multiplications a cycle. Only where a caller asks for speed
// at the price of accuracy (SessionOptions::precision).
#ifndef RIVULET_ENGINE_KERNELS_GEMM_BF16_H_
#define RIVULET_ENGINE_KERNELS_GEMM_BF16_H_

#include <cstdint>
#include <memory>

#include "engine/base/checked.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/matmul.h"

namespace rivulet {

// Whether any target of this build may have the dot product: an engine for one processor without it has no more of
// this.
#if defined(HWY_COMPILE_ONLY_STATIC) && !defined(__AVX512BF16__) && !defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
inline constexpr bool kBf16Built = false;
#else
inline constexpr bool kBf16Built = true;
#endif

// Whether this build and processor have the dot product.
bool HasBf16Products();

// The right operand [k, n] in panels of 16 columns; a panel holds, for each two rows, the two values of each column
// beside one another. An odd last row has zeros beside it, and so have columns past n.
class PackedBf16 {
 public:
  static CheckedSize Bytes(int64_t k, int64_t n);
  // Packs B from floats that may start at any address; column j times factors[j], if there are any.
  static Result<PackedBf16> Pack(const void* b, int64_t k, int64_t n, const PackMemory& memory,
                                 const float* factors = nullptr);
  int64_t k() const { return k_; }
  int64_t n() const { return n_; }
  const uint16_t* data() const { return data_; }

 private:
  int64_t k_ = 0;
  int64_t n_ = 0;
  const uint16_t* data_ = nullptr;
  std::shared_ptr<void> owner_;
};

// Whether products with such a right operand gain.
bool Bf16Pays(int64_t n, int64_t k);

// The product of `task`, whose packed operand is `b` instead, and whose activation is no leaky one.
void RunGemmBf16(const GemmTask& task, const PackedBf16& b, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_BF16_H_

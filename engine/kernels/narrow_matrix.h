// A constant right operand whose numbers are written with fewer bytes than floats take and become those same floats in
// the kernel, bit for bit: results do not change. A product of few rows takes as long as its weights take to come.
#ifndef RIVULET_ENGINE_KERNELS_NARROW_MATRIX_H_
#define RIVULET_ENGINE_KERNELS_NARROW_MATRIX_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/base/built.h"
#include "engine/kernels/matmul.h"

namespace rivulet {

// Of what an engine was narrowed to only matrix products have them.
inline constexpr bool kNarrowWeightsBuilt = IsBuilt("MatMul") || IsBuilt("_FusedMatMul");

enum class Narrowing : uint8_t {
  kHalf,  // float16
  kBfloat16,
  kSigned,    // codes of -128 to 127: code * scale of the column
  kUnsigned,  // codes of 0 to 255: code * scale + offset, either rounded
};

// In panels of 16 columns, as PackedMatrix has them; columns past n are zeros of the narrow type.
class NarrowMatrix {
 public:
  // Of floats that may start at any address and lie in a mapped file, B [k, n] or its transpose: nothing where no form
  // holds all of them, or none is faster than floats.
  static Result<std::optional<NarrowMatrix>> Pack(const void* b, int64_t k, int64_t n, bool transposed,
                                                  Allocator& allocator);

  Narrowing narrowing() const { return narrowing_; }
  int64_t k() const { return k_; }
  int64_t n() const { return n_; }
  const void* data() const { return data_; }
  // Of codes: one for each column, rounded up to whole panels.
  const float* scales() const { return factors_; }
  const float* offsets() const {
    return factors_ + (n_ + PackedMatrix::kPanel - 1) / PackedMatrix::kPanel * PackedMatrix::kPanel;
  }

 private:
  Narrowing narrowing_ = Narrowing::kHalf;
  int64_t k_ = 0;
  int64_t n_ = 0;
  const void* data_ = nullptr;
  const float* factors_ = nullptr;
  std::shared_ptr<void> owner_;
};

// Whether this processor makes floats of fewer bytes in less time than more of them take to come.
bool NarrowWeightsPay();

// c [m, n] = epilogue(a [m, k] * b): the same bits as of the floats.
void MatMul(const float* a, int64_t lda, int64_t m, const NarrowMatrix& b, float* c, int64_t ldc,
            const Epilogue& epilogue, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_NARROW_MATRIX_H_

// Matrix multiplication in single precision (and a plain one in double).
//
// All functions: row-major matrices, strides in elements, sizes not negative, any of them may be zero (k = 0 gives
// zeros plus epilogue). The output does not overlap the operands. Results are the same bits for any number of
// threads: work is split over output tiles by shape, and each output is summed over k in one fixed order.
// A stop leaves the output unfinished.
#ifndef RIVULET_ENGINE_KERNELS_MATMUL_H_
#define RIVULET_ENGINE_KERNELS_MATMUL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/epilogue.h"
#include "rivulet/allocator.h"
#include "rivulet/status.h"

namespace rivulet {

// Gives memory for a packed form, as Allocator::Allocate does.
using PackMemory = std::function<Result<std::shared_ptr<void>>(size_t bytes)>;
inline PackMemory MemoryOf(Allocator& allocator) {
  return [&allocator](size_t bytes) { return allocator.Allocate(bytes); };
}

// The right operand B [k, n] in the layout the kernels read: panels of kPanel columns one after the other, each panel
// holding its k rows of kPanel values; columns past n are zero. The layout is the same on every target, so it can be
// stored in a file and mapped.
class PackedMatrix {
 public:
  static constexpr int64_t kPanel = 16;

  PackedMatrix() = default;

  // Bytes of the packed form; invalid when they cannot be counted.
  static CheckedSize Bytes(int64_t k, int64_t n);
  // Packs floats that may start at any address: B [k, n], or its transpose [n, k] when `transposed`. Column j is
  // multiplied by factors[j], if there are any.
  static Result<PackedMatrix> Pack(const void* b, int64_t k, int64_t n, bool transposed, const PackMemory& memory,
                                   const float* factors = nullptr);
  static Result<PackedMatrix> Pack(const void* b, int64_t k, int64_t n, bool transposed, Allocator& allocator) {
    return Pack(b, k, n, transposed, MemoryOf(allocator));
  }
  // A packed form that lies somewhere already, Bytes(k, n) long and aligned for float; `owner` keeps it alive.
  static PackedMatrix View(const float* packed, int64_t k, int64_t n, std::shared_ptr<void> owner);

  int64_t k() const { return k_; }
  int64_t n() const { return n_; }
  const float* data() const { return data_; }

 private:
  int64_t k_ = 0;
  int64_t n_ = 0;
  const float* data_ = nullptr;
  std::shared_ptr<void> owner_;
};

// Writes the packed form of B to `packed` (PackedMatrix::Bytes(k, n) long); panels [panel_begin, panel_end) only.
// `ldb` is the row stride of B as it lies in memory.
void PackPanels(const void* b, int64_t ldb, int64_t k, int64_t n, bool transposed, int64_t panel_begin,
                int64_t panel_end, float* packed, const float* factors = nullptr);
// All panels of a dense B, which may lie in a mapped file: it is then read from there a little at a time.
// Split by rows; the threads are those of PackWith.
Status PackConstant(const void* b, int64_t k, int64_t n, bool transposed, float* packed,
                    const float* factors = nullptr);

// While one lives, the threads of `pool` share what its thread packs with PackConstant.
class PackWith {
 public:
  explicit PackWith(ThreadPool* pool);
  ~PackWith();
  PackWith(const PackWith&) = delete;
  PackWith& operator=(const PackWith&) = delete;

 private:
  ThreadPool* const outer_;
};

// c [m, n] = epilogue(a [m, k] * b). Rows of `a` are lda apart, rows of `c` (and of the addend) ldc.
void MatMul(const float* a, int64_t lda, int64_t m, const PackedMatrix& b, float* c, int64_t ldc,
            const Epilogue& epilogue, ThreadPool& pool, const StopToken& stop);

// A batch of products of two run-time operands: c[i] = epilogue(op(a[i]) * op(b[i])), where op transposes if told to.
// As they lie in memory, a[i] is [m, k], or [k, m] when transpose_a; b[i] is [k, n], or [n, k] when transpose_b; all
// dense. `a_offsets` and `b_offsets` hold, for each i < batch, where its operand starts, in elements (for broadcast
// batches); null means one after the other. The outputs lie one after the other, and so does the addend.
struct MatMulShape {
  int64_t batch = 1;
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  bool transpose_a = false;
  bool transpose_b = false;
};

// Bytes of scratch MatMulDynamic wants, aligned for float; may be 0.
CheckedSize MatMulScratchBytes(const MatMulShape& shape);

void MatMulDynamic(const MatMulShape& shape, const float* a, const int64_t* a_offsets, const float* b,
                   const int64_t* b_offsets, float* c, const Epilogue& epilogue, void* scratch, ThreadPool& pool,
                   const StopToken& stop);

// Double precision: no scratch, no epilogue; blocked, but not tuned.
void MatMulDynamic(const MatMulShape& shape, const double* a, const int64_t* a_offsets, const double* b,
                   const int64_t* b_offsets, double* c, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_MATMUL_H_

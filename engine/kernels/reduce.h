// Reductions and softmax in single precision.
//
// Sums are formed in blocks whose size depends on the shape alone, and the blocks' sums are added pairwise: the error
// grows with the logarithm of the length, and the bits do not depend on the number of threads.
#ifndef RIVULET_ENGINE_KERNELS_REDUCE_H_
#define RIVULET_ENGINE_KERNELS_REDUCE_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"

namespace rivulet {

enum class ReduceKind : uint8_t { kSum, kMean, kMax, kMin, kProd, kSumOfSquares };

// Bytes of scratch Reduce wants, aligned for float; may be 0.
CheckedSize ReduceScratchBytes(int64_t outer, int64_t reduced, int64_t inner);

// out [outer, inner] = reduction of in [outer, reduced, inner] over its middle axis. Over nothing (reduced = 0): sum 0,
// mean NaN, product 1, max -inf, min +inf. A NaN among the inputs makes the output NaN.
void Reduce(ReduceKind kind, const float* in, int64_t outer, int64_t reduced, int64_t inner, float* out, void* scratch,
            ThreadPool& pool, const StopToken& stop);

// Every row of in [rows, columns]: out = exp(x - max) / sum exp(x - max), or with `log` x - max - ln(sum exp(x - max)).
// `out` may be `in`.
void SoftmaxRows(const float* in, int64_t rows, int64_t columns, bool log, float* out, ThreadPool& pool,
                 const StopToken& stop);

// Every row of in [rows, columns]: its mean and its variance (the mean of the squared differences from the mean).
void RowMoments(const float* in, int64_t rows, int64_t columns, float* mean, float* variance, ThreadPool& pool,
                const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_REDUCE_H_

// The loops around the matrix micro-kernel, shared by matrix products and convolutions. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_GEMM_H_
#define RIVULET_ENGINE_KERNELS_GEMM_H_

#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/epilogue.h"

namespace rivulet {

// Writes rows [row, row + rows) of the left operand, columns [k_begin, k_end), row i to dst + i * stride. Up to
// kCollectSlack floats past the end of each row may be written too.
using CollectRows = void (*)(const void* source, int64_t row, int64_t rows, int64_t k_begin, int64_t k_end, float* dst,
                             int64_t stride);
inline constexpr int64_t kCollectSlack = 16;

class NarrowMatrix;

// c [m, n] = epilogue(left [m, k] * right [k, n]), right packed as in PackedMatrix.
struct GemmTask {
  CollectRows collect = nullptr;  // null: `source` is a plain row-major matrix of floats, rows lda apart
  const void* source = nullptr;
  int64_t lda = 0;
  const float* packed = nullptr;
  const NarrowMatrix* narrow = nullptr;  // in place of `packed`, if not null
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  float* c = nullptr;
  int64_t ldc = 0;
  Epilogue epilogue;
};

// c [m, n] = epilogue(a [m, k] * right); what the right operand is packed as is the caller's to say.
inline GemmTask TaskOfRows(const float* a, int64_t lda, int64_t m, int64_t k, int64_t n, float* c, int64_t ldc,
                           const Epilogue& epilogue) {
  GemmTask task;
  task.source = a;
  task.lda = lda;
  task.m = m;
  task.n = n;
  task.k = k;
  task.c = c;
  task.ldc = ldc;
  task.epilogue = epilogue;
  return task;
}

// How the output is cut into pieces of work for so many threads. A piece is `rows` x `columns` (less at the edges), and
// there are row_pieces * column_pieces. No output's sum is cut, so the bits are the same for any cut. Pieces are in the
// order of their rows' shares, of which threads have one or some each; within one, those with the same columns follow
// one another.
struct GemmSplit {
  int64_t rows;
  int64_t columns;
  int64_t row_pieces;
  int64_t column_pieces;
  int64_t row_shares = 1;  // divides row_pieces
};
// The first row and column of a piece; beyond m where the rows' shares were rounded up.
struct GemmPlace {
  int64_t row;
  int64_t column;
};
GemmPlace PlaceOf(const GemmSplit& split, int64_t index);

GemmSplit SplitGemm(int64_t m, int64_t n, int64_t k, int threads);

// Piece `index` of `split`, on the calling thread.
void RunGemmPiece(const GemmTask& task, const GemmSplit& split, int64_t index);

// The whole product.
void RunGemm(const GemmTask& task, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_GEMM_H_

// The left operand of products of codes, row by row. Internal to gemm_int8.cc.
#ifndef RIVULET_ENGINE_KERNELS_COLLECT_INT8_H_
#define RIVULET_ENGINE_KERNELS_COLLECT_INT8_H_

#include <algorithm>

#include "engine/kernels/gemm_int8.h"

namespace rivulet {

inline constexpr int64_t kMostRowsInt8 = 14;  // of any target's tile

struct TaskInt8 {
  const uint8_t* a = nullptr;
  int64_t lda = 0;
  const ConvGeometry* geometry = nullptr;  // of an image, whose patches are the rows
  uint8_t outside = 0;
  bool in_place = false;  // rows need not be collected
  const int8_t* packed = nullptr;
  int64_t n = 0;
  int64_t k = 0;
  int64_t line_pad = 0;   // bytes behind each row of the filter, whose weights are 0
  bool by_lines = false;  // lines_int8.h
  SumsTail tail;
  int32_t* wide = nullptr;  // where sums go that get no tail, and row_factor times the sum of their row of bytes
  int64_t wide_row = 0;     // the row that lies there
  uint32_t row_factor = 0;
  const int8_t* ones = nullptr;  // a panel that adds up a row
  // Whether both operands are widened (gemm_int8_pairs-inl.h), and what the right one's bytes are then more: everywhere
  // where `ones` is null, else where it has ones.
  bool by_pairs = false;
  int16_t pair_offset = 0;
  const int16_t* widened = nullptr;  // the whole right operand, tile by tile; null: each tile is widened when it comes
  // The least and the largest of each column's `wide`: two rows for each thread; null: nobody wants them.
  int32_t* extremes = nullptr;
  int64_t extremes_stride = 0;
};

// Rows [row, row + rows) of the left operand, `stride` bytes apart, each with zeros up to a multiple of 4.
void CollectInt8(const TaskInt8& task, int64_t row, int64_t rows, int64_t stride, uint8_t* to);
// Bytes from one collected row to the next; a few more behind the last one may be written, too.
int64_t RowBytesInt8(int64_t k);

// Extremes of nothing, two rows of columns for each thread; and those of all threads, in the first two rows.
void FillExtremes(int64_t columns, int threads, int64_t stride, int32_t* extremes);
void JoinExtremes(int64_t columns, int threads, int64_t stride, int32_t* extremes);

// Rows that are widened to 16 bits at once, and values from one to the next.
inline int64_t WidenedStride(int64_t k) { return (k + 15) / 16 * 16; }
inline int64_t RowsOfBlock(int64_t k) { return std::clamp<int64_t>((1 << 16) / (k + 1) / 6 * 6, 18, 258); }
// Of rows with more values few are a block, for which no tile is widened anew.
inline constexpr int64_t kManyTermsInt8 = 2048;
// Columns of a tile, of any target, that are widened to 16 bits at once.
inline constexpr int64_t kMostPairColumns = 16;

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_COLLECT_INT8_H_

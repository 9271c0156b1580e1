// One piece of a product: for each block of k, each block of rows of the left operand is multiplied with one pair of
// column vectors after the other. The pair over a block of k stays in the first-level cache while the tiles of the
// block of rows pass by; the rows are read where they lie, or are collected into a buffer. A tile of the output stays
// in registers for a whole block of k; an output is the sum of its blocks' sums, in order.
#include "engine/kernels/gemm.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/gemm_narrow-inl.h"
#include "engine/kernels/gemm_row-inl.h"
#include "engine/kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
// The tile is so tall that the right operand may come from the second-level cache for each tile.
constexpr int64_t kBlockK = 512;
constexpr int64_t kBlockTiles = 1;
#elif HWY_ARCH_WASM
constexpr int64_t kBlockK = 256;
constexpr int64_t kBlockTiles = 2;  // stacks are small
#else
constexpr int64_t kBlockK = 256;
constexpr int64_t kBlockTiles = 8;
#endif
// A buffered row is an odd number of cache lines, so that rows do not fall into the same sets.
constexpr int64_t kRowStride = kBlockK + kCollectSlack;
// Rows that lie farther apart do fall into few sets and are better copied.
constexpr int64_t kFarRows = 512;

// Rows of a plain matrix.
HWY_INLINE void CopyRows(const float* HWY_RESTRICT from, int64_t lda, int64_t rows, int64_t kc,
                         float* HWY_RESTRICT to) {
  const D d;
  for (int64_t row = 0; row < rows; ++row, from += lda, to += kRowStride) {
    int64_t k = 0;
    for (; k + kLanes <= kc; k += kLanes) hn::Store(hn::LoadU(d, from + k), d, to + k);
    if (k < kc) hn::Store(hn::LoadN(d, from + k, static_cast<size_t>(kc - k)), d, to + k);
  }
}

struct Range {
  int64_t begin;
  int64_t end;
};

// Part `index` of `parts` nearly equal ones.
Range PartOf(int64_t begin, int64_t count, int64_t parts, int64_t index) {
  const int64_t each = count / parts;
  const int64_t longer = count % parts;
  const int64_t first = begin + each * index + std::min(index, longer);
  return {first, first + each + (index < longer ? 1 : 0)};
}

// Asks for `lines` cache lines from `at` on, to lie in the second-level cache soon.
HWY_INLINE void PrefetchLines(const float* at, int64_t lines) {
  for (int64_t i = 0; i < lines; ++i) __builtin_prefetch(at + i * 16, 0, 2);
}

// Asks for all lines of a tile's rows, to be read or written when its sums are there, all at once.
template <int kWritten>
HWY_INLINE void PrefetchTile(const float* at, int64_t stride, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row, at += stride) {
    for (int64_t j = 0; j < kPairColumns; j += 16) __builtin_prefetch(at + j, kWritten);
  }
}

// The rows of one block of the left operand, from row `begin` on.
struct Rows {
  const float* a;
  int64_t lda;
  int64_t begin;
  int64_t count;
  int64_t tiles;
};

// What a piece multiplies of k, and where it is among the blocks of k.
struct Depth {
  Range ks;
  bool first;
  bool last;
};

// Where the outputs from `row` and `column` on go, and what is done to them.
TileOut OutputsAt(const GemmTask& task, const Depth& depth, const ActivationBounds& bounds, int64_t row,
                  int64_t column) {
  const ActivationBounds unbounded;
  const int64_t at = row * task.ldc + column;
  TileOut out{task.c + at, task.ldc, nullptr, nullptr, unbounded.lo, unbounded.hi};
  // The addend comes in first: it may be the output, which the first block overwrites.
  if (!depth.first) {
    out.addend = out.c;
  } else if (task.epilogue.addend != nullptr) {
    out.addend = task.epilogue.addend + at;
  }
  if (depth.last) {
    if (task.epilogue.bias != nullptr) out.bias = task.epilogue.bias + column;
    out.lo = bounds.lo;
    out.hi = bounds.hi;
  }
  return out;
}

// Whether a walk over the weights at `b` goes backwards: every other one does, so that it begins with what the last one
// has left in the second-level cache. A recurrent network's weights are read at each step and are often a little larger
// than that: walked in one direction only, none would be found there again.
bool GoesBackwards(const void* b) {
  constexpr size_t kKnown = 64;
  static thread_local bool backwards[kKnown];
  bool& last = backwards[(reinterpret_cast<uintptr_t>(b) >> 6) * 0x9E3779B97F4A7C15u >> 58];
  last = !last;
  return last;
}

// One row times as many columns as whole row tiles hold, by tile(column); returns the first that is left. `b`: where
// the piece's weights begin.
template <class Tile>
int64_t MultiplyRow(const void* b, Range columns, const Tile& tile) {
  const int64_t tiles = (columns.end - columns.begin) / kRowColumns;
  if (tiles == 0) return columns.begin;
  const bool backwards = GoesBackwards(b);
  for (int64_t i = 0; i < tiles; ++i) tile(columns.begin + (backwards ? tiles - 1 - i : i) * kRowColumns);
  return columns.begin + tiles * kRowColumns;
}

// As MultiplyRows, of weights that are made floats of on the way: for one row as it reads them, for more in a buffer.
HWY_NOINLINE void MultiplyNarrowRows(const GemmTask& task, const Rows& rows, const Depth& depth, Range columns,
                                     const ActivationBounds& bounds) {
  constexpr int64_t kWidened = std::max(kPairColumns, kPanel);
  HWY_ALIGN float floats[static_cast<size_t>(kWidened * kBlockK)];
  const NarrowKernels kernels = NarrowKernelsOf(*task.narrow);
  const ActivationBounds unbounded;
  const int64_t kc = depth.ks.end - depth.ks.begin;
  const auto part_at = [&](int64_t column) { return NarrowPart{*task.narrow, column, depth.ks.begin, depth.ks.end}; };
  int64_t first = columns.begin;
  if (rows.count == 1 && !(depth.last && bounds.leaky)) {
    const auto* b = static_cast<const char*>(task.narrow->data()) + columns.begin * task.k;
    first = MultiplyRow(b, columns, [&](int64_t column) {
      kernels.row(part_at(column), rows.a, OutputsAt(task, depth, bounds, rows.begin, column));
    });
  }
  int64_t widened = -1;  // the first panel in the buffer
  for (int64_t column = first; column < columns.end; column += kPairColumns) {
    const int64_t width = std::min(kPairColumns, columns.end - column);
    const int64_t panel = column / kPanel;
    for (int64_t i = panel; panel != widened && i * kPanel < column + width; ++i) {
      kernels.widen(part_at(i * kPanel), floats + (i - panel) * kPanel * kc);
    }
    widened = panel;
    const float* b0 = floats + column % kPanel;
    const float* b1 = column % kPanel + kLanes < kPanel ? b0 + kLanes : b0 + kPanel * kc;
    for (int64_t i = 0; i < rows.tiles; ++i) {
      const Range part = PartOf(0, rows.count, rows.tiles, i);
      const TileOut out = OutputsAt(task, depth, bounds, rows.begin + part.begin, column);
      const float* a = rows.a + part.begin * rows.lda;
      AnyTile({&a, 1, kc, rows.lda}, part.end - part.begin, b0, b1, width, out, depth.last ? bounds : unbounded);
    }
  }
}

bool WidensFast() { return kWidensFast; }

// A block of rows times all columns of the piece. `cold`: the right operand was not used a moment ago.
void MultiplyRows(const GemmTask& task, const Rows& rows, const Depth& depth, Range columns, bool cold,
                  const float* after, const ActivationBounds& bounds) {
  const ActivationBounds unbounded;
  const int64_t kc = depth.ks.end - depth.ks.begin;
  const int64_t panel_floats = task.k * kPanel;
  int64_t first = columns.begin;
  if (rows.count == 1 && !(depth.last && bounds.leaky)) {
    const float* const start = task.packed + depth.ks.begin * kPanel;
    first = MultiplyRow(start + columns.begin * task.k, columns, [&](int64_t column) {
      const float* b = start + column / kPanel * panel_floats + column % kPanel;
      RowTile(FloatWeights(), rows.a, kc, b, panel_floats, OutputsAt(task, depth, bounds, rows.begin, column));
    });
  }
  const int64_t each = rows.count / rows.tiles;  // rows of a tile; the first `longer` have one more
  const int64_t longer = rows.count % rows.tiles;
  const float* a = nullptr;
  for (int64_t column = first; column < columns.end; column += kPairColumns) {
    const int64_t width = std::min(kPairColumns, columns.end - column);
    const float* b0 = task.packed + column / kPanel * panel_floats + depth.ks.begin * kPanel + column % kPanel;
    const float* b1 = column % kPanel + kLanes < kPanel ? b0 + kLanes : b0 + panel_floats;
    // The next pair comes near while this one is used.
    const int64_t next = column + kPairColumns;
    const bool fetch = cold && next < columns.end && next % kPanel == 0 && rows.tiles > 1;
    const float* soon = task.packed + next / kPanel * panel_floats + depth.ks.begin * kPanel;
    const int64_t lines = (kc + rows.tiles - 1) / rows.tiles;
    TileOut out = OutputsAt(task, depth, bounds, rows.begin, column);
    TileLeft left{&a, 1, kc, rows.lda};
    a = rows.a;
    for (int64_t i = 0; i < rows.tiles; ++i) {
      const int64_t count = each + (i < longer ? 1 : 0);
      if (fetch) PrefetchLines(soon + i * lines * kPanel, std::min(lines, kc - i * lines));
      PrefetchTile<1>(out.c, task.ldc, count);
      if (out.addend != nullptr && out.addend != out.c) PrefetchTile<0>(out.addend, task.ldc, count);
      if (cold && i == 0 && next < columns.end) {
        left.soon0 = soon;
      } else {
        left.soon0 = i + 1 == rows.tiles && next >= columns.end ? after : nullptr;
      }
      left.soon1 = left.soon0 == nullptr ? nullptr : left.soon0 + panel_floats;
      AnyTile(left, count, b0, b1, width, out, depth.last ? bounds : unbounded);
      a += count * rows.lda;
      out.c += count * task.ldc;
      if (out.addend != nullptr) out.addend += count * task.ldc;
    }
  }
}

// Outputs of which nothing more is to come.
void FinishRows(const GemmTask& task, Range rows, Range columns) {
  const int64_t width = columns.end - columns.begin;
  float* at = task.c + rows.begin * task.ldc + columns.begin;
  if (width == task.ldc) return task.epilogue.finish(at, (rows.end - rows.begin) * width);
  for (int64_t row = rows.begin; row < rows.end; ++row, at += task.ldc) task.epilogue.finish(at, width);
}

void Piece(const GemmTask& task, Range rows, Range columns) {
  HWY_ALIGN float buffer[static_cast<size_t>(kBlockTiles * kMaxRows * kRowStride + kCollectSlack)];
  const ActivationBounds bounds(task.epilogue.activation);
  const int64_t k_parts = std::max<int64_t>((task.k + kBlockK - 1) / kBlockK, 1);
  const int64_t tiles = (rows.end - rows.begin + kMaxRows - 1) / kMaxRows;
  const int64_t blocks = (tiles + kBlockTiles - 1) / kBlockTiles;
  const bool in_place = task.collect == nullptr && k_parts == 1 && task.lda <= kFarRows;

  for (int64_t k_part = 0; k_part < k_parts; ++k_part) {
    const Depth depth{PartOf(0, task.k, k_parts, k_part), k_part == 0, k_part + 1 == k_parts};
    const int64_t kc = depth.ks.end - depth.ks.begin;
    for (int64_t block = 0; block < blocks; ++block) {
      // In whole tiles, of which none but the least number is needed.
      const Range block_tiles = PartOf(0, tiles, blocks, block);
      const Range part{PartOf(rows.begin, rows.end - rows.begin, tiles, block_tiles.begin).begin,
                       PartOf(rows.begin, rows.end - rows.begin, tiles, block_tiles.end - 1).end};
      Rows left{buffer, kRowStride, part.begin, part.end - part.begin, block_tiles.end - block_tiles.begin};
      const float* matrix = static_cast<const float*>(task.source) + part.begin * task.lda + depth.ks.begin;
      if (in_place) {
        left.a = matrix;
        left.lda = task.lda;
      } else if (task.collect != nullptr) {
        task.collect(task.source, part.begin, left.count, depth.ks.begin, depth.ks.end, buffer, kRowStride);
      } else {
        CopyRows(matrix, task.lda, left.count, kc, buffer);
      }
      if (kWidensFast && task.narrow != nullptr) {
        MultiplyNarrowRows(task, left, depth, columns, bounds);
        if (depth.last && task.epilogue.finish) FinishRows(task, part, columns);
        continue;
      }
      const float* after = nullptr;
      if (block + 1 == blocks) {
        if (!depth.last) {
          after = task.packed + columns.begin / kPanel * task.k * kPanel + depth.ks.end * kPanel;
        } else if (columns.end < task.n) {
          after = task.packed + columns.end / kPanel * task.k * kPanel;
        }
      }
      MultiplyRows(task, left, depth, columns, block == 0, after, bounds);
      if (depth.last && task.epilogue.finish) FinishRows(task, part, columns);
    }
  }
}

void GemmPiece(const GemmTask& task, int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end) {
  Piece(task, {row_begin, row_end}, {column_begin, column_end});
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(GemmPiece);
HWY_EXPORT(WidensFast);

bool NarrowWeightsPay() { return HWY_DYNAMIC_DISPATCH(WidensFast)(); }

void RunGemmPiece(const GemmTask& task, const GemmSplit& split, int64_t index) {
  const auto [row, column] = PlaceOf(split, index);
  if (row >= task.m) return;  // rounded up
  HWY_DYNAMIC_DISPATCH(GemmPiece)
  (task, row, std::min(row + split.rows, task.m), column, std::min(column + split.columns, task.n));
}

void RunGemm(const GemmTask& task, ThreadPool& pool, const StopToken& stop) {
  const GemmSplit split = SplitGemm(task.m, task.n, task.k, pool.num_threads());
  pool.ParallelFor(split.row_pieces * split.column_pieces, 1, stop, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) RunGemmPiece(task, split, index);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

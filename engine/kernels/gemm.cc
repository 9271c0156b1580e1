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
bool GoesBackwards(const float* b) {
  constexpr size_t kKnown = 64;
  static thread_local bool backwards[kKnown];
  bool& last = backwards[(reinterpret_cast<uintptr_t>(b) >> 6) * 0x9E3779B97F4A7C15u >> 58];
  last = !last;
  return last;
}

// One row times as many columns as whole row tiles hold; returns the first that is left.
int64_t MultiplyRow(const GemmTask& task, const Rows& rows, const Depth& depth, Range columns,
                    const ActivationBounds& bounds) {
  const int64_t kc = depth.ks.end - depth.ks.begin;
  const int64_t panel_floats = task.k * kPanel;
  const int64_t tiles = (columns.end - columns.begin) / kRowColumns;
  if (tiles == 0) return columns.begin;
  const bool backwards = GoesBackwards(task.packed + columns.begin * task.k + depth.ks.begin);
  for (int64_t i = 0; i < tiles; ++i) {
    const int64_t column = columns.begin + (backwards ? tiles - 1 - i : i) * kRowColumns;
    const float* b = task.packed + column / kPanel * panel_floats + depth.ks.begin * kPanel + column % kPanel;
    RowTile(rows.a, kc, b, panel_floats, OutputsAt(task, depth, bounds, rows.begin, column));
  }
  return columns.begin + tiles * kRowColumns;
}

// A block of rows times all columns of the piece. `cold`: the right operand was not used a moment ago.
void MultiplyRows(const GemmTask& task, const Rows& rows, const Depth& depth, Range columns, bool cold,
                  const float* after, const ActivationBounds& bounds) {
  const ActivationBounds unbounded;
  const int64_t kc = depth.ks.end - depth.ks.begin;
  const int64_t panel_floats = task.k * kPanel;
  const bool by_element = depth.last && bounds.leaky;
  const int64_t first =
      rows.count == 1 && !by_element ? MultiplyRow(task, rows, depth, columns, bounds) : columns.begin;
  for (int64_t column = first; column < columns.end; column += kPairColumns) {
    const int64_t width = std::min(kPairColumns, columns.end - column);
    const float* b0 = task.packed + column / kPanel * panel_floats + depth.ks.begin * kPanel + column % kPanel;
    const float* b1 = column % kPanel + kLanes < kPanel ? b0 + kLanes : b0 + panel_floats;
    // The next pair comes near while this one is used.
    const int64_t next = column + kPairColumns;
    const bool fetch = cold && next < columns.end && next % kPanel == 0 && rows.tiles > 1;
    const float* soon = task.packed + next / kPanel * panel_floats + depth.ks.begin * kPanel;
    const int64_t lines = (kc + rows.tiles - 1) / rows.tiles;
    for (int64_t i = 0; i < rows.tiles; ++i) {
      const Range part = PartOf(0, rows.count, rows.tiles, i);
      const int64_t count = part.end - part.begin;
      const TileOut out = OutputsAt(task, depth, bounds, rows.begin + part.begin, column);
      if (fetch) PrefetchLines(soon + i * lines * kPanel, std::min(lines, kc - i * lines));
      for (int64_t row = 0; row < count; ++row) __builtin_prefetch(out.c + row * task.ldc, 1);
      const float* a = rows.a + part.begin * rows.lda;
      const float* soon0 = nullptr;
      if (cold && i == 0 && next < columns.end) {
        soon0 = soon;
      } else if (after != nullptr && i + 1 == rows.tiles && next >= columns.end) {
        soon0 = after;
      }
      const float* soon1 = soon0 == nullptr ? nullptr : soon0 + panel_floats;
      AnyTile({&a, 1, kc, rows.lda, soon0, soon1}, count, b0, b1, width, out, depth.last ? bounds : unbounded);
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

GemmPlace PlaceOf(const GemmSplit& split, int64_t index) {
  const int64_t rows_of_share = split.row_pieces / split.row_shares;
  const int64_t pieces_of_share = rows_of_share * split.column_pieces;
  const int64_t in_share = index % pieces_of_share;
  return {(index / pieces_of_share * rows_of_share + in_share % rows_of_share) * split.rows,
          in_share / rows_of_share * split.columns};
}

namespace {

constexpr int64_t kColumnUnit = 32;
constexpr int64_t kRowTileColumns = 128;

int64_t PartsOf(int64_t size, int64_t part) { return size == 0 ? 0 : (size - 1) / part + 1; }

// What the busiest thread has to do, in rows times pairs of vectors: a row more is about what a tile's reads cost.
int64_t BusiestThread(int64_t m, int64_t n, int threads, const GemmSplit& split) {
  constexpr int64_t kTileRows = 14;
  const int64_t pieces = split.row_pieces * split.column_pieces;
  int64_t busiest = 0;
  for (int thread = 0; thread < threads; ++thread) {
    int64_t work = 0;
    for (int64_t i = pieces * thread / threads; i < pieces * (thread + 1) / threads; ++i) {
      const GemmPlace at = PlaceOf(split, i);
      const int64_t rows = std::clamp<int64_t>(m - at.row, 0, split.rows);
      const int64_t columns = std::clamp<int64_t>(n - at.column, 0, split.columns);
      const int64_t tiles = PartsOf(rows, kTileRows);
      work += (rows + tiles) * PartsOf(columns, kColumnUnit);
    }
    busiest = std::max(busiest, work);
  }
  return busiest;
}

// Rows in shares of the threads.
GemmSplit SharedByRows(int64_t m, int threads, GemmSplit split) {
  split.row_pieces = PartsOf(split.row_pieces, threads) * threads;
  split.rows = PartsOf(m, split.row_pieces);
  split.row_shares = threads;
  return split;
}

// Where there are so few pieces that threads would wait for the last of them: as many as make the threads end together.
// Rows are cut before columns, since a piece reads all of its columns' weights.
void EvenOut(int64_t m, int64_t n, int64_t k, int threads, GemmSplit* split) {
  // Pieces that are no smaller than what it costs to hand one over, and tiles that are not mostly empty.
  constexpr int64_t kSmallestWork = 200000;
  constexpr int64_t kLeastRows = 8;
  const int64_t pieces = split->row_pieces * split->column_pieces;
  if (pieces == 0 || pieces >= int64_t{4} * threads) return;

  int64_t best = BusiestThread(m, n, threads, *split);
  const GemmSplit whole{m, n, 1, 1};
  if (best <= BusiestThread(m, n, 1, whole) / threads * 33 / 32) return;
  const auto take_better = [&](const GemmSplit& other) {
    // What is cut anew is to gain something.
    const int64_t work = BusiestThread(m, n, threads, other);
    if (work + work / 64 >= best) return;
    best = work;
    *split = other;
  };
  const int64_t column_pieces = split->column_pieces;
  if (split->row_shares == 1 && split->row_pieces >= threads) take_better(SharedByRows(m, threads, *split));
  for (int64_t column_parts = column_pieces; column_parts <= column_pieces + threads; ++column_parts) {
    const int64_t columns = std::min(PartsOf(PartsOf(n, column_parts), kColumnUnit) * kColumnUnit, n);
    for (int64_t row_parts = 1; row_parts <= 2 * threads; ++row_parts) {
      const int64_t rows = PartsOf(m, row_parts);
      if ((row_parts > 1 && rows < kLeastRows) || rows * columns * k < kSmallestWork) break;
      take_better({rows, columns, PartsOf(m, rows), PartsOf(n, columns)});
    }
  }
}

// Of one row by weights that lie in the threads' second-level caches: a piece for each, which walks to and fro over it.
GemmSplit ShareOfRow(int64_t n, int threads) {
  const int64_t columns = std::min(PartsOf(PartsOf(n, threads), kRowTileColumns) * kRowTileColumns, n);
  return {1, columns, 1, PartsOf(n, columns)};
}

GemmSplit FindSplit(int64_t m, int64_t n, int64_t k, int threads) {
  constexpr int64_t kCacheOfThread = 400000;  // in floats
  if (m == 1 && n > 0 && k <= kCacheOfThread * threads / n) return ShareOfRow(n, threads);
  // Columns whose right operand, or a block of k of it, is a good part of a second-level cache: the rows of a piece
  // find it there, block after block.
  constexpr int64_t kCacheFloats = 65536;
  constexpr int64_t kFewColumns = 256;
  constexpr int64_t kManyColumns = 1024;
  // Each piece fetches its columns anew, so there are few, but enough for the threads to end together. Multiplications
  // in one: from a tenth of a millisecond on a fast core to what a stop may wait for.
  constexpr int64_t kLeastWork = 500000;
  constexpr int64_t kMostWork = 100000000;
  constexpr int64_t kPiecesOfThread = 4;
  // A multiple of every target's tile height, or nearly.
  constexpr int64_t kRowUnit = 42;
  k = std::max<int64_t>(k, 1);
  GemmSplit split;
  const int64_t column_parts = PartsOf(n, std::clamp(kCacheFloats / k, kFewColumns, kManyColumns));
  split.columns = PartsOf(n, std::max<int64_t>(column_parts, 1));
  if (column_parts > 1) split.columns = PartsOf(split.columns, kColumnUnit) * kColumnUnit;
  split.column_pieces = split.columns == 0 ? 0 : PartsOf(n, split.columns);

  const int64_t row_work = std::max<int64_t>(split.columns, 1) * std::min<int64_t>(k, kMostWork);
  const int64_t wanted =
      threads > 1 ? PartsOf(threads * kPiecesOfThread, std::max<int64_t>(split.column_pieces, 1)) : 1;
  const int64_t least = std::max(kLeastWork / row_work, kRowUnit);
  const int64_t rows = std::clamp(PartsOf(m, wanted), least, std::max(kMostWork / row_work, least));
  split.rows = PartsOf(m, std::max<int64_t>(m / rows, 1));
  if (split.rows > 4 * kRowUnit && split.rows < m) split.rows = PartsOf(split.rows, kRowUnit) * kRowUnit;
  split.row_pieces = split.rows == 0 ? 0 : PartsOf(m, split.rows);
  // Where there is more to read of the left operand than of the right one, each thread keeps to its rows, which it has
  // most likely written; otherwise to its columns.
  if (threads > 1 && split.row_pieces >= threads && m > n) split = SharedByRows(m, threads, split);
  if (threads > 1) EvenOut(m, n, k, threads, &split);
  return split;
}

}  // namespace

GemmSplit SplitGemm(int64_t m, int64_t n, int64_t k, int threads) {
  // The steps of a plan ask for the same again in each run, and looking for the best takes a microsecond.
  struct Known {
    int64_t m, n, k;
    int threads;
    GemmSplit split;
  };
  constexpr uint64_t kKnown = 64;
  static thread_local Known known[kKnown];
  const auto mix = static_cast<uint64_t>(m) * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(n) * 0xC2B2AE3D27D4EB4Fu +
                   static_cast<uint64_t>(k) * 0x165667B19E3779F9u;
  Known& at = known[(mix >> 32) % kKnown];
  if (at.threads != threads || at.m != m || at.n != n || at.k != k) {
    at = {m, n, k, threads, FindSplit(m, n, k, threads)};
  }
  return at.split;
}

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

// How a product is cut into pieces of work.
#include <algorithm>

#include "engine/kernels/gemm.h"

namespace rivulet {

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
  // Of so few weights a row takes half a microsecond, and to hand half of it over takes longer.
  constexpr int64_t kLeastOfRow = 30000;
  if (m == 1 && n > 0 && k <= kLeastOfRow / n) return {1, n, 1, 1};
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

}  // namespace rivulet

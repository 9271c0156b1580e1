// One piece of a product: for each block of k that fits the second-level cache, each block of rows of the left operand
// is collected into a buffer in the first-level cache and multiplied with one pair of column vectors after the other.
// A tile of the output stays in registers for a whole block of k; an output is the sum of its blocks' sums, in order.
#include "engine/kernels/gemm.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
// A tile is kMaxRows rows of two vectors; the sums, two vectors of the right operand and one element of the left must
// fit the registers.
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
constexpr int64_t kMaxRows = 14;
#elif HWY_ARCH_ARM
constexpr int64_t kMaxRows = 8;
#else
constexpr int64_t kMaxRows = 6;
#endif
constexpr int64_t kPanel = 16;
constexpr int64_t kPairColumns = 2 * kLanes;

// Longest block of k. A pair of vectors over it is at most half of a 64 KiB cache, and a row's buffer is an odd number
// of cache lines, so that rows do not fall into the same sets.
constexpr int64_t kBlockK = 512;
constexpr int64_t kRowStride = kBlockK + kCollectSlack;
// Columns of the right operand for which a block of k stays in a second-level cache of 1 MiB, or is small for 512 KiB.
constexpr int64_t kBlockColumns = 256;

// Where a tile's sums go. Columns past the output's last are not stored.
struct TileOut {
  float* c;
  int64_t ldc;
  const float* bias;    // at the tile's first column, or null
  const float* addend;  // at the tile's first element, rows ldc apart; may be c; or null
  float lo;
  float hi;
};

#define RIVULET_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)

// Sums over kc of a [kRows rows, kRowStride apart] times the vectors at b0 and b1, which are kPanel floats a step
// apart.
template <int kRows, bool kTwo>
HWY_NOINLINE void Tile(const float* HWY_RESTRICT a, int64_t kc, const float* HWY_RESTRICT b0,
                       const float* HWY_RESTRICT b1, const TileOut& out) {
  const D d;
  const V zero = hn::Zero(d);
#define RIVULET_DECLARE(i) V r##i = zero, s##i = zero;
  RIVULET_ROWS(RIVULET_DECLARE)
#undef RIVULET_DECLARE

  int64_t k = 0;
#if HWY_TARGET & HWY_ALL_NEON
  // Multiplying by a lane of a register is free on NEON, and broadcasting from memory is not.
  for (; k + 4 <= kc; k += 4) {
#define RIVULET_LOAD(i) \
  V a##i = zero;        \
  if constexpr (i < kRows) a##i = hn::LoadU(d, a + i * kRowStride + k);
    RIVULET_ROWS(RIVULET_LOAD)
#undef RIVULET_LOAD
#define RIVULET_LANE(i, lane)                             \
  if constexpr (i < kRows) {                              \
    const V ai = hn::Broadcast<lane>(a##i);               \
    r##i = hn::MulAdd(ai, bk0, r##i);                     \
    if constexpr (kTwo) s##i = hn::MulAdd(ai, bk1, s##i); \
  }
#define RIVULET_STEP(lane, LANE)                                        \
  {                                                                     \
    const V bk0 = hn::LoadU(d, b0 + (k + lane) * kPanel);               \
    const V bk1 = kTwo ? hn::LoadU(d, b1 + (k + lane) * kPanel) : zero; \
    RIVULET_ROWS(LANE)                                                  \
    (void)bk1;                                                          \
  }
#define RIVULET_LANE0(i) RIVULET_LANE(i, 0)
#define RIVULET_LANE1(i) RIVULET_LANE(i, 1)
#define RIVULET_LANE2(i) RIVULET_LANE(i, 2)
#define RIVULET_LANE3(i) RIVULET_LANE(i, 3)
    RIVULET_STEP(0, RIVULET_LANE0)
    RIVULET_STEP(1, RIVULET_LANE1)
    RIVULET_STEP(2, RIVULET_LANE2)
    RIVULET_STEP(3, RIVULET_LANE3)
#undef RIVULET_LANE0
#undef RIVULET_LANE1
#undef RIVULET_LANE2
#undef RIVULET_LANE3
#undef RIVULET_STEP
#undef RIVULET_LANE
  }
#endif
  for (; k < kc; ++k) {
    const V bk0 = hn::LoadU(d, b0 + k * kPanel);
    const V bk1 = kTwo ? hn::LoadU(d, b1 + k * kPanel) : zero;
#define RIVULET_MULTIPLY(i)                               \
  if constexpr (i < kRows) {                              \
    const V ai = hn::Set(d, a[i * kRowStride + k]);       \
    r##i = hn::MulAdd(ai, bk0, r##i);                     \
    if constexpr (kTwo) s##i = hn::MulAdd(ai, bk1, s##i); \
  }
    RIVULET_ROWS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
    (void)bk1;
  }

  if (out.addend != nullptr) {
    const float* from = out.addend;
#define RIVULET_ADD_ROWS(i)                                                \
  if constexpr (i < kRows) {                                               \
    r##i = hn::Add(r##i, hn::LoadU(d, from));                              \
    if constexpr (kTwo) s##i = hn::Add(s##i, hn::LoadU(d, from + kLanes)); \
    from += out.ldc;                                                       \
  }
    RIVULET_ROWS(RIVULET_ADD_ROWS)
#undef RIVULET_ADD_ROWS
  }
  if (out.bias != nullptr) {
    const V bias0 = hn::LoadU(d, out.bias);
    const V bias1 = kTwo ? hn::LoadU(d, out.bias + kLanes) : zero;
#define RIVULET_ADD_BIAS(i)                          \
  if constexpr (i < kRows) {                         \
    r##i = hn::Add(r##i, bias0);                     \
    if constexpr (kTwo) s##i = hn::Add(s##i, bias1); \
  }
    RIVULET_ROWS(RIVULET_ADD_BIAS)
#undef RIVULET_ADD_BIAS
    (void)bias1;
  }
  float* c = out.c;
  const V lo = hn::Set(d, out.lo);
  const V hi = hn::Set(d, out.hi);
#define RIVULET_STORE(i)                                                \
  if constexpr (i < kRows) {                                            \
    hn::StoreU(Clamp(r##i, lo, hi), d, c);                              \
    if constexpr (kTwo) hn::StoreU(Clamp(s##i, lo, hi), d, c + kLanes); \
    c += out.ldc;                                                       \
  }
  RIVULET_ROWS(RIVULET_STORE)
#undef RIVULET_STORE
}
#undef RIVULET_ROWS

using TileFunction = void (*)(const float*, int64_t, const float*, const float*, const TileOut&);

template <bool kTwo>
TileFunction TileFor(int64_t rows) {
  static constexpr TileFunction kTiles[] = {
    &Tile<1, kTwo>,
    &Tile<2, kTwo>,
    &Tile<3, kTwo>,
    &Tile<4, kTwo>,
    &Tile<5, kTwo>,
    &Tile<6, kTwo>,
#if HWY_ARCH_ARM || (HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86)
    &Tile<7, kTwo>,
    &Tile<8, kTwo>,
#endif
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
    &Tile<9, kTwo>,
    &Tile<10, kTwo>,
    &Tile<11, kTwo>,
    &Tile<12, kTwo>,
    &Tile<13, kTwo>,
    &Tile<14, kTwo>,
#endif
  };
  static_assert(sizeof(kTiles) / sizeof(kTiles[0]) == kMaxRows);
  return kTiles[rows - 1];
}

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

// What the tile kernel leaves undone at the right edge, where a tile has fewer columns than its vectors, and for leaky
// activations.
void FinishTile(const float* tile, int64_t rows, int64_t columns, const TileOut& out, const ActivationBounds& bounds) {
  const D d;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t j = 0; j < columns; j += kLanes) {
      const int64_t count = columns - j;
      V v = hn::Load(d, tile + row * kPairColumns + j);
      const int64_t at = row * out.ldc + j;
      if (out.addend != nullptr) v = hn::Add(v, LoadSome(out.addend + at, count));
      if (out.bias != nullptr) v = hn::Add(v, LoadSome(out.bias + j, count));
      StoreSome(Activate(v, bounds), count, out.c + at);
    }
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

void Piece(const GemmTask& task, Range rows, Range columns) {
  HWY_ALIGN float a[static_cast<size_t>(kMaxRows * kRowStride + kCollectSlack)];
  HWY_ALIGN float tile[static_cast<size_t>(kMaxRows * kPairColumns)];
  const ActivationBounds unbounded;
  const ActivationBounds bounds(task.epilogue.activation);
  const int64_t k_parts = std::max<int64_t>((task.k + kBlockK - 1) / kBlockK, 1);
  const int64_t row_parts = (rows.end - rows.begin + kMaxRows - 1) / kMaxRows;
  const int64_t panel_floats = task.k * kPanel;

  for (int64_t k_part = 0; k_part < k_parts; ++k_part) {
    const Range ks = PartOf(0, task.k, k_parts, k_part);
    const int64_t kc = ks.end - ks.begin;
    const bool last = k_part + 1 == k_parts;
    const bool by_element = last && bounds.leaky;
    for (int64_t block = columns.begin; block < columns.end; block += kBlockColumns) {
      const int64_t block_end = std::min(block + kBlockColumns, columns.end);
      for (int64_t row_part = 0; row_part < row_parts; ++row_part) {
        const Range part = PartOf(rows.begin, rows.end - rows.begin, row_parts, row_part);
        const int64_t count = part.end - part.begin;
        if (task.collect != nullptr) {
          task.collect(task.source, part.begin, count, ks.begin, ks.end, a, kRowStride);
        } else {
          CopyRows(static_cast<const float*>(task.source) + part.begin * task.lda + ks.begin, task.lda, count, kc, a);
        }
        const TileFunction pair = TileFor<true>(count);
        for (int64_t column = block; column < block_end; column += kPairColumns) {
          const int64_t width = std::min(kPairColumns, block_end - column);
          const float* b0 = task.packed + column / kPanel * panel_floats + ks.begin * kPanel + column % kPanel;
          const float* b1 = column % kPanel + kLanes < kPanel ? b0 + kLanes : b0 + panel_floats;
          const int64_t at = part.begin * task.ldc + column;
          TileOut out{task.c + at, task.ldc, nullptr, nullptr, unbounded.lo, unbounded.hi};
          // The addend comes in first: it may be the output, which the first block overwrites.
          if (k_part > 0) {
            out.addend = out.c;
          } else if (task.epilogue.addend != nullptr) {
            out.addend = task.epilogue.addend + at;
          }
          if (last) {
            if (task.epilogue.bias != nullptr) out.bias = task.epilogue.bias + column;
            out.lo = bounds.lo;
            out.hi = bounds.hi;
          }
          if (!by_element && width == kPairColumns) {
            pair(a, kc, b0, b1, out);
          } else if (!by_element && width == kLanes) {
            TileFor<false>(count)(a, kc, b0, b0, out);
          } else {
            const TileOut plain{tile, kPairColumns, nullptr, nullptr, unbounded.lo, unbounded.hi};
            if (width > kLanes) {
              pair(a, kc, b0, b1, plain);
            } else {
              TileFor<false>(count)(a, kc, b0, b0, plain);
            }
            FinishTile(tile, count, width, out, last ? bounds : unbounded);
          }
        }
      }
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

GemmSplit SplitGemm(int64_t m, int64_t n, int64_t k) {
  // Multiplications in a piece: a fraction of a millisecond on a fast core, a few on a slow one.
  constexpr double kPieceWork = 4e6;
  // Multiples of every target's tile height, or nearly; and of the longest tile's width.
  constexpr int64_t kRowUnit = 42;
  constexpr int64_t kColumnUnit = 128;
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(std::max<int64_t>(k, 1));
  const auto wanted = static_cast<int64_t>(std::clamp(work / kPieceWork, 1.0, 1e6));
  const auto pieces_of = [](int64_t size, int64_t unit, int64_t pieces) {
    const int64_t units = std::max<int64_t>((size + unit - 1) / unit, 1);
    return std::min(pieces, units);
  };
  GemmSplit split;
  const int64_t by_rows = pieces_of(m, kRowUnit, wanted);
  split.rows = (m + by_rows - 1) / by_rows;
  if (by_rows > 1) split.rows = (split.rows + kRowUnit - 1) / kRowUnit * kRowUnit;
  split.row_pieces = split.rows == 0 ? 0 : (m + split.rows - 1) / split.rows;
  const int64_t by_columns = pieces_of(n, kColumnUnit, (wanted + by_rows - 1) / by_rows);
  split.columns = (n + by_columns - 1) / by_columns;
  if (by_columns > 1) split.columns = (split.columns + 31) / 32 * 32;
  split.column_pieces = split.columns == 0 ? 0 : (n + split.columns - 1) / split.columns;
  return split;
}

void RunGemmPiece(const GemmTask& task, const GemmSplit& split, int64_t index) {
  const int64_t row = index / split.column_pieces * split.rows;
  const int64_t column = index % split.column_pieces * split.columns;
  HWY_DYNAMIC_DISPATCH(GemmPiece)
  (task, row, std::min(row + split.rows, task.m), column, std::min(column + split.columns, task.n));
}

void RunGemm(const GemmTask& task, ThreadPool& pool, const StopToken& stop) {
  const GemmSplit split = SplitGemm(task.m, task.n, task.k);
  pool.ParallelFor(split.row_pieces * split.column_pieces, 1, stop, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) RunGemmPiece(task, split, index);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

// A tile of some rows of two vectors of columns stays in registers for the whole of k, so that the tail can follow at
// once. Rows are read where they lie, or are collected; the right operand comes from a near cache for each tile.
#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // the target with byte dot products is worth having here
#endif

#include "engine/kernels/gemm_int8.h"

#include <algorithm>
#include <cstring>

#include "engine/kernels/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm_int8.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/collect_int8.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/dot_bytes-inl.h"
#include "engine/kernels/sums_tail-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
constexpr int64_t kPanel = 16;
constexpr int64_t kGroup = 4;  // values of k in a lane
constexpr int64_t kPairColumns = 2 * kTailLanes;
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
constexpr int64_t kMaxRows = 14;
#elif HWY_ARCH_ARM
constexpr int64_t kMaxRows = 8;
#else
constexpr int64_t kMaxRows = 4;
#endif

// Where a tile's sums go.
struct TileOut {
  const int32_t* start;
  int32_t* tile;   // to be finished from there, where `codes` is null
  uint8_t* codes;  // else at once, as codes that end at 0 and 255
  int64_t stride;
  const float* multiply;
  const float* add;
};

// Sums of kRows rows times two vectors of columns, over `groups` groups of k.
template <int kRows>
HWY_NOINLINE void Tile(const uint8_t* HWY_RESTRICT a, int64_t lda, int64_t groups, const int8_t* HWY_RESTRICT b0,
                       const int8_t* HWY_RESTRICT b1, const TileOut& out) {
  const TailDI d;
  const int32_t* start = out.start;
  const TailI start0 = hn::LoadU(d, start), start1 = hn::LoadU(d, start + kTailLanes);
#define RIVULET_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define RIVULET_DECLARE(i) TailI r##i = start0, s##i = start1;
  RIVULET_ROWS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t g = 0; g < groups; ++g, a += kGroup, b0 += kPanel * kGroup, b1 += kPanel * kGroup) {
#define RIVULET_MULTIPLY(i)                        \
  if constexpr (i < kRows) {                       \
    int32_t four;                                  \
    std::memcpy(&four, a + i * lda, sizeof(four)); \
    r##i = Dot(four, b0, r##i);                    \
    s##i = Dot(four, b1, s##i);                    \
  }
    RIVULET_ROWS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
  }
  if (out.codes != nullptr) {
    const TailDF df;
    const hn::Rebind<uint8_t, TailDI> d8;
    const TailF multiply0 = hn::LoadU(df, out.multiply), multiply1 = hn::LoadU(df, out.multiply + kTailLanes);
    const TailF add0 = hn::LoadU(df, out.add), add1 = hn::LoadU(df, out.add + kTailLanes);
    uint8_t* to = out.codes;
#define RIVULET_ROUND(sum, j) hn::DemoteTo(d8, hn::NearestInt(hn::MulAdd(hn::ConvertTo(df, sum), multiply##j, add##j)))
#define RIVULET_FINISH(i)                                    \
  if constexpr (i < kRows) {                                 \
    hn::StoreU(RIVULET_ROUND(r##i, 0), d8, to);              \
    hn::StoreU(RIVULET_ROUND(s##i, 1), d8, to + kTailLanes); \
    to += out.stride;                                        \
  }
    RIVULET_ROWS(RIVULET_FINISH)
#undef RIVULET_FINISH
#undef RIVULET_ROUND
    return;
  }
  int32_t* tile = out.tile;
#define RIVULET_STORE(i)                                       \
  if constexpr (i < kRows) {                                   \
    hn::StoreU(r##i, d, tile + i * kPairColumns);              \
    hn::StoreU(s##i, d, tile + i * kPairColumns + kTailLanes); \
  }
  RIVULET_ROWS(RIVULET_STORE)
#undef RIVULET_STORE
#undef RIVULET_ROWS
}

using TileFunction = void (*)(const uint8_t*, int64_t, int64_t, const int8_t*, const int8_t*, const TileOut&);

// The least tall function that makes so many rows, of which more may then be computed than are there: they must be
// readable.
struct TileChoice {
  int64_t rows;
  TileFunction function;
};
constexpr TileChoice kTiles[] = {
    {1, &Tile<1>}, {2, &Tile<2>},   {4, &Tile<4>},
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
    {7, &Tile<7>}, {10, &Tile<10>}, {14, &Tile<14>},
#elif HWY_ARCH_ARM
  {8, &Tile<8>},
#endif
};

TileChoice TileFor(int64_t rows) {
  for (const TileChoice& choice : kTiles) {
    if (choice.rows >= rows) return choice;
  }
  return kTiles[0];  // never
}

// Rows [row_begin, row_end) and columns [column_begin, column_end) of the output. `buffer`: kMaxRows rows.
void PieceInt8(const TaskInt8& task, int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end,
               uint8_t* buffer) {
  HWY_ALIGN int32_t tile[static_cast<size_t>(kMaxRows * kPairColumns)];
  const int64_t groups = (task.k + kGroup - 1) / kGroup;
  const int64_t stride = RowBytesInt8(task.k);
  const int64_t panel_bytes = groups * kPanel * kGroup;
  const bool at_once = !task.tail.floats && task.tail.low == 0 && task.tail.high == 255;
  for (int64_t row = row_begin; row < row_end;) {
    // Tiles as equal as can be: the last one is no stub.
    const int64_t left = row_end - row;
    const int64_t tiles = (left + kMaxRows - 1) / kMaxRows;
    const int64_t rows = (left + tiles - 1) / tiles;
    const TileChoice choice = TileFor(rows);
    const uint8_t* a = task.a + row * task.lda;
    int64_t lda = task.lda;
    if (!task.in_place || choice.rows > left) {
      CollectInt8(task, row, rows, stride, buffer);
      a = buffer;
      lda = stride;
    }
    for (int64_t column = column_begin; column < column_end; column += kPairColumns) {
      const int8_t* b0 = task.packed + column / kPanel * panel_bytes + column % kPanel * kGroup;
      // Where there is no second vector, the first is computed twice.
      const bool two = column + kTailLanes < column_end;
      const int8_t* b1 = !two                                    ? b0
                         : column % kPanel + kTailLanes < kPanel ? b0 + kTailLanes * kGroup
                                                                 : b0 + panel_bytes;
      const int64_t width = std::min(kPairColumns, column_end - column);
      TileOut out{task.tail.start + column, tile, nullptr, task.n, task.tail.multiply + column, task.tail.add + column};
      if (at_once && width == kPairColumns && choice.rows == rows) {
        out.codes = static_cast<uint8_t*>(task.tail.output) + row * task.n + column;
      }
      choice.function(a, lda, groups, b0, b1, out);
      if (out.codes != nullptr) continue;
      for (int64_t j = 0; j < width; j += kTailLanes) {
        FinishColumns(task.tail, tile + j, kPairColumns, rows, column + j, std::min(kTailLanes, width - j),
                      row * task.n + column + j, task.n);
      }
    }
    row += rows;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(PieceInt8);

namespace {

constexpr int64_t kMostRows = 14;  // of any target's tile
constexpr int64_t kGroup = 4;

// A thread's buffer.
int64_t BufferBytes(int64_t k) { return kMostRows * RowBytesInt8(k) + 64; }

void Run(TaskInt8 task, int64_t m, const PackedMatrixU8& b, void* scratch, ThreadPool& pool, const StopToken& stop) {
  task.packed = b.data();
  task.n = b.n();
  task.k = b.k();
  task.in_place = task.geometry == nullptr && task.k % kGroup == 0;
  // A step of k is four bytes.
  const GemmSplit split = SplitGemm(m, task.n, (task.k + kGroup - 1) / kGroup, pool.num_threads());
  const int64_t bytes = BufferBytes(task.k);
  pool.ParallelFor(split.row_pieces * split.column_pieces, 1, stop, [&](int64_t begin, int64_t end, int thread) {
    uint8_t* buffer = static_cast<uint8_t*>(scratch) + thread * bytes;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / split.column_pieces * split.rows;
      const int64_t column = i % split.column_pieces * split.columns;
      if (row >= m) return;  // rounded up
      HWY_DYNAMIC_DISPATCH(PieceInt8)
      (task, row, std::min(row + split.rows, m), column, std::min(column + split.columns, task.n), buffer);
    }
  });
}

}  // namespace

CheckedSize MatMulInt8ScratchBytes(int64_t k, int threads) {
  if (k < 0 || k > INT32_MAX) return CheckedSize(-1);
  return CheckedSize(BufferBytes(k)) * threads;
}

void MatMulInt8(const uint8_t* a, int64_t lda, int64_t m, const PackedMatrixU8& b, const SumsTail& tail, void* scratch,
                ThreadPool& pool, const StopToken& stop) {
  TaskInt8 task;
  task.a = a;
  task.lda = lda;
  task.tail = tail;
  Run(task, m, b, scratch, pool, stop);
}

void Conv2DInt8(const uint8_t* input, uint8_t outside, const PackedMatrixU8& filter, const ConvGeometry& g,
                const SumsTail& tail, void* scratch, ThreadPool& pool, const StopToken& stop) {
  TaskInt8 task;
  task.a = input;
  task.lda = g.in_c;
  task.tail = tail;
  task.outside = outside;
  const bool plain = g.k_h == 1 && g.k_w == 1 && g.stride_h == 1 && g.stride_w == 1 && g.pad_top == 0 &&
                     g.pad_left == 0 && g.out_h == g.in_h && g.out_w == g.in_w;
  if (!plain) task.geometry = &g;
  Run(task, g.batch * g.out_h * g.out_w, filter, scratch, pool, stop);
}

}  // namespace rivulet
#endif  // HWY_ONCE

// Sums of products of bytes where a processor has no dot products of them, but of pairs of 16 bits: both operands are
// widened first, the right one less its offset, so that no sum of a row of bytes is needed. Per-target: included once
// for each target by gemm_int8.cc.
//
// Of the right operand as many columns as a tile has are widened at a time: for each pair of values of k, the columns'
// pairs. They come into the thread's buffer, or where k is large are all made before.
#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(RIVULET_ENGINE_KERNELS_GEMM_INT8_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_GEMM_INT8_PAIRS_INL_H_
#undef RIVULET_ENGINE_KERNELS_GEMM_INT8_PAIRS_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_GEMM_INT8_PAIRS_INL_H_
#endif

#include "engine/kernels/collect_int8.h"
#include "engine/kernels/gemm_int8_tile-inl.h"
#include "engine/kernels/int8_pair_tile-inl.h"
#include "engine/kernels/int8_pairs-inl.h"
#include "engine/kernels/lines_int8.h"
#include "engine/kernels/sums_tail-inl.h"
#include "hwy/highway.h"

#if RIVULET_HAS_PAIRS
HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Widens one of the pairs of each lane's four bytes.
template <int kSecond>
HWY_INLINE Pairs WidenedPair(const int8_t* bytes) {
  const hn::Repartition<uint8_t, TailDI> d8;
  constexpr uint8_t k = 2 * kSecond, kNone = 0x80;
  HWY_ALIGN static constexpr uint8_t kPlaces[16] = {
      kNone, k, kNone, k + 1, kNone, k + 4, kNone, k + 5, kNone, k + 8, kNone, k + 9, kNone, k + 12, kNone, k + 13,
  };
  const auto four = hn::LoadU(d8, reinterpret_cast<const uint8_t*>(bytes));
  const auto high = hn::TableLookupBytesOr0(four, hn::LoadDup128(d8, kPlaces));
  return hn::ShiftRight<8>(hn::BitCast(PairD16(), high));
}

// kVectors vectors of columns at `packed`, whose groups are a panel's apart, task.pair_offset more where the panel
// task.ones has ones, or everywhere.
template <int kVectors>
void WidenColumns(const TaskInt8& task, const int8_t* packed, int64_t groups, int16_t* to) {
  const PairD16 d16;
  const Pairs more = hn::Set(d16, task.pair_offset);
  for (int64_t g = 0; g < groups; ++g, to += 4 * kVectors * kTailLanes) {
    const int8_t* from = packed + g * kPanel * kGroup;
    Pairs first = more, second = more;
    if (task.ones != nullptr) {
      first = hn::Mul(WidenedPair<0>(task.ones + g * kPanel * kGroup), more);
      second = hn::Mul(WidenedPair<1>(task.ones + g * kPanel * kGroup), more);
    }
    for (int64_t v = 0; v < kVectors; ++v, from += kTailLanes * kGroup) {
      hn::StoreU(hn::Add(WidenedPair<0>(from), first), d16, to + v * 2 * kTailLanes);
      hn::StoreU(hn::Add(WidenedPair<1>(from), second), d16, to + (kVectors + v) * 2 * kTailLanes);
    }
  }
}

template <int kBytes>
HWY_INLINE void WidenVector(const uint8_t* from, int16_t* to) {
  const hn::CappedTag<int16_t, kBytes> d16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  hn::StoreU(hn::PromoteTo(d16, hn::LoadU(d8, from)), d16, to);
}

// `count` bytes, a multiple of four, as 16 bits.
HWY_INLINE void WidenBytes(const uint8_t* from, int64_t count, int16_t* to) {
  constexpr int64_t kLanes = HWY_MAX_LANES_D(PairD16);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) WidenVector<kLanes>(from + i, to + i);
  if constexpr (kLanes > 8) {
    if (i + 8 <= count) {
      WidenVector<8>(from + i, to + i);
      i += 8;
    }
  }
  if (i + 4 <= count) WidenVector<4>(from + i, to + i);
}

// Widens rows [row, row + rows) of the left operand, `stride` values apart. `buffer`: the thread's.
void WidenRows(const TaskInt8& task, int64_t row, int64_t rows, int64_t stride, uint8_t* buffer, int16_t* to) {
  const int64_t values = (task.k + kGroup - 1) / kGroup * kGroup;
  if (task.in_place) {
    if (stride == task.lda) return WidenBytes(task.a + row * stride, rows * stride, to);  // which follow one another
    for (int64_t i = 0; i < rows; ++i) WidenBytes(task.a + (row + i) * task.lda, values, to + i * stride);
    return;
  }
  for (int64_t i = 0, some = 0; i < rows; i += some) {
    some = std::min(kMostRowsInt8, rows - i);
    if (!task.by_lines) {
      const int64_t bytes = RowBytesInt8(task.k);
      CollectInt8(task, row + i, some, bytes, buffer);
      for (int64_t j = 0; j < some; ++j) WidenBytes(buffer + j * bytes, values, to + (i + j) * stride);
      continue;
    }
    const ConvGeometry& g = *task.geometry;
    some = std::min(some, g.out_w - (row + i) % g.out_w);
    const uint8_t* lines[kMostLinesInt8];
    FindLinesInt8(task, row + i, some, some, buffer, lines);
    const int64_t line = values / g.k_h, step = g.stride_w * g.in_c;
    for (int64_t l = 0; l < g.k_h; ++l) {
      const uint8_t* from = lines[l];
      int16_t* here = to + i * stride + l * line;
      for (int64_t j = 0; j < some; ++j, from += step, here += stride) {
        if (line == 12) {  // three pixels of three colours
          WidenVector<8>(from, here);
          WidenVector<4>(from + 8, here + 8);
        } else {
          WidenBytes(from, line, here);
        }
      }
    }
  }
}

// What becomes of a tile's columns that it did not finish itself. `lows`: of these columns, or null.
void FinishTile(const TaskInt8& task, const int32_t* tile, int64_t row, int64_t rows, int64_t column, int64_t columns,
                int32_t* lows) {
  const int64_t at = row * task.n + column;
  if (task.wide == nullptr) {
    for (int64_t j = 0; j < columns; j += kTailLanes) {
      FinishColumns(task.tail, tile + j, kPairColumns, rows, column + j, std::min(kTailLanes, columns - j), at + j,
                    task.n);
    }
    return;
  }
  int32_t* wide = task.wide + (row - task.wide_row) * task.n + column;
  for (int64_t i = 0; i < rows; ++i, tile += kPairColumns) {
    for (int64_t j = 0; j < columns; ++j) {
      wide[i * task.n + j] = tile[j];
      if (lows == nullptr) continue;
      lows[j] = std::min(lows[j], tile[j]);
      lows[task.extremes_stride + j] = std::max(lows[task.extremes_stride + j], tile[j]);
    }
  }
}

// Rows [row, row + rows), which lie widened at `wide`, `stride` apart, times some columns, whose pairs lie at b.
void MultiplyBlock(const TaskInt8& task, const int16_t* wide, int64_t stride, int64_t row, int64_t rows, int64_t column,
                   int64_t columns, const int16_t* b, int32_t* lows) {
  HWY_ALIGN int32_t tile[static_cast<size_t>(kPairRows * kPairColumns)];
  const bool two = columns > kTailLanes;
  const bool whole = columns % kTailLanes == 0;
  if (lows != nullptr) lows += column;
  PairOut out = {};
  out.start = task.tail.start + column;
  out.stride = task.n;
  out.multiply = task.tail.multiply + column;
  out.add = task.tail.add + column;
  out.tail = &task.tail;
  if (lows != nullptr && whole) {
    out.lows = lows;
    out.highs = lows + task.extremes_stride;
  }
  const PairFunction* functions = two ? kTwoVectors : kOneVector;
  const int64_t pairs = (task.k + kGroup - 1) / kGroup * 2;
  const int64_t tiles = (rows + kPairRows - 1) / kPairRows;
  for (int64_t t = 0, done = 0; t < tiles; ++t) {  // as equal as can be
    const int64_t some = (rows - done) / (tiles - t);
    const int64_t at = (row + done) * task.n + column;
    if (task.wide != nullptr && whole) {
      out.to = task.wide + (at - task.wide_row * task.n);
    } else if (task.wide == nullptr && !task.tail.floats && whole) {
      out.codes = static_cast<uint8_t*>(task.tail.output) + at;
    } else {
      out.to = tile;
      out.stride = kPairColumns;
    }
    functions[some - 1](wide + done * stride, stride, pairs, b, out);
    if (out.to == tile) FinishTile(task, tile, row + done, some, column, columns, lows);
    done += some;
  }
}

void WidenTile(const TaskInt8& task, int64_t column, int64_t columns, int16_t* to) {
  const int64_t groups = (task.k + kGroup - 1) / kGroup;
  const int8_t* packed = task.packed + (column / kPanel * groups * kPanel + column % kPanel) * kGroup;
  columns > kTailLanes ? WidenColumns<2>(task, packed, groups, to) : WidenColumns<1>(task, packed, groups, to);
}

// As PieceInt8, by pairs. A block of rows is widened and stays in a near cache, while each tile's columns are widened
// for it into the nearest one.
void PiecePairs(const TaskInt8& task, int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end,
                uint8_t* buffer, int32_t* lows) {
  const int64_t groups = (task.k + kGroup - 1) / kGroup, values = groups * kGroup;
  const int64_t stride = task.in_place && task.lda == values ? values : WidenedStride(task.k);
  const int64_t block = RowsOfBlock(task.k);
  auto* wide = reinterpret_cast<int16_t*>(buffer + kMostRowsInt8 * RowBytesInt8(task.k) + kMoreForLinesInt8);
  int16_t* pairs = wide + block * WidenedStride(task.k);
  for (int64_t row = row_begin; row < row_end; row += block) {
    const int64_t rows = std::min(block, row_end - row);
    WidenRows(task, row, rows, stride, buffer, wide);
    for (int64_t column = column_begin; column < column_end; column += kPairColumns) {
      const int64_t columns = std::min(kPairColumns, column_end - column);
      const int16_t* b = pairs;
      if (task.widened != nullptr) {
        b = task.widened + column * values;
      } else {
        WidenTile(task, column, columns, pairs);
      }
      MultiplyBlock(task, wide, stride, row, rows, column, columns, b, lows);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();
#endif

#endif  // per-target include guard

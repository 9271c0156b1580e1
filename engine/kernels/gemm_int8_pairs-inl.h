// Sums of products of bytes where a processor has no dot products of them, but of pairs of 16 bits: both operands are
// widened first, the right one less its offset, so that no sum of a row of bytes is needed. Per-target: included once
// for each target by gemm_int8.cc.
//
// The widened right operand: for each panel of 16 columns and each pair of values of k, the columns' pairs.
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
#include "engine/kernels/lines_int8.h"
#include "engine/kernels/sums_tail-inl.h"
#include "hwy/highway.h"

#undef RIVULET_HAS_PAIRS
#define RIVULET_HAS_PAIRS (HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3 && HWY_TARGET <= HWY_SSE4)

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Widens the first `count` of lows and highs.
HWY_INLINE void WidenExtremes(TailI low, TailI high, int64_t count, int32_t* lows, int32_t* highs) {
  const TailDI d;
  if (count >= kTailLanes) {
    hn::StoreU(hn::Min(hn::LoadU(d, lows), low), d, lows);
    hn::StoreU(hn::Max(hn::LoadU(d, highs), high), d, highs);
    return;
  }
  const auto lanes = static_cast<size_t>(count);
  hn::StoreN(hn::Min(hn::LoadN(d, lows, lanes), low), d, lows, lanes);
  hn::StoreN(hn::Max(hn::LoadN(d, highs, lanes), high), d, highs, lanes);
}

#if RIVULET_HAS_PAIRS
using PairD16 = hn::Repartition<int16_t, TailDI>;
using Pairs = hn::Vec<PairD16>;

// Values of a pair of k in a panel.
constexpr int64_t kPairStep = 2 * kPanel;
// Rows of a tile.
constexpr int64_t kPairRows = 4;

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

// Panels [begin, end) of the packed operand, `add` more where `ones` has ones, or everywhere.
void WidenPanels(const int8_t* packed, const int8_t* ones, int64_t groups, int32_t add, int64_t begin, int64_t end,
                 int16_t* pairs) {
  const PairD16 d16;
  const Pairs more = hn::Set(d16, static_cast<int16_t>(add));
  for (int64_t panel = begin; panel < end; ++panel) {
    for (int64_t g = 0; g < groups; ++g) {
      const int8_t* from = packed + (panel * groups + g) * kPanel * kGroup;
      const int8_t* there = ones + g * kPanel * kGroup;
      int16_t* to = pairs + (panel * groups + g) * 2 * kPairStep;
      for (int64_t j = 0; j < kPanel; j += kTailLanes) {
        Pairs first = WidenedPair<0>(from + j * kGroup), second = WidenedPair<1>(from + j * kGroup);
        if (ones == nullptr) {
          first = hn::Add(first, more);
          second = hn::Add(second, more);
        } else {
          first = hn::Add(first, hn::Mul(WidenedPair<0>(there + j * kGroup), more));
          second = hn::Add(second, hn::Mul(WidenedPair<1>(there + j * kGroup), more));
        }
        hn::StoreU(first, d16, to + 2 * j);
        hn::StoreU(second, d16, to + kPairStep + 2 * j);
      }
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

// Where the sums of some columns go.
struct PairOut {
  const int32_t* start;
  int32_t* to;  // row 0
  int64_t stride;
  int32_t* lows;  // null: not wanted
  int32_t* highs;
  int64_t columns;  // up to two vectors
};

HWY_INLINE void StoreColumns(TailI v, int64_t count, int32_t* to) {
  const TailDI d;
  if (count >= kTailLanes) {
    hn::StoreU(v, d, to);
  } else {
    HWY_ALIGN int32_t part[static_cast<size_t>(kTailLanes)];
    hn::Store(v, d, part);
    for (int64_t j = 0; j < count; ++j) to[j] = part[j];
  }
}

// Sums of kRows rows, `stride` apart, times the pairs of one or two vectors of columns.
template <int kRows, bool kTwo>
HWY_NOINLINE void PairTile(const int16_t* HWY_RESTRICT a, int64_t stride, int64_t pairs, const int16_t* HWY_RESTRICT b,
                           const PairOut& out) {
  const TailDI d;
  const PairD16 d16;
  const TailI start0 = hn::LoadU(d, out.start), start1 = hn::LoadU(d, out.start + (kTwo ? kTailLanes : 0));
  TailI r0 = start0, r1 = start0, r2 = start0, r3 = start0, s0 = start1, s1 = start1, s2 = start1, s3 = start1;
  const int16_t *a1 = a + stride, *a2 = a + 2 * stride, *a3 = a + 3 * stride;
  for (int64_t p = 0; p < pairs; ++p, b += kPairStep) {
    const Pairs b0 = hn::LoadU(d16, b), b1 = kTwo ? hn::LoadU(d16, b + 2 * kTailLanes) : b0;
#define RIVULET_MULTIPLY(i, row)                                                 \
  if constexpr (i < kRows) {                                                     \
    int32_t two;                                                                 \
    std::memcpy(&two, row + 2 * p, sizeof(two));                                 \
    const Pairs x = hn::BitCast(d16, hn::Set(d, two));                           \
    r##i = hn::Add(r##i, hn::WidenMulPairwiseAdd(d, x, b0));                     \
    if constexpr (kTwo) s##i = hn::Add(s##i, hn::WidenMulPairwiseAdd(d, x, b1)); \
  }
    RIVULET_MULTIPLY(0, a)
    RIVULET_MULTIPLY(1, a1)
    RIVULET_MULTIPLY(2, a2)
    RIVULET_MULTIPLY(3, a3)
#undef RIVULET_MULTIPLY
  }
  int32_t* to = out.to;
#define RIVULET_STORE(i)                                                               \
  if constexpr (i < kRows) {                                                           \
    StoreColumns(r##i, out.columns, to);                                               \
    if constexpr (kTwo) StoreColumns(s##i, out.columns - kTailLanes, to + kTailLanes); \
    to += out.stride;                                                                  \
  }
  RIVULET_STORE(0)
  RIVULET_STORE(1)
  RIVULET_STORE(2)
  RIVULET_STORE(3)
#undef RIVULET_STORE
  if (out.lows == nullptr) return;
  const auto extremes = [&](TailI v0, TailI v1, TailI v2, TailI v3, int64_t at) HWY_ATTR {
    TailI low = v0, high = v0;
    if constexpr (kRows > 1) low = hn::Min(low, v1), high = hn::Max(high, v1);
    if constexpr (kRows > 2) low = hn::Min(low, v2), high = hn::Max(high, v2);
    if constexpr (kRows > 3) low = hn::Min(low, v3), high = hn::Max(high, v3);
    WidenExtremes(low, high, out.columns - at, out.lows + at, out.highs + at);
  };
  extremes(r0, r1, r2, r3, 0);
  if constexpr (kTwo) extremes(s0, s1, s2, s3, kTailLanes);
}

using PairFunction = void (*)(const int16_t*, int64_t, int64_t, const int16_t*, const PairOut&);
constexpr PairFunction kOneVector[] = {&PairTile<1, false>, &PairTile<2, false>, &PairTile<3, false>,
                                       &PairTile<4, false>};
constexpr PairFunction kTwoVectors[] = {&PairTile<1, true>, &PairTile<2, true>, &PairTile<3, true>, &PairTile<4, true>};

// Widens rows [row, row + rows) of the left operand, `stride` values apart. `buffer`: the thread's.
void WidenRows(const TaskInt8& task, int64_t row, int64_t rows, int64_t stride, uint8_t* buffer, int16_t* to) {
  const int64_t values = (task.k + kGroup - 1) / kGroup * kGroup;
  if (task.in_place) {
    if (stride == task.lda) return WidenBytes(task.a + row * stride, rows * stride, to);  // which follow one another
    for (int64_t i = 0; i < rows; ++i) WidenBytes(task.a + (row + i) * task.lda, values, to + i * stride);
    return;
  }
  for (int64_t i = 0, some = 0; i < rows; i += some) {
    some = std::min(kPairRows, rows - i);
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
    for (int64_t j = 0; j < some; ++j) {
      for (int64_t l = 0; l < g.k_h; ++l) WidenBytes(lines[l] + j * step, line, to + (i + j) * stride + l * line);
    }
  }
}

// As PieceInt8, of a task with pairs. A block of rows is widened and stays in a near cache, while each panel of columns
// comes to the nearest one once.
void PiecePairs(const TaskInt8& task, int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end,
                uint8_t* buffer, int32_t* lows) {
  const int64_t groups = (task.k + kGroup - 1) / kGroup, values = groups * kGroup;
  const int64_t stride = task.in_place && task.lda == values ? values : WidenedStride(task.k);
  const int64_t block = RowsOfBlock(task.k);
  auto* wide = reinterpret_cast<int16_t*>(buffer + kMostRowsInt8 * RowBytesInt8(task.k) + kMoreForLinesInt8);
  for (int64_t row = row_begin; row < row_end; row += block) {
    const int64_t rows = std::min(block, row_end - row);
    WidenRows(task, row, rows, stride, buffer, wide);
    for (int64_t column = column_begin; column < column_end; column += kPairColumns) {
      const int64_t columns = std::min(kPairColumns, column_end - column);
      const int16_t* b = task.pairs + column / kPanel * groups * 2 * kPairStep + column % kPanel * 2;
      PairOut out = {task.tail.start + column,
                     task.wide + row * task.n + column,
                     task.n,
                     lows == nullptr ? nullptr : lows + column,
                     lows == nullptr ? nullptr : lows + task.extremes_stride + column,
                     columns};
      const PairFunction* functions = columns > kTailLanes ? kTwoVectors : kOneVector;
      for (int64_t i = 0; i < rows; i += kPairRows, out.to += kPairRows * task.n) {
        const auto some = static_cast<size_t>(std::min(kPairRows, rows - i));
        functions[some - 1](wide + i * stride, stride, groups * 2, b, out);
      }
    }
  }
}
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

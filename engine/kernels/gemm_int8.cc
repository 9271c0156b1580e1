// A tile of some rows of one or two vectors of columns stays in registers for the whole of k, so that the tail can
// follow at once. Rows are read where they lie, whole or a filter's row at a time, or are collected; the right operand
// comes from a near cache for each tile.
#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // the target with byte dot products is worth having here
#endif

#include "engine/kernels/gemm_int8.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/kernels/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm_int8.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/collect_int8.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/lines_int8.h"
#include "engine/kernels/gemm_int8_pairs-inl.h"
#include "engine/kernels/gemm_int8_tile-inl.h"
#include "engine/kernels/sums_tail-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
// The sum of some bytes.
uint32_t SumOfBytes(const uint8_t* bytes, int64_t count) {
#if HWY_TARGET == HWY_SCALAR
  uint32_t sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += bytes[i];
  return sum;
#else
  const hn::Repartition<uint8_t, TailDI> d8;
  const hn::Repartition<uint64_t, TailDI> d64;
  auto sums = hn::Zero(d64);
  int64_t i = 0;
  for (; i + static_cast<int64_t>(hn::Lanes(d8)) <= count; i += static_cast<int64_t>(hn::Lanes(d8))) {
    sums = hn::Add(sums, hn::SumsOf8(hn::LoadU(d8, bytes + i)));
  }
  auto sum = static_cast<uint32_t>(i == 0 ? 0 : hn::ReduceSum(d64, sums));
  for (; i + 8 <= count; i += 8) {  // in pairs, then all four
    uint64_t eight;
    std::memcpy(&eight, bytes + i, sizeof(eight));
    constexpr uint64_t kEven = 0x00ff00ff00ff00ff;
    sum += static_cast<uint32_t>(((eight & kEven) + (eight >> 8 & kEven)) * 0x0001000100010001 >> 48);
  }
  for (; i < count; ++i) sum += bytes[i];
  return sum;
#endif
}

// What each row of a tile gets beside its products. A panel of ones adds up patches; whole rows need none.
void RowTerms(const TaskInt8& task, const TileRowsInt8& from, int64_t rows, TileFunctionInt8 function, int32_t* tile,
              uint32_t* terms) {
  if (task.geometry == nullptr) {
    for (int64_t i = 0; i < rows; ++i) terms[i] = task.row_factor * SumOfBytes(from.from[0] + i * from.stride, task.k);
    return;
  }
  HWY_ALIGN static constexpr int32_t kZeros[static_cast<size_t>(kTailLanes)] = {};
  HWY_ALIGN static constexpr float kNoFactors[static_cast<size_t>(kTailLanes)] = {};
  function(from, task.ones, task.ones, {kZeros, tile, nullptr, 0, kNoFactors, kNoFactors});
  for (int64_t i = 0; i < rows; ++i) terms[i] = task.row_factor * static_cast<uint32_t>(tile[i * kPairColumns]);
}

// Columns [0, width) of a tile. `lows`: of these columns, the highs are extremes_stride behind them; null: not wanted.
void StoreSums(const TaskInt8& task, const int32_t* tile, int64_t rows, int64_t width, const uint32_t* terms,
               int32_t* to, int32_t* lows) {
  const TailDI d;
  for (int64_t j = 0; j < width; j += kTailLanes) {
    const int64_t count = std::min(width - j, kTailLanes);
    TailI low = hn::Set(d, INT32_MAX), high = hn::Set(d, INT32_MIN);
    for (int64_t i = 0; i < rows; ++i) {
      const TailI v = hn::Add(hn::LoadU(d, tile + i * kPairColumns + j), hn::Set(d, static_cast<int32_t>(terms[i])));
      low = hn::Min(low, v);
      high = hn::Max(high, v);
      int32_t* at = to + i * task.n + j;
      count == kTailLanes ? hn::StoreU(v, d, at) : hn::StoreN(v, d, at, static_cast<size_t>(count));
    }
    if (lows != nullptr) WidenExtremes(low, high, count, lows + j, lows + task.extremes_stride + j);
  }
}

// Rows [row_begin, row_end) and columns [column_begin, column_end) of the output. `buffer`: kMaxRows rows. `lows`: the
// thread's, or null.
void PieceInt8(const TaskInt8& task, int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end,
               uint8_t* buffer, int32_t* lows) {
#if RIVULET_HAS_PAIRS
  if (task.by_pairs) return PiecePairs(task, row_begin, row_end, column_begin, column_end, buffer, lows);
#endif
  HWY_ALIGN int32_t tile[static_cast<size_t>(kMaxRows * kPairColumns)];
  const int64_t groups = (task.k + kGroup - 1) / kGroup;
  const int64_t stride = RowBytesInt8(task.k);
  const int64_t panel_bytes = groups * kPanel * kGroup;
  const bool at_once = task.wide == nullptr && !task.tail.floats && task.tail.low == 0 && task.tail.high == 255;
  const uint8_t* lines[kMostLinesInt8];
  TileRowsInt8 from{lines, 1, groups, task.lda};
  if (task.by_lines) {
    from.lines = task.geometry->k_h;
    from.groups = groups / task.geometry->k_h;
    from.stride = task.geometry->stride_w * task.geometry->in_c;
  }
  uint32_t row_terms[static_cast<size_t>(kMaxRows)] = {};
  for (int64_t row = row_begin; row < row_end;) {
    // Tiles as equal as can be: the last one is no stub.
    int64_t left = row_end - row;
    if (task.by_lines) left = std::min(left, task.geometry->out_w - row % task.geometry->out_w);
    const int64_t tiles = (left + kMaxRows - 1) / kMaxRows;
    const int64_t rows = (left + tiles - 1) / tiles;
    const TileChoiceInt8 choice = TileFor(rows);
    if (task.by_lines) {
      FindLinesInt8(task, row, rows, choice.rows, buffer, lines);
    } else if (!task.in_place || choice.rows > left) {
      CollectInt8(task, row, rows, stride, buffer);
      lines[0] = buffer;
      from.stride = stride;
    } else {
      lines[0] = task.a + row * task.lda;
      from.stride = task.lda;
    }
    if (task.row_factor != 0) RowTerms(task, from, rows, choice.one, tile, row_terms);
    for (int64_t column = column_begin; column < column_end; column += kPairColumns) {
      const int8_t* b0 = task.packed + column / kPanel * panel_bytes + column % kPanel * kGroup;
      const bool two = column + kTailLanes < column_end;
      const int8_t* b1 = !two                                    ? b0
                         : column % kPanel + kTailLanes < kPanel ? b0 + kTailLanes * kGroup
                                                                 : b0 + panel_bytes;
      const int64_t width = std::min(kPairColumns, column_end - column);
      TileOutInt8 out{task.tail.start + column, tile, nullptr, task.n, task.tail.multiply + column,
                      task.tail.add + column};
      const bool whole = width == (two ? kPairColumns : kTailLanes);
      // What a vector writes beyond a narrow row, the next row writes again.
      const bool spills = task.n < kTailLanes && (row_end - row - rows) * task.n >= kTailLanes;
      if (at_once && (whole || spills) && choice.rows == rows) {
        out.codes = static_cast<uint8_t*>(task.tail.output) + row * task.n + column;
      }
      (two ? choice.two : choice.one)(from, b0, b1, out);
      if (out.codes != nullptr) continue;
      if (task.wide != nullptr) {
        StoreSums(task, tile, rows, width, row_terms, task.wide + (row - task.wide_row) * task.n + column,
                  lows == nullptr ? nullptr : lows + column);
        continue;
      }
      for (int64_t j = 0; j < width; j += kTailLanes) {
        FinishColumns(task.tail, tile + j, kPairColumns, rows, column + j, std::min(kTailLanes, width - j),
                      row * task.n + column + j, task.n);
      }
    }
    row += rows;
  }
}

bool TakesPairs() { return RIVULET_HAS_PAIRS != 0; }

// All tiles of the right operand, one behind the other.
void WidenTiles(const TaskInt8& task, int16_t* to, ThreadPool& pool, const StopToken& stop) {
#if RIVULET_HAS_PAIRS
  const int64_t values = (task.k + kGroup - 1) / kGroup * kGroup;
  pool.ParallelFor((task.n + kPairColumns - 1) / kPairColumns, 1, stop, [&](int64_t begin, int64_t end) {
    for (int64_t column = begin * kPairColumns; column < std::min(end * kPairColumns, task.n); column += kPairColumns) {
      WidenTile(task, column, std::min(kPairColumns, task.n - column), to + column * values);
    }
  });
#else
  (void)task, (void)to, (void)pool, (void)stop;
#endif
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(PieceInt8);
HWY_EXPORT(TakesPairs);
HWY_EXPORT(WidenTiles);

namespace {

constexpr int64_t kGroup = 4;
constexpr int64_t kLeastRowsOfPairs = 12;  // fewer are not worth that the right operand is widened

// Whether this processor's products of bytes are better done by pairs of 16 bits.
bool HasPairs() { return HWY_DYNAMIC_DISPATCH(TakesPairs)(); }

// Whether patches are pixels, with no bytes behind them.
bool IsPlain(const ConvGeometry& g, const PackedMatrixU8& filter) {
  return filter.k() == g.in_c && g.k_h == 1 && g.k_w == 1 && g.stride_h == 1 && g.stride_w == 1 && g.pad_top == 0 &&
         g.pad_left == 0 && g.out_h == g.in_h && g.out_w == g.in_w;
}

// A thread's buffer; with pairs, for a block of widened rows and a tile's widened columns too.
int64_t BufferBytes(int64_t k) {
  const int64_t values = (k + kGroup - 1) / kGroup * kGroup;
  const int64_t widened = RowsOfBlock(k) * WidenedStride(k) + kMostPairColumns * values;
  return kMostRowsInt8 * RowBytesInt8(k) + 64 + kMoreForLinesInt8 +
         (HasPairs() ? (widened * static_cast<int64_t>(sizeof(int16_t)) + 63) / 64 * 64 : 0);
}

// Of the whole right operand, where it is widened before.
CheckedSize WidenedBytes(int64_t k, int64_t n) {
  if (!HasPairs() || k <= kManyTermsInt8) return 0;
  const int64_t columns = (n + kMostPairColumns - 1) / kMostPairColumns * kMostPairColumns;
  return CheckedSize((k + kGroup - 1) / kGroup * kGroup) * columns * static_cast<int64_t>(sizeof(int16_t));
}

// Rows whose sums are finished before the next ones are made, so that they stay in a near cache; 0 where all sums do.
// Of parts as equal as can be, multiples of a tile's rows.
int64_t RowsOfFinish(int64_t m, int64_t n, int threads) {
  constexpr int64_t kFewSums = 1 << 16, kSums = 1 << 14, kLeastRows = 96;
  if (m <= kFewSums / std::max<int64_t>(n, 1)) return 0;
  const int64_t rows = std::max(kSums / std::max<int64_t>(n, 1), kLeastRows);
  const int64_t parts = (m + rows - 1) / rows, part = (m + parts - 1) / parts;
  return std::min((part + 5) / 6 * 6, m / threads);
}

// Returns whether all rows went to `finish`, by parts of task.wide.
bool Run(TaskInt8 task, int64_t m, const PackedMatrixU8& b, void* scratch, ThreadPool& pool, const StopToken& stop,
         const RowsFinish* finish = nullptr) {
  task.packed = b.data();
  task.n = b.n();
  task.k = b.k();
  task.in_place = task.geometry == nullptr && task.k % kGroup == 0;
  if (const ConvGeometry* g = task.geometry; g != nullptr && g->k_h > 0) {
    task.line_pad = (task.k - g->k_h * g->k_w * g->in_c) / g->k_h;
  }
  task.by_lines = ReadsLinesInt8(task, kMostRowsInt8);
  // A step of k is four bytes, or a pair of 16 bits.
  const int64_t step = task.by_pairs ? 2 : kGroup;
  const GemmSplit split = SplitGemm(m, task.n, (task.k + step - 1) / step, pool.num_threads());
  const int64_t bytes = BufferBytes(task.k);
  if (task.by_pairs && task.k > kManyTermsInt8) {
    auto* widened = reinterpret_cast<int16_t*>(static_cast<uint8_t*>(scratch) + bytes * pool.num_threads());
    HWY_DYNAMIC_DISPATCH(WidenTiles)(task, widened, pool, stop);
    task.widened = widened;
  }
  const int64_t part = RowsOfFinish(m, task.n, pool.num_threads());
  const bool finishes = finish != nullptr && split.column_pieces == 1 && part > 0;
  pool.ParallelFor(split.row_pieces * split.column_pieces, 1, stop, [&](int64_t begin, int64_t end, int thread) {
    uint8_t* buffer = static_cast<uint8_t*>(scratch) + thread * bytes;
    if (finishes) {
      TaskInt8 own = task;
      own.wide = task.wide + thread * part * task.n;
      const int64_t last = std::min(end * split.rows, m);
      for (int64_t row = begin * split.rows; row < last; row += part) {
        const int64_t rows = std::min(part, last - row);
        own.wide_row = row;
        HWY_DYNAMIC_DISPATCH(PieceInt8)(own, row, row + rows, 0, task.n, buffer, nullptr);
        finish->run(finish->context, own.wide, row, rows);
      }
      return;
    }
    int32_t* lows = task.extremes == nullptr ? nullptr : task.extremes + 2 * thread * task.extremes_stride;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / split.column_pieces * split.rows;
      const int64_t column = i % split.column_pieces * split.columns;
      if (row >= m) return;  // rounded up
      HWY_DYNAMIC_DISPATCH(PieceInt8)
      (task, row, std::min(row + split.rows, m), column, std::min(column + split.columns, task.n), buffer, lows);
    }
  });
  return finishes;
}

}  // namespace

CheckedSize MatMulInt8ScratchBytes(int64_t k, int64_t n, int threads) {
  if (k < 0 || k > INT32_MAX || n < 0 || n > INT32_MAX) return CheckedSize(-1);
  return CheckedSize(BufferBytes(k)) * threads + WidenedBytes(k, n);
}

int64_t PaddedLineInt8(int64_t line) {
  const int64_t padded = (line + kGroup - 1) / kGroup * kGroup;
  // More than a half of more products is not worth it.
  return padded * 2 > line * 3 ? line : padded;
}

Result<PackedMatrixU8> PackConvInt8(const uint8_t* bytes, int64_t k_h, int64_t line, int64_t columns, uint8_t flip,
                                    Allocator& allocator) {
  const int64_t padded = PaddedLineInt8(line);
  if (padded == line) return PackedMatrixU8::Pack(bytes, k_h * line, columns, false, allocator, flip);
  const auto row = static_cast<size_t>(line * columns), padded_row = static_cast<size_t>(padded * columns);
  std::vector<uint8_t> wide(static_cast<size_t>(k_h) * padded_row, 0x80 ^ flip);
  for (size_t i = 0; i < static_cast<size_t>(k_h); ++i) std::memcpy(&wide[i * padded_row], bytes + i * row, row);
  return PackedMatrixU8::Pack(wide.data(), k_h * padded, columns, false, allocator, flip);
}

void MatMulInt8(const uint8_t* a, int64_t lda, int64_t m, const PackedMatrixU8& b, const SumsTail& tail, void* scratch,
                ThreadPool& pool, const StopToken& stop) {
  TaskInt8 task;
  task.a = a;
  task.lda = lda;
  task.tail = tail;
  task.by_pairs = HasPairs() && m >= kLeastRowsOfPairs;
  Run(task, m, b, scratch, pool, stop);
}

void Conv2DInt8(const uint8_t* input, uint8_t outside, const PackedMatrixU8& filter, const ConvGeometry& g,
                const SumsTail& tail, void* scratch, ThreadPool& pool, const StopToken& stop) {
  TaskInt8 task;
  task.a = input;
  task.lda = g.in_c;
  task.tail = tail;
  task.outside = outside;
  if (!IsPlain(g, filter)) task.geometry = &g;
  const int64_t m = g.batch * g.out_h * g.out_w;
  task.by_pairs = HasPairs() && m >= kLeastRowsOfPairs;
  Run(task, m, filter, scratch, pool, stop);
}

CheckedSize SumsU8ScratchBytes(int64_t k, int64_t n, int threads) {
  if (k < 0 || k > INT32_MAX || n < 0 || n > INT32_MAX) return CheckedSize(-1);
  const CheckedSize rows = (k + kGroup - 1) / kGroup * kGroup;
  return MatMulInt8ScratchBytes(k, n, threads) + rows * 16 + TailElements(n) * 4 + 192;
}

void FillExtremes(int64_t columns, int threads, int64_t stride, int32_t* extremes) {
  for (int64_t t = 0; t < threads; ++t, extremes += 2 * stride) {
    std::fill_n(extremes, columns, INT32_MAX);
    std::fill_n(extremes + stride, columns, INT32_MIN);
  }
}

void JoinExtremes(int64_t columns, int threads, int64_t stride, int32_t* extremes) {
  for (int64_t t = 1; t < threads; ++t) {
    const int32_t* from = extremes + 2 * t * stride;
    for (int64_t j = 0; j < columns; ++j) {
      extremes[j] = std::min(extremes[j], from[j]);
      extremes[stride + j] = std::max(extremes[stride + j], from[stride + j]);
    }
  }
}

// The sum of (a - a_offset) * (b - b_offset), with b' = b - 128, is that of a * b', plus (128 - b_offset) times that of
// a, minus a_offset times that of b - b_offset.
bool SumsU8(const OperandU8& left, int64_t m, int32_t a_offset, const PackedMatrixU8& b, int32_t b_offset,
            int32_t* output, void* scratch, ThreadPool& pool, const StopToken& stop, int32_t* extremes,
            int64_t extremes_stride, const RowsFinish* finish) {
  TaskInt8 task;
  task.extremes = extremes;
  task.extremes_stride = extremes_stride;
  task.a = left.bytes;
  task.lda = left.lda;
  task.geometry = left.geometry != nullptr && IsPlain(*left.geometry, b) ? nullptr : left.geometry;
  task.outside = static_cast<uint8_t>(a_offset);
  task.wide = output;
  task.row_factor = 128u - static_cast<uint32_t>(b_offset);
  const int64_t k = b.k(), groups = (k + kGroup - 1) / kGroup, elements = TailElements(b.n());
  const ConvGeometry* g = left.geometry;
  const int64_t lines = g != nullptr ? g->k_h : 1, line = g != nullptr ? g->k_w * g->in_c : k;
  auto* start = static_cast<int32_t*>(scratch);
  auto* ones = reinterpret_cast<int8_t*>(start + elements);
  const bool pads = lines * line != k;
  if (task.geometry != nullptr) std::memset(ones, pads ? 0 : 1, static_cast<size_t>(groups * kGroup * 16));
  for (int64_t i = 0; pads && i < lines * line; ++i) {
    const int64_t at = i / line * (k / lines) + i % line;
    for (int64_t j = 0; j < 16; ++j) ones[(at / kGroup * 16 + j) * kGroup + at % kGroup] = 1;
  }
  const auto of_a = static_cast<uint32_t>(a_offset);
  const uint32_t constant = static_cast<uint32_t>(lines * line) * of_a * task.row_factor;
  for (int64_t j = 0; j < elements; ++j) {
    const uint32_t column =
        j < b.n() ? static_cast<uint32_t>(b.column_sums()[j]) - 128u * static_cast<uint32_t>(k) : 0u;
    start[j] = static_cast<int32_t>(0u - of_a * column - constant);
  }
  task.tail = {
      .start = start, .multiply = reinterpret_cast<const float*>(start), .add = reinterpret_cast<const float*>(start)};
  task.ones = ones;
  auto* rest = reinterpret_cast<uint8_t*>(ones + groups * kGroup * 16);
  rest += (64 - reinterpret_cast<uintptr_t>(rest) % 64) % 64;
  if (HasPairs() && b_offset >= 0 && b_offset <= 255 && m >= kLeastRowsOfPairs) {
    task.by_pairs = true;
    task.pair_offset = static_cast<int16_t>(128 - b_offset);
    if (!pads) task.ones = nullptr;
  }
  if (extremes != nullptr) FillExtremes(b.n(), pool.num_threads(), extremes_stride, extremes);
  const bool finishes = Run(task, m, b, rest, pool, stop, extremes == nullptr ? finish : nullptr);
  if (extremes != nullptr) JoinExtremes(b.n(), pool.num_threads(), extremes_stride, extremes);
  return finishes;
}

}  // namespace rivulet
#endif  // HWY_ONCE

// The reduced axis is cut into chunks, a chunk into blocks. A block's sum is formed in a few vectors, a chunk's from
// its blocks', the whole from the chunks'. Contiguous rows (inner = 1) add up their blocks in double precision.
#include "engine/kernels/reduce.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/reduce.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/row_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Each operation: its neutral value, how a value enters, how two results join.
struct SumOp {
  static constexpr float kNeutral = 0.0f;
  static HWY_INLINE V Enter(V sum, V v) { return hn::Add(sum, v); }
  static HWY_INLINE V Join(V a, V b) { return hn::Add(a, b); }
  static double Join(double a, double b) { return a + b; }
};
struct SumOfSquaresOp : SumOp {
  static HWY_INLINE V Enter(V sum, V v) { return hn::MulAdd(v, v, sum); }
};
struct ProdOp {
  static constexpr float kNeutral = 1.0f;
  static HWY_INLINE V Enter(V product, V v) { return hn::Mul(product, v); }
  static HWY_INLINE V Join(V a, V b) { return hn::Mul(a, b); }
  static double Join(double a, double b) { return a * b; }
};
struct MaxOp {
  static constexpr float kNeutral = -std::numeric_limits<float>::infinity();
  static HWY_INLINE V Enter(V best, V v) { return hn::IfThenElse(hn::Or(hn::Lt(best, v), hn::IsNaN(v)), v, best); }
  static HWY_INLINE V Join(V a, V b) { return Enter(a, b); }
  static double Join(double a, double b) { return a < b || b != b ? b : a; }
};
struct MinOp {
  static constexpr float kNeutral = std::numeric_limits<float>::infinity();
  static HWY_INLINE V Enter(V best, V v) { return hn::IfThenElse(hn::Or(hn::Gt(best, v), hn::IsNaN(v)), v, best); }
  static HWY_INLINE V Join(V a, V b) { return Enter(a, b); }
  static double Join(double a, double b) { return a > b || b != b ? b : a; }
};

constexpr int64_t kRowBlock = 1024;
constexpr int64_t kColumnBlock = 64;

// One contiguous run of values.
template <class Op>
double ReduceRun(const float* in, int64_t n) {
  const D d;
  double total = static_cast<double>(Op::kNeutral);
  const V neutral = hn::Set(d, Op::kNeutral);
  for (int64_t block = 0; block < n; block += kRowBlock) {
    const float* from = in + block;
    const int64_t count = std::min(kRowBlock, n - block);
    V r0 = neutral, r1 = neutral, r2 = neutral, r3 = neutral;
    int64_t i = 0;
    for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
      r0 = Op::Enter(r0, hn::LoadU(d, from + i));
      r1 = Op::Enter(r1, hn::LoadU(d, from + i + kLanes));
      r2 = Op::Enter(r2, hn::LoadU(d, from + i + 2 * kLanes));
      r3 = Op::Enter(r3, hn::LoadU(d, from + i + 3 * kLanes));
    }
    for (; i + kLanes <= count; i += kLanes) r0 = Op::Enter(r0, hn::LoadU(d, from + i));
    if (i < count) {
      const auto some = hn::FirstN(d, static_cast<size_t>(count - i));
      r1 = hn::IfThenElse(some, Op::Enter(r1, LoadSome(from + i, count - i)), r1);
    }
    HWY_ALIGN float lanes[HWY_MAX_LANES_D(D)];
    hn::Store(Op::Join(Op::Join(r0, r1), Op::Join(r2, r3)), d, lanes);
    for (const float lane : lanes) total = Op::Join(total, static_cast<double>(lane));
  }
  return total;
}

// Rows [0, n) of `width` values each, `inner` apart, to one row. A cache line's worth of columns at a time.
template <class Op>
void ReduceColumns(const float* in, int64_t n, int64_t inner, int64_t width, float* out) {
  const D d;
  const V neutral = hn::Set(d, Op::kNeutral);
  int64_t j = 0;
  for (; j + 4 * kLanes <= width; j += 4 * kLanes) {
    V t0 = neutral, t1 = neutral, t2 = neutral, t3 = neutral;
    for (int64_t block = 0; block < n; block += kColumnBlock) {
      const int64_t block_end = std::min(block + kColumnBlock, n);
      V r0 = neutral, r1 = neutral, r2 = neutral, r3 = neutral;
      for (int64_t i = block; i < block_end; ++i) {
        const float* from = in + i * inner + j;
        r0 = Op::Enter(r0, hn::LoadU(d, from));
        r1 = Op::Enter(r1, hn::LoadU(d, from + kLanes));
        r2 = Op::Enter(r2, hn::LoadU(d, from + 2 * kLanes));
        r3 = Op::Enter(r3, hn::LoadU(d, from + 3 * kLanes));
      }
      t0 = Op::Join(t0, r0);
      t1 = Op::Join(t1, r1);
      t2 = Op::Join(t2, r2);
      t3 = Op::Join(t3, r3);
    }
    hn::StoreU(t0, d, out + j);
    hn::StoreU(t1, d, out + j + kLanes);
    hn::StoreU(t2, d, out + j + 2 * kLanes);
    hn::StoreU(t3, d, out + j + 3 * kLanes);
  }
  for (; j < width; j += kLanes) {
    const int64_t count = width - j;
    V total = neutral;
    for (int64_t block = 0; block < n; block += kColumnBlock) {
      const int64_t block_end = std::min(block + kColumnBlock, n);
      V r = neutral;
      for (int64_t i = block; i < block_end; ++i) r = Op::Enter(r, LoadSome(in + i * inner + j, count));
      total = Op::Join(total, r);
    }
    StoreSome(total, count, out + j);
  }
}

// `count` rows of `width` values, `inner` apart, joined pairwise in place; the result is the first.
template <class Op>
void JoinRows(float* rows, int64_t count, int64_t inner, int64_t width) {
  for (int64_t step = 1; step < count; step *= 2) {
    for (int64_t i = 0; i + step < count; i += 2 * step) {
      float* to = rows + i * inner;
      const float* from = to + step * inner;
      for (int64_t j = 0; j < width; j += kLanes) {
        StoreSome(Op::Join(LoadSome(to + j, width - j), LoadSome(from + j, width - j)), width - j, to + j);
      }
    }
  }
}

// One chunk, columns of which there are `inner`, `width` of them.
template <class Op>
void ChunkFor(const float* in, int64_t n, int64_t inner, int64_t width, float* out) {
  if (inner == 1) {
    *out = static_cast<float>(ReduceRun<Op>(in, n));
  } else {
    ReduceColumns<Op>(in, n, inner, width, out);
  }
}

void ReduceChunk(ReduceKind kind, const float* in, int64_t n, int64_t inner, int64_t width, float* out) {
  switch (kind) {
    case ReduceKind::kSum:
    case ReduceKind::kMean: return ChunkFor<SumOp>(in, n, inner, width, out);
    case ReduceKind::kSumOfSquares: return ChunkFor<SumOfSquaresOp>(in, n, inner, width, out);
    case ReduceKind::kProd: return ChunkFor<ProdOp>(in, n, inner, width, out);
    case ReduceKind::kMax: return ChunkFor<MaxOp>(in, n, inner, width, out);
    case ReduceKind::kMin: return ChunkFor<MinOp>(in, n, inner, width, out);
  }
}

// The chunks' results of one output row.
void JoinChunks(ReduceKind kind, float* chunks, int64_t count, int64_t inner, int64_t width) {
  switch (kind) {
    case ReduceKind::kSum:
    case ReduceKind::kMean:
    case ReduceKind::kSumOfSquares: return JoinRows<SumOp>(chunks, count, inner, width);
    case ReduceKind::kProd: return JoinRows<ProdOp>(chunks, count, inner, width);
    case ReduceKind::kMax: return JoinRows<MaxOp>(chunks, count, inner, width);
    case ReduceKind::kMin: return JoinRows<MinOp>(chunks, count, inner, width);
  }
}

void RowMomentsPiece(const float* in, int64_t rows, int64_t columns, float* mean, float* variance) {
  const D d;
  for (int64_t row = 0; row < rows; ++row, in += columns) {
    const double exact = ReduceRun<SumOp>(in, columns) / static_cast<double>(columns);
    mean[row] = static_cast<float>(exact);
    const V center = hn::Set(d, mean[row]);
    const double total = SumOfRow(columns, [&](int64_t i, int64_t there) HWY_ATTR {
      const V difference = hn::Sub(LoadSome(in + i, there), center);
      return hn::Mul(difference, difference);
    });
    // The differences were from the rounded mean.
    const double shift = exact - static_cast<double>(mean[row]);
    variance[row] = static_cast<float>(std::max(total / static_cast<double>(columns) - shift * shift, 0.0));
    if (total != total) variance[row] = std::numeric_limits<float>::quiet_NaN();
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {

// Values in a piece of work, about; rows in a chunk where rows are short; columns in a piece where they are long.
constexpr int64_t kPieceValues = 1 << 15;
constexpr int64_t kChunkRows = 1 << 12;
constexpr int64_t kPieceColumns = 1 << 9;

struct Chunks {
  int64_t length;  // along the reduced axis
  int64_t count;
};

Chunks ChunksOf(int64_t reduced, int64_t inner) {
  const int64_t length = inner == 1 ? kPieceValues : std::clamp<int64_t>(kPieceValues / inner, 64, kChunkRows);
  return {length, std::max<int64_t>((reduced + length - 1) / length, 1)};
}

}  // namespace

HWY_EXPORT(ReduceChunk);
HWY_EXPORT(JoinChunks);
HWY_EXPORT(RowMomentsPiece);

CheckedSize ReduceScratchBytes(int64_t outer, int64_t reduced, int64_t inner) {
  if (outer == 0 || inner == 0) return CheckedSize(0);
  const Chunks chunks = ChunksOf(reduced, inner);
  if (chunks.count == 1) return CheckedSize(0);
  return CheckedSize(outer) * CheckedSize(chunks.count) * CheckedSize(inner) *
         CheckedSize(static_cast<int64_t>(sizeof(float)));
}

void Reduce(ReduceKind kind, const float* in, int64_t outer, int64_t reduced, int64_t inner, float* out, void* scratch,
            ThreadPool& pool, const StopToken& stop) {
  if (outer == 0 || inner == 0) return;
  const Chunks chunks = ChunksOf(reduced, inner);
  float* partial = chunks.count == 1 ? out : static_cast<float*>(scratch);
  const int64_t column_pieces = (inner + kPieceColumns - 1) / kPieceColumns;
  // Runs body(row of `rows`, first column, columns) over pieces of about kPieceValues, when a row's columns stand for
  // `depth` values each.
  const auto for_pieces = [&](int64_t rows, int64_t depth, const auto& body) {
    const int64_t values = std::max<int64_t>(depth, 1) * std::min(inner, kPieceColumns);
    pool.ParallelFor(rows * column_pieces, std::max<int64_t>(kPieceValues / values, 1), stop,
                     [&](int64_t begin, int64_t end) {
                       for (int64_t i = begin; i < end; ++i) {
                         const int64_t column = i % column_pieces * kPieceColumns;
                         body(i / column_pieces, column, std::min(kPieceColumns, inner - column));
                       }
                     });
  };
  for_pieces(outer * chunks.count, std::min(chunks.length, reduced), [&](int64_t i, int64_t column, int64_t width) {
    const int64_t first = i % chunks.count * chunks.length;
    const float* from = in + (i / chunks.count * reduced + first) * inner + column;
    HWY_DYNAMIC_DISPATCH(ReduceChunk)
    (kind, from, std::min(chunks.length, reduced - first), inner, width, partial + i * inner + column);
  });
  const bool is_mean = kind == ReduceKind::kMean;
  if (chunks.count == 1 && !is_mean) return;
  const auto size = static_cast<float>(reduced);
  for_pieces(outer, chunks.count, [&](int64_t i, int64_t column, int64_t width) {
    float* from = partial + i * chunks.count * inner + column;
    if (chunks.count > 1) HWY_DYNAMIC_DISPATCH(JoinChunks)(kind, from, chunks.count, inner, width);
    float* to = out + i * inner + column;
    for (int64_t j = 0; j < width; ++j) to[j] = is_mean ? from[j] / size : from[j];
  });
}

void RowMoments(const float* in, int64_t rows, int64_t columns, float* mean, float* variance, ThreadPool& pool,
                const StopToken& stop) {
  const int64_t grain = std::max<int64_t>(kPieceValues / std::max<int64_t>(columns, 1), 1);
  pool.ParallelFor(rows, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(RowMomentsPiece)
    (in + begin * columns, end - begin, columns, mean + begin, variance + begin);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/reduce.h"

#ifndef RIVULET_ENGINE_KERNELS_SOFTMAX_ONCE
#define RIVULET_ENGINE_KERNELS_SOFTMAX_ONCE
namespace rivulet {
inline constexpr int64_t kFewColumns = 16;
}  // namespace rivulet
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/softmax.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/math-inl.h"
#include "engine/kernels/row_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Largest of n >= 1 values; NaN if one is.
float RowMax(const float* in, int64_t n) {
  const D d;
  const V lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  V best = lowest;
  auto nan = hn::IsNaN(best);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const V v = hn::LoadU(d, in + i);
    nan = hn::Or(nan, hn::IsNaN(v));
    best = hn::Max(best, v);
  }
  if (i < n) {
    const V v = hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(n - i)), LoadSome(in + i, n - i), lowest);
    nan = hn::Or(nan, hn::IsNaN(v));
    best = hn::Max(best, v);
  }
  return hn::AllFalse(d, nan) ? hn::ReduceMax(d, best) : std::numeric_limits<float>::quiet_NaN();
}

// Sum of e^(x - max); the terms go to `out` where it is not null.
double SumOfExp(const float* in, int64_t n, float max, float* out) {
  const D d;
  const V shift = hn::Set(d, max);
  return SumOfRow(n, [&](int64_t i, int64_t count) HWY_ATTR {
    const V e = Exp(hn::Sub(LoadSome(in + i, count), shift));
    if (out != nullptr) StoreSome(e, count, out + i);
    return e;
  });
}

// A few rows, at most kTogether, step by step: what each step ends with takes long to come, and is not waited for while
// the other rows' is made.
constexpr int64_t kTogether = 8;

void SoftmaxTogether(const float* in, int64_t rows, int64_t columns, bool log, float* out) {
  const D d;
  float max[kTogether];
  float sum[kTogether];
  for (int64_t row = 0; row < rows; ++row) max[row] = RowMax(in + row * columns, columns);
  for (int64_t row = 0; row < rows; ++row) {
    const double total = SumOfExp(in + row * columns, columns, max[row], log ? nullptr : out + row * columns);
    sum[row] = static_cast<float>(log ? std::log(total) : 1.0 / total);
  }
  for (int64_t row = 0; row < rows; ++row, in += columns, out += columns) {
    const V shift = hn::Set(d, max[row]);
    const V by = hn::Set(d, sum[row]);
    for (int64_t i = 0; i < columns; i += kLanes) {
      const int64_t count = columns - i;
      if (log) {
        StoreSome(hn::Sub(hn::Sub(LoadSome(in + i, count), shift), by), count, out + i);
      } else {
        StoreSome(hn::Mul(LoadSome(out + i, count), by), count, out + i);
      }
    }
  }
}

// Rows of a few columns, as many at a time as a vector is wide. Such rows lie in `tile` column by column.
constexpr int64_t kTileRows = 64;

void SoftmaxOfColumns(int64_t rows, int64_t columns, float* tile) {
  const D d;
  for (float* at = tile; at < tile + rows; at += kLanes) {
    V max = hn::LoadU(d, at);
    for (int64_t c = 1; c < columns; ++c) max = hn::Max(max, hn::LoadU(d, at + c * kTileRows));
    V sum = hn::Zero(d);
    for (int64_t c = 0; c < columns; ++c) {
      const V e = Exp(hn::Sub(hn::LoadU(d, at + c * kTileRows), max));
      hn::StoreU(e, d, at + c * kTileRows);
      sum = hn::Add(sum, e);  // NaN, if one of the row's values is
    }
    const V by = hn::Div(hn::Set(d, 1.0f), sum);
    for (int64_t c = 0; c < columns; ++c) {
      hn::StoreU(hn::Mul(hn::LoadU(d, at + c * kTileRows), by), d, at + c * kTileRows);
    }
  }
}

void SoftmaxOfShortRows(const float* in, int64_t rows, int64_t columns, float* out) {
  HWY_ALIGN float tile[kFewColumns * kTileRows] = {};
  for (int64_t row = 0; row < rows; row += kTileRows) {
    const int64_t count = std::min(kTileRows, rows - row);
    for (int64_t r = 0; r < count; ++r, in += columns) {
      for (int64_t c = 0; c < columns; ++c) tile[c * kTileRows + r] = in[c];
    }
    SoftmaxOfColumns(count, columns, tile);
    for (int64_t r = 0; r < count; ++r, out += columns) {
      for (int64_t c = 0; c < columns; ++c) out[c] = tile[c * kTileRows + r];
    }
  }
}

void SoftmaxPiece(const float* in, int64_t rows, int64_t columns, bool log, float* out) {
  constexpr int64_t kNearFloats = 4096;  // that stay in the first-level cache from one step to the next
  const int64_t together = std::clamp<int64_t>(kNearFloats / columns, 1, kTogether);
  for (int64_t row = 0; row < rows; row += together) {
    SoftmaxTogether(in + row * columns, std::min(together, rows - row), columns, log, out + row * columns);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(SoftmaxPiece);
HWY_EXPORT(SoftmaxOfShortRows);

void SoftmaxRows(const float* in, int64_t rows, int64_t columns, bool log, float* out, ThreadPool& pool,
                 const StopToken& stop) {
  if (columns == 0) return;
  constexpr int64_t kGrain = 1 << 14;
  constexpr int64_t kManyRows = 8;
  const bool by_columns = !log && columns <= kFewColumns && rows >= kManyRows;
  pool.ParallelFor(rows, std::max<int64_t>(kGrain / columns, 1), stop, [&](int64_t begin, int64_t end) {
    const float* from = in + begin * columns;
    float* to = out + begin * columns;
    if (by_columns) return HWY_DYNAMIC_DISPATCH(SoftmaxOfShortRows)(from, end - begin, columns, to);
    HWY_DYNAMIC_DISPATCH(SoftmaxPiece)(from, end - begin, columns, log, to);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

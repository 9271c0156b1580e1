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

// Largest of n >= 1 values; any, if one is NaN, which then makes the sum NaN.
float RowMax(const float* in, int64_t n) {
  const D d;
  const V lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  V best = lowest, other = lowest;
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    best = hn::Max(best, hn::LoadU(d, in + i));
    other = hn::Max(other, hn::LoadU(d, in + i + kLanes));
  }
  for (; i < n; i += kLanes) {
    const V v = LoadSome(in + i, n - i);
    other = hn::Max(other, hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(std::min(n - i, kLanes))), v, lowest));
  }
  return hn::ReduceMax(d, hn::Max(best, other));
}

// Sum of e^(x - max); the terms go to `out` where it is not null.
double SumOfExp(const float* in, int64_t n, float max, float* out) {
  const D d;
  const V shift = hn::Set(d, max);
  return SumOfRow(n, [&](int64_t i, int64_t count) HWY_ATTR {
    const V e = ExpOfNotLarge(hn::Sub(LoadSome(in + i, count), shift));
    if (out != nullptr) StoreSome(e, count, out + i);
    return e;
  });
}

template <class Function>
HWY_INLINE void EachOfRow(const float* in, int64_t n, float* out, const Function& function) {
  const D d;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) hn::StoreU(function(hn::LoadU(d, in + i)), d, out + i);
  if (i < n) StoreSome(function(LoadSome(in + i, n - i)), n - i, out + i);
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
    if (log) {
      EachOfRow(in, columns, out, [&](V x) HWY_ATTR { return hn::Sub(hn::Sub(x, shift), by); });
    } else {
      EachOfRow(out, columns, out, [&](V e) HWY_ATTR { return hn::Mul(e, by); });
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
      const V e = ExpOfNotLarge(hn::Sub(hn::LoadU(d, at + c * kTileRows), max));
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

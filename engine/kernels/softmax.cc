#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/reduce.h"

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

void SoftmaxRows(const float* in, int64_t rows, int64_t columns, bool log, float* out, ThreadPool& pool,
                 const StopToken& stop) {
  if (columns == 0) return;
  constexpr int64_t kGrain = 1 << 14;
  pool.ParallelFor(rows, std::max<int64_t>(kGrain / columns, 1), stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(SoftmaxPiece)(in + begin * columns, end - begin, columns, log, out + begin * columns);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/reduce.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/softmax.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Largest of n >= 1 values; NaN if one is.
float RowMax(const float* in, int64_t n) {
  const D d;
  V best = hn::Set(d, -std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < n; i += kLanes) {
    const V v = LoadSome(in + i, n - i);
    const auto wins =
        hn::And(hn::Or(hn::Lt(best, v), hn::IsNaN(v)), hn::FirstN(d, static_cast<size_t>(std::min(kLanes, n - i))));
    best = hn::IfThenElse(wins, v, best);
  }
  HWY_ALIGN float lanes[HWY_MAX_LANES_D(D)];
  hn::Store(best, d, lanes);
  float result = lanes[0];
  for (const float lane : lanes) result = result < lane || lane != lane ? lane : result;
  return result;
}

// Sum of e^(x - max); the terms go to `out` where it is not null.
double SumOfExp(const float* in, int64_t n, float max, float* out) {
  const D d;
  constexpr int64_t kBlock = 1024;
  const V shift = hn::Set(d, max);
  double total = 0.0;
  for (int64_t block = 0; block < n; block += kBlock) {
    const int64_t end = std::min(block + kBlock, n);
    V sum = hn::Zero(d);
    for (int64_t i = block; i < end; i += kLanes) {
      const int64_t count = std::min(kLanes, end - i);
      const V e = Exp(hn::Sub(LoadSome(in + i, count), shift));
      sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(count)), e));
      if (out != nullptr) StoreSome(e, count, out + i);
    }
    HWY_ALIGN float lanes[HWY_MAX_LANES_D(D)];
    hn::Store(sum, d, lanes);
    for (const float lane : lanes) total += static_cast<double>(lane);
  }
  return total;
}

void SoftmaxPiece(const float* in, int64_t rows, int64_t columns, bool log, float* out) {
  const D d;
  for (int64_t row = 0; row < rows; ++row, in += columns, out += columns) {
    const float max = RowMax(in, columns);
    if (log) {
      const V shift = hn::Set(d, max);
      const V log_sum = hn::Set(d, static_cast<float>(std::log(SumOfExp(in, columns, max, nullptr))));
      for (int64_t i = 0; i < columns; i += kLanes) {
        StoreSome(hn::Sub(hn::Sub(LoadSome(in + i, columns - i), shift), log_sum), columns - i, out + i);
      }
    } else {
      const V scale = hn::Set(d, static_cast<float>(1.0 / SumOfExp(in, columns, max, out)));
      for (int64_t i = 0; i < columns; i += kLanes) {
        StoreSome(hn::Mul(LoadSome(out + i, columns - i), scale), columns - i, out + i);
      }
    }
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

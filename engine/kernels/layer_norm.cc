#include "engine/kernels/layer_norm.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/layer_norm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Sum of term(x - from) over a row; what is beyond its end adds nothing.
template <class Term>
double SumOf(const float* in, int64_t n, float from, const Term& term) {
  const D d;
  constexpr int64_t kBlock = 1024;
  const V shift = hn::Set(d, from);
  double total = 0.0;
  for (int64_t block = 0; block < n; block += kBlock) {
    const int64_t end = std::min(block + kBlock, n);
    V sum = hn::Zero(d);
    for (int64_t i = block; i < end; i += kLanes) {
      const int64_t count = std::min(kLanes, end - i);
      const V value = term(hn::Sub(LoadSome(in + i, count), shift));
      sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(count)), value));
    }
    HWY_ALIGN float lanes[HWY_MAX_LANES_D(D)];
    hn::Store(sum, d, lanes);
    for (const float lane : lanes) total += static_cast<double>(lane);
  }
  return total;
}

void LayerNormPiece(const float* in, int64_t rows, int64_t columns, const LayerNormParts& parts, float* out) {
  const D d;
  const auto count = static_cast<double>(columns);
  for (int64_t row = 0; row < rows; ++row, in += columns, out += columns) {
    const auto mean = static_cast<float>(SumOf(in, columns, 0.0f, [](V v) HWY_ATTR { return v; }) / count);
    const double squares = SumOf(in, columns, mean, [](V v) HWY_ATTR { return hn::Mul(v, v); });
    const float variance = static_cast<float>(squares / count);
    const V shift = hn::Set(d, mean);
    const V factor = hn::Set(d, 1.0f / std::sqrt(variance + parts.epsilon));
    for (int64_t i = 0; i < columns; i += kLanes) {
      const int64_t left = columns - i;
      const V scale = hn::Mul(factor, LoadSome(parts.scale + i, left));
      const V moved = hn::Sub(LoadSome(in + i, left), shift);
      StoreSome(hn::MulAdd(moved, scale, LoadSome(parts.offset + i, left)), left, out + i);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(LayerNormPiece);

void LayerNormRows(const float* in, int64_t rows, int64_t columns, const LayerNormParts& parts, float* out,
                   ThreadPool& pool, const StopToken& stop) {
  if (columns == 0) return;
  constexpr int64_t kGrain = 1 << 13;
  pool.ParallelFor(rows, std::max<int64_t>(kGrain / columns, 1), stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(LayerNormPiece)(in + begin * columns, end - begin, columns, parts, out + begin * columns);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

#include "engine/kernels/layer_norm.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/layer_norm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"
#include "engine/kernels/row_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

void LayerNormPiece(const float* in, int64_t rows, int64_t columns, const LayerNormParts& parts, float* out) {
  const D d;
  const auto count = static_cast<double>(columns);
  for (int64_t row = 0; row < rows; ++row, in += columns, out += columns) {
    const double sum = SumOfRow(columns, [&](int64_t i, int64_t there) HWY_ATTR { return LoadSome(in + i, there); });
    const auto mean = static_cast<float>(sum / count);
    const V shift = hn::Set(d, mean);
    const double squares = SumOfRow(columns, [&](int64_t i, int64_t there) HWY_ATTR {
      const V moved = hn::Sub(LoadSome(in + i, there), shift);
      return hn::Mul(moved, moved);
    });
    const float variance = static_cast<float>(squares / count);
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

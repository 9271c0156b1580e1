// From sums to codes or floats (SumsTail of gemm_int8.h). Per-target: included once for each target by its users.
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_SUMS_TAIL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_SUMS_TAIL_INL_H_
#undef RIVULET_ENGINE_KERNELS_SUMS_TAIL_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_SUMS_TAIL_INL_H_
#endif

#include "engine/kernels/dot_bytes-inl.h"
#include "engine/kernels/gemm_int8.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using TailDI = SumsD;
using TailDF = hn::RebindToFloat<TailDI>;
using TailI = hn::Vec<TailDI>;
using TailF = hn::Vec<TailDF>;
constexpr int64_t kTailLanes = HWY_MAX_LANES_D(TailDI);

// A vector of columns, `rows` rows of sums that are sums_stride apart; `count` of the columns are there. The first
// output is the one with index `at`, rows are output_stride apart.
HWY_INLINE void FinishColumns(const SumsTail& tail, const int32_t* HWY_RESTRICT sums, int64_t sums_stride, int64_t rows,
                              int64_t column, int64_t count, int64_t at, int64_t output_stride) {
  const TailDI di;
  const TailDF df;
  const hn::Rebind<uint8_t, TailDI> d8;
  const TailF multiply = hn::LoadU(df, tail.multiply + column), add = hn::LoadU(df, tail.add + column);
  const TailF low = hn::Set(df, tail.low), high = hn::Set(df, tail.high);
  const auto lanes = static_cast<size_t>(count);
  const bool whole = count == kTailLanes;
  if (tail.floats) {
    float* to = static_cast<float*>(tail.output) + at;
    for (int64_t row = 0; row < rows; ++row, sums += sums_stride, to += output_stride) {
      TailF v = hn::MulAdd(hn::ConvertTo(df, hn::LoadU(di, sums)), multiply, add);
      v = hn::Min(hn::Max(v, low), high);
      whole ? hn::StoreU(v, df, to) : hn::StoreN(v, df, to, lanes);
    }
    return;
  }
  uint8_t* to = static_cast<uint8_t*>(tail.output) + at;
  if (tail.low == 0 && tail.high == 255) {
    for (int64_t row = 0; row < rows; ++row, sums += sums_stride, to += output_stride) {
      const TailF v = hn::MulAdd(hn::ConvertTo(df, hn::LoadU(di, sums)), multiply, add);
      const auto codes = hn::DemoteTo(d8, hn::NearestInt(v));  // ends at 0 and 255
      whole ? hn::StoreU(codes, d8, to) : hn::StoreN(codes, d8, to, lanes);
    }
    return;
  }
  for (int64_t row = 0; row < rows; ++row, sums += sums_stride, to += output_stride) {
    TailF v = hn::MulAdd(hn::ConvertTo(df, hn::LoadU(di, sums)), multiply, add);
    v = hn::Min(hn::Max(v, low), high);
    const auto codes = hn::DemoteTo(d8, hn::NearestInt(v));
    whole ? hn::StoreU(codes, d8, to) : hn::StoreN(codes, d8, to, lanes);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

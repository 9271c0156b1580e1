#include "engine/kernels/scale_rows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/scale_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// NaN stays NaN, as in Relu by itself.
template <bool kRelu>
HWY_INLINE V Scaled(V x, V scale, V shift) {
  const V moved = hn::Add(hn::Mul(x, scale), shift);
  if constexpr (!kRelu) return moved;
  const V zero = hn::Zero(D());
  return hn::IfThenElse(hn::Lt(moved, zero), zero, moved);
}

template <bool kRelu>
void ScalePiece(const float* in, int64_t row_step, int64_t rows, int64_t columns, const ColumnScale& by, float* out) {
  const D d;
  for (int64_t row = 0; row < rows; ++row, in += row_step, out += columns) {
    int64_t i = 0;
    for (; i + 2 * kLanes <= columns; i += 2 * kLanes) {
      const V x0 = hn::LoadU(d, in + i), x1 = hn::LoadU(d, in + i + kLanes);
      const V y0 = Scaled<kRelu>(x0, hn::LoadU(d, by.scale + i), hn::LoadU(d, by.shift + i));
      const V y1 = Scaled<kRelu>(x1, hn::LoadU(d, by.scale + i + kLanes), hn::LoadU(d, by.shift + i + kLanes));
      hn::StoreU(y0, d, out + i);
      hn::StoreU(y1, d, out + i + kLanes);
    }
    for (; i < columns; i += kLanes) {
      const int64_t left = columns - i;
      StoreSome(Scaled<kRelu>(LoadSome(in + i, left), LoadSome(by.scale + i, left), LoadSome(by.shift + i, left)), left,
                out + i);
    }
  }
}

void ScalePieceOf(const float* in, int64_t row_step, int64_t rows, int64_t columns, const ColumnScale& by, float* out) {
  (by.relu ? ScalePiece<true> : ScalePiece<false>)(in, row_step, rows, columns, by, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(ScalePieceOf);

void ScaleRows(const float* in, int64_t row_step, int64_t rows, int64_t columns, const ColumnScale& scale, float* out,
               ThreadPool& pool, const StopToken& stop) {
  if (columns == 0) return;
  constexpr int64_t kGrain = 1 << 14;
  pool.ParallelFor(rows, std::max<int64_t>(kGrain / columns, 1), stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(ScalePieceOf)
    (in + begin * row_step, row_step, end - begin, columns, scale, out + begin * columns);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE

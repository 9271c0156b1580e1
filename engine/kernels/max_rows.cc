#include "engine/kernels/max_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/max_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

void MaxOfRows(const float* const* rows, int64_t num_rows, int64_t count, float* to) {
  for (int64_t i = 0; i < count; i += kLanes) {
    V most = LoadSome(rows[0] + i, count - i);
    for (int64_t row = 1; row < num_rows; ++row) {
      const V v = LoadSome(rows[row] + i, count - i);
      most = hn::IfThenElse(hn::Or(hn::Gt(v, most), hn::IsNaN(most)), v, most);
    }
    StoreSome(most, count - i, to + i);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(MaxOfRows);

void MaxRows(const float* const* rows, int64_t num_rows, int64_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(MaxOfRows)(rows, num_rows, count, to);
}

}  // namespace rivulet
#endif  // HWY_ONCE

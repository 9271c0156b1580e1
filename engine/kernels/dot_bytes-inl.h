// Sums of products of bytes, four to a lane. Per-target: included once for each target by its users.
#include <cstdint>
#include <cstring>

#if defined(RIVULET_ENGINE_KERNELS_DOT_BYTES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DOT_BYTES_INL_H_
#undef RIVULET_ENGINE_KERNELS_DOT_BYTES_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DOT_BYTES_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_HAVE_SCALABLE
using SumsD = hn::FixedTag<int32_t, 4>;
#else
using SumsD = hn::CappedTag<int32_t, 16>;
#endif
using SumsV = hn::Vec<SumsD>;

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE SumsV Dot(int32_t a, const int8_t* b, SumsV sum) {
  const SumsD d;
  uint8_t bytes[4];
  std::memcpy(bytes, &a, sizeof(bytes));
  uint32_t out = static_cast<uint32_t>(hn::GetLane(sum));
  for (int i = 0; i < 4; ++i) out += static_cast<uint32_t>(static_cast<int32_t>(bytes[i]) * b[i]);
  return hn::Set(d, static_cast<int32_t>(out));
}
#else
// Adds to each lane the product of four bytes of `a` and that lane's four bytes at b.
HWY_INLINE SumsV Dot(int32_t a, const int8_t* b, SumsV sum) {
  const SumsD d;
  const hn::Repartition<int8_t, SumsD> d8;
  const hn::Repartition<uint8_t, SumsD> du8;
  return hn::SumOfMulQuadAccumulate(d, hn::BitCast(du8, hn::Set(d, a)), hn::LoadU(d8, b), sum);
}
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

// A product of one row. Per-target: included once for each target by the files that use it.
//
// Each value of the right operand is used once, so this goes as fast as they come, if enough sums are under way: the
// two of a tile of one row would wait for one another. An output is summed over k in the order of the tiles, to the
// same bits.
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_GEMM_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_GEMM_ROW_INL_H_
#undef RIVULET_ENGINE_KERNELS_GEMM_ROW_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_GEMM_ROW_INL_H_
#endif

#include "engine/kernels/gemm_tile-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {

// Makes floats of a vector of weights at `from`, of the columns from `column` of the tile on.
struct FloatWeights {
  using T = float;
  HWY_INLINE V At(const float* from, int64_t) const { return hn::LoadU(D(), from); }
};

// Two multiply-adds start in a cycle and take four: eight sums.
#define RIVULET_VECTORS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
constexpr int64_t kRowColumns = 8 * kLanes;

// Where vector `i` of a row of columns lies, from the first on; panels are `panel_size` apart.
HWY_INLINE int64_t RowVector(int64_t i, int64_t panel_size) {
  return i * kLanes / kPanel * panel_size + i * kLanes % kPanel;
}

// out [kRowColumns] = the sum over kc of a times the columns from `b` on, which is at the start of a panel, or inside
// of one that holds them all.
template <class Weights>
HWY_NOINLINE void RowTile(const Weights& weights, const float* HWY_RESTRICT a, int64_t kc,
                          const typename Weights::T* HWY_RESTRICT b, int64_t panel_size, const TileOut& out) {
  using T = typename Weights::T;
  const D d;
#define RIVULET_DECLARE(i)                                   \
  const T* HWY_RESTRICT b##i = b + RowVector(i, panel_size); \
  V s##i = hn::Zero(d);
  RIVULET_VECTORS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t k = 0; k < kc; ++k) {
    const V ak = hn::Set(d, a[k]);
#define RIVULET_MULTIPLY(i) s##i = hn::MulAdd(ak, weights.At(b##i + k * kPanel, i * kLanes), s##i);
    RIVULET_VECTORS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
  }
  if (out.addend != nullptr) {
#define RIVULET_ADD(i) s##i = hn::Add(s##i, hn::LoadU(d, out.addend + i * kLanes));
    RIVULET_VECTORS(RIVULET_ADD)
#undef RIVULET_ADD
  }
  if (out.bias != nullptr) {
#define RIVULET_ADD(i) s##i = hn::Add(s##i, hn::LoadU(d, out.bias + i * kLanes));
    RIVULET_VECTORS(RIVULET_ADD)
#undef RIVULET_ADD
  }
  const V lo = hn::Set(d, out.lo);
  const V hi = hn::Set(d, out.hi);
#define RIVULET_STORE(i) hn::StoreU(Clamp(s##i, lo, hi), d, out.c + i * kLanes);
  RIVULET_VECTORS(RIVULET_STORE)
#undef RIVULET_STORE
}
#undef RIVULET_VECTORS

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // include guard per target

// Products whose weights are written with fewer bytes than floats take. Per-target: included once for each target by
// gemm.cc.
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_GEMM_NARROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_GEMM_NARROW_INL_H_
#undef RIVULET_ENGINE_KERNELS_GEMM_NARROW_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_GEMM_NARROW_INL_H_
#endif

#include "engine/kernels/gemm_row-inl.h"
#include "engine/kernels/narrow_matrix.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
// Some columns of a narrow matrix, from one at the start of a panel on, and a block of its rows.
struct NarrowPart {
  const NarrowMatrix& matrix;
  int64_t column;
  int64_t k_begin;
  int64_t k_end;
};

struct NarrowKernels {
  // A row of kRowColumns columns.
  void (*row)(const NarrowPart& part, const float* a, const TileOut& out);
  // Floats of a panel's rows.
  void (*widen)(const NarrowPart& part, float* to);
};

// Where a processor makes floats of fewer bytes in fewer cycles than more bytes take to come.
#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2) || HWY_ARCH_ARM
constexpr bool kWidensFast = kNarrowWeightsBuilt;

struct HalfWeights {
  using T = uint16_t;
  explicit HalfWeights(const NarrowPart&) {}
  HWY_INLINE V At(const uint16_t* from, int64_t) const {
    const hn::Rebind<uint16_t, D> du;
    const hn::Rebind<hwy::float16_t, D> dh;
    return hn::PromoteTo(D(), hn::BitCast(dh, hn::LoadU(du, from)));
  }
};

struct Bfloat16Weights {
  using T = uint16_t;
  explicit Bfloat16Weights(const NarrowPart&) {}
  HWY_INLINE V At(const uint16_t* from, int64_t) const {
    const hn::Rebind<uint16_t, D> du;
    const hn::Rebind<uint32_t, D> wide;
    return hn::BitCast(D(), hn::ShiftLeft<16>(hn::PromoteTo(wide, hn::LoadU(du, from))));
  }
};

struct SignedWeights {
  using T = int8_t;
  explicit SignedWeights(const NarrowPart& part) : scales(part.matrix.scales() + part.column) {}
  HWY_INLINE V At(const int8_t* from, int64_t column) const {
    const hn::Rebind<int8_t, D> d8;
    const hn::Rebind<int32_t, D> wide;
    return hn::Mul(hn::ConvertTo(D(), hn::PromoteTo(wide, hn::LoadU(d8, from))), hn::LoadU(D(), scales + column));
  }
  const float* scales;
};

struct UnsignedWeights {
  using T = uint8_t;
  explicit UnsignedWeights(const NarrowPart& part)
      : scales(part.matrix.scales() + part.column), offsets(part.matrix.offsets() + part.column) {}
  HWY_INLINE V At(const uint8_t* from, int64_t column) const {
    const hn::Rebind<uint8_t, D> d8;
    const hn::Rebind<int32_t, D> wide;
    const V code = hn::ConvertTo(D(), hn::PromoteTo(wide, hn::LoadU(d8, from)));
    return hn::Add(hn::Mul(code, hn::LoadU(D(), scales + column)), hn::LoadU(D(), offsets + column));
  }
  const float* scales;
  const float* offsets;
};

template <class Weights>
const typename Weights::T* StartOf(const NarrowPart& part) {
  return static_cast<const typename Weights::T*>(part.matrix.data()) + part.column * part.matrix.k() +
         part.k_begin * kPanel;
}

template <class Weights>
void NarrowRow(const NarrowPart& part, const float* a, const TileOut& out) {
  RowTile(Weights(part), a, part.k_end - part.k_begin, StartOf<Weights>(part), part.matrix.k() * kPanel, out);
}

template <class Weights>
void WidenPanel(const NarrowPart& part, float* HWY_RESTRICT to) {
  const Weights weights(part);
  const auto* from = StartOf<Weights>(part);
  for (int64_t k = part.k_begin; k < part.k_end; ++k, from += kPanel, to += kPanel) {
    for (int64_t j = 0; j < kPanel; j += kLanes) hn::StoreU(weights.At(from + j, j), D(), to + j);
  }
}

NarrowKernels NarrowKernelsOf(const NarrowMatrix& matrix) {
  switch (matrix.narrowing()) {
    case Narrowing::kHalf: return {&NarrowRow<HalfWeights>, &WidenPanel<HalfWeights>};
    case Narrowing::kBfloat16: return {&NarrowRow<Bfloat16Weights>, &WidenPanel<Bfloat16Weights>};
    case Narrowing::kSigned: return {&NarrowRow<SignedWeights>, &WidenPanel<SignedWeights>};
    case Narrowing::kUnsigned: break;
  }
  return {&NarrowRow<UnsignedWeights>, &WidenPanel<UnsignedWeights>};
}
#else
constexpr bool kWidensFast = false;
NarrowKernels NarrowKernelsOf(const NarrowMatrix&) { return {}; }  // there are no such matrices
#endif

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // include guard per target

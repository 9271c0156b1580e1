// Activations on vectors. Per-target: included once for each target by the files that use it.
#include "engine/kernels/epilogue.h"

#ifndef RIVULET_ENGINE_KERNELS_EPILOGUE_ONCE
#define RIVULET_ENGINE_KERNELS_EPILOGUE_ONCE

#include <limits>

namespace rivulet {

// Any activation as: times alpha if negative (only when leaky), then clamped; infinities where there is no bound.
struct ActivationBounds {
  float lo = -std::numeric_limits<float>::infinity();
  float hi = std::numeric_limits<float>::infinity();
  float alpha = 1.0f;
  bool leaky = false;

  ActivationBounds() = default;
  explicit ActivationBounds(const Activation& activation) {
    switch (activation.kind) {
      case ActivationKind::kNone: break;
      case ActivationKind::kRelu: lo = 0.0f; break;
      case ActivationKind::kRelu6:
        lo = 0.0f;
        hi = 6.0f;
        break;
      case ActivationKind::kClamp:
        lo = activation.lo;
        hi = activation.hi;
        break;
      case ActivationKind::kLeakyRelu:
        alpha = activation.alpha;
        leaky = true;
        break;
    }
  }
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_EPILOGUE_ONCE

#if defined(RIVULET_ENGINE_KERNELS_EPILOGUE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_EPILOGUE_INL_H_
#undef RIVULET_ENGINE_KERNELS_EPILOGUE_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_EPILOGUE_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The widest vectors of floats, at most 16. Scalable vectors are used at 128 bits.
#if HWY_HAVE_SCALABLE
using D = hn::FixedTag<float, 4>;
#else
using D = hn::CappedTag<float, 16>;
#endif
using V = hn::Vec<D>;
constexpr int64_t kLanes = HWY_MAX_LANES_D(D);

// NaN stays NaN. On x86, and by the pseudo-minimum and -maximum of wasm, those of anything and a NaN are their second
// operand; the other targets do not agree on it.
HWY_INLINE V Clamp(V v, V lo, V hi) {
#if (HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR) || HWY_TARGET == HWY_WASM
  return hn::Min(hi, hn::Max(lo, v));
#else
  v = hn::IfThenElse(hn::Lt(v, lo), lo, v);
  return hn::IfThenElse(hn::Gt(v, hi), hi, v);
#endif
}

HWY_INLINE V Activate(V v, const ActivationBounds& bounds) {
  const D d;
  if (bounds.leaky) {
    v = hn::IfThenElse(hn::Lt(v, hn::Zero(d)), hn::Mul(v, hn::Set(d, bounds.alpha)), v);
  }
  return Clamp(v, hn::Set(d, bounds.lo), hn::Set(d, bounds.hi));
}

// The first `count` lanes of memory, or all.
HWY_INLINE V LoadSome(const float* from, int64_t count) {
  const D d;
  return count >= kLanes ? hn::LoadU(d, from) : hn::LoadN(d, from, static_cast<size_t>(count));
}

HWY_INLINE void StoreSome(V v, int64_t count, float* to) {
  const D d;
  if (count >= kLanes) {
    hn::StoreU(v, d, to);
    return;
  }
#if HWY_TARGET == HWY_AVX2
  // Stores by a mask take tens of cycles on some processors; those of four lanes, two and one, one each.
  const hn::Half<D> d4;
  const hn::Half<decltype(d4)> d2;
  auto rest = hn::LowerHalf(d4, v);
  if ((count & 4) != 0) {
    hn::StoreU(rest, d4, to);
    rest = hn::UpperHalf(d4, v);
    to += 4;
  }
  auto last = hn::LowerHalf(d2, rest);
  if ((count & 2) != 0) {
    hn::StoreU(last, d2, to);
    last = hn::UpperHalf(d2, rest);
    to += 2;
  }
  if ((count & 1) != 0) *to = hn::GetLane(last);
#else
  hn::StoreN(v, d, to, static_cast<size_t>(count));
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

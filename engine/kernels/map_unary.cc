#include <algorithm>
#include <cmath>

#include "engine/kernels/map.h"
#include "engine/kernels/map_built.h"
#include "engine/kernels/map_stretch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/map_unary.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/math-inl.h"
#include "hwy/contrib/math/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// Whole vectors only: loading and storing a part of one is long code, which would be there once a function.
template <class Function>
HWY_INLINE void ForEach(const float* x, int64_t n, float* out, const Function& function) {
  const D d;
  for (int64_t i = 0; i < n; i += kLanes) hn::StoreU(function(hn::LoadU(d, x + i)), d, out + i);
}

// Sine and cosine: the vector form where its reduction is exact enough, else the C library, lane by lane.
template <class Fast>
HWY_INLINE V Periodic(V x, const Fast& fast, double (*exact)(double)) {
  const D d;
  if (HWY_LIKELY(hn::AllTrue(d, hn::Le(hn::Abs(x), hn::Set(d, 30000.0f))))) return fast(x);
  HWY_ALIGN float lanes[HWY_MAX_LANES_D(D)];
  hn::Store(x, d, lanes);
  for (float& lane : lanes) lane = static_cast<float>(exact(static_cast<double>(lane)));
  return hn::Load(d, lanes);
}

V Sine(V x) {
  return Periodic(
      x, [](V v) HWY_ATTR { return hn::Sin(D(), v); }, &std::sin);
}
V Cosine(V x) {
  return Periodic(
      x, [](V v) HWY_ATTR { return hn::Cos(D(), v); }, &std::cos);
}

HWY_INLINE V Relu6(V x) {
  const D d;
  return Clamp(x, hn::Zero(d), hn::Set(d, 6.0f));
}

HWY_INLINE V EluScaled(V x, float negative, float positive) {
  const D d;
  const V below = Expm1Below88(Clamp(x, hn::Set(d, -20.0f), hn::Zero(d)));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(hn::Set(d, negative), below), hn::Mul(hn::Set(d, positive), x));
}

// 1 for positive, -1 for negative; zeros and NaN as they are.
HWY_INLINE V Sign(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), one, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(one), x));
}

HWY_INLINE V Softplus(V x) {
  const D d;
  return hn::Add(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x), Log1p(Exp(hn::Neg(hn::Abs(x)))));
}

// x * sigmoid(x); -0 at minus infinity, where the product would be NaN.
HWY_INLINE V Swish(V x) {
  const D d;
  if (!IsFarBelow(x)) return Quotient(x, OnePlusExpOfNeg(x));
  return hn::Mul(hn::IfThenElse(hn::Lt(x, hn::Set(d, -104.0f)), hn::Set(d, -104.0f), x), SigmoidOfAny(x));
}

// x (1 + erf(x / sqrt 2)) / 2. For negative x the sum cancels; there 1 + erf(x / sqrt 2) = erfc(|x| / sqrt 2) in
// absolute terms only, which is what TensorFlow's composition gives too. The half of erf is x times a quotient in x^2,
// within 2e-7 up to 5.2, from where on it does not show any more.
HWY_INLINE V Gelu(V x) {
  const D d;
  const V far = hn::Set(d, 5.2f);
  const V inner = Clamp(x, hn::Neg(far), far);
  const V s = hn::Mul(inner, inner);
  const V p =
      Polynomial(s, 0.398942261f, 0.0325445553f, 0.00460864535f, 0.000156861614f, 6.40789136e-06f, 2.47311441e-08f);
  const V q = Polynomial(s, 1.0f, 0.248243444f, 0.0279266905f, 0.00181720272f, 7.04961218e-05f, 1.25886917e-06f);
  const V phi = hn::Add(Quotient(hn::Mul(inner, p), q), hn::Set(d, 0.5f));
  return hn::Mul(Clamp(x, hn::Neg(far), hn::Inf(d)), phi);
}

// x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), which is x (1 + tanh(half of that)) / 2.
HWY_INLINE V GeluApproximate(V x) {
  const D d;
  const V cubic = hn::Mul(hn::Set(d, 1.59576912f * 0.044715f), hn::Mul(x, x));
  const V inner = hn::Mul(x, hn::Add(hn::Set(d, 1.59576912f), cubic));
  return hn::Mul(hn::IfThenElse(hn::Lt(x, hn::Set(d, -100.0f)), hn::Set(d, -100.0f), x), Sigmoid(inner));
}

HWY_NOINLINE void UnaryVectors(UnaryKind kind, const float* x, int64_t n, float* out) {
  const D d;
  const V one = hn::Set(d, 1.0f);
#define RIVULET_CASE(Kind, expression)                              \
  case UnaryKind::Kind:                                             \
    if constexpr (IsMapped(UnaryKind::Kind)) {                      \
      ForEach(x, n, out, [&](V v) HWY_ATTR { return expression; }); \
    }                                                               \
    break;
  switch (kind) {
    RIVULET_CASE(kAbs, hn::Abs(v))
    RIVULET_CASE(kNeg, hn::Neg(v))
    RIVULET_CASE(kSign, Sign(v))
    RIVULET_CASE(kSquare, hn::Mul(v, v))
    RIVULET_CASE(kSqrt, hn::Sqrt(v))
    RIVULET_CASE(kRsqrt, hn::Div(one, hn::Sqrt(v)))
    RIVULET_CASE(kReciprocal, hn::Div(one, v))
    RIVULET_CASE(kFloor, hn::Floor(v))
    RIVULET_CASE(kCeil, hn::Ceil(v))
    RIVULET_CASE(kRound, hn::Round(v))
    RIVULET_CASE(kExp, Exp(v))
    RIVULET_CASE(kExpm1, Expm1(v))
    RIVULET_CASE(kLog, Log(v))
    RIVULET_CASE(kLog1p, Log1p(v))
    RIVULET_CASE(kSin, Sine(v))
    RIVULET_CASE(kCos, Cosine(v))
    RIVULET_CASE(kTanh, Tanh(v))
    RIVULET_CASE(kSigmoid, Sigmoid(v))
    RIVULET_CASE(kErf, Erf(v))
    RIVULET_CASE(kRelu, hn::IfThenElse(hn::Lt(v, hn::Zero(d)), hn::Zero(d), v))
    RIVULET_CASE(kRelu6, Relu6(v))
    RIVULET_CASE(kElu, EluScaled(v, 1.0f, 1.0f))
    // scale * alpha and scale of Klambauer et al., "Self-Normalizing Neural Networks".
    RIVULET_CASE(kSelu, EluScaled(v, 1.75809934f, 1.05070099f))
    RIVULET_CASE(kSoftplus, Softplus(v))
    RIVULET_CASE(kSoftsign, hn::Div(v, hn::Add(one, hn::Abs(v))))
    RIVULET_CASE(kSwish, Swish(v))
    RIVULET_CASE(kHardSwish, hn::Mul(v, hn::Mul(Relu6(hn::Add(v, hn::Set(d, 3.0f))), hn::Set(d, 1.0f / 6.0f))))
    RIVULET_CASE(kGelu, Gelu(v))
    RIVULET_CASE(kGeluApproximate, GeluApproximate(v))
  }
#undef RIVULET_CASE
}

// The last vector is filled up with zeros.
void UnaryPiece(UnaryKind kind, const float* x, int64_t n, float* out) {
  const int64_t rest = n % kLanes;
  const int64_t whole = n - rest;
  if (whole > 0) UnaryVectors(kind, x, whole, out);
  if (rest == 0) return;
  const D d;
  HWY_ALIGN float last[HWY_MAX_LANES_D(D)];
  hn::Store(LoadSome(x + whole, rest), d, last);
  UnaryVectors(kind, last, kLanes, last);
  StoreSome(hn::Load(d, last), rest, out + whole);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(UnaryPiece);

void MapUnary(UnaryKind kind, const float* x, int64_t n, float* out, ThreadPool& pool, const StopToken& stop) {
  constexpr int64_t kGrain = 1 << 15;
  pool.ParallelFor(n, kGrain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(UnaryPiece)(kind, x + begin, end - begin, out + begin);
  });
}

void UnaryStretch(UnaryKind kind, const float* x, int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(UnaryPiece)(kind, x, n, out);
}

}  // namespace rivulet
#endif  // HWY_ONCE

// Exponential, logarithm and error function on vectors of floats, over all inputs: NaN stays NaN, infinities and
// subnormals are handled. Errors are bounded in the tests of map.h. Per-target, as epilogue-inl.h.
//
// Polynomials are least-maximum fits made for these forms and intervals, rounded to float.
#include "engine/kernels/epilogue-inl.h"

#if defined(RIVULET_ENGINE_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_MATH_INL_H_
#undef RIVULET_ENGINE_KERNELS_MATH_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_MATH_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {

using DI = hn::RebindToSigned<D>;
using VI = hn::Vec<DI>;

// c0 + c1 x + c2 x^2 ...
template <class... Rest>
HWY_INLINE V Polynomial(V x, float c0, Rest... rest) {
  const D d;
  if constexpr (sizeof...(rest) == 0) {
    (void)x;
    return hn::Set(d, c0);
  } else {
    return hn::MulAdd(Polynomial(x, rest...), x, hn::Set(d, c0));
  }
}

// 2^n for integers -126 <= n <= 127.
HWY_INLINE V PowerOfTwo(VI n) {
  const D d;
  const DI di;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
}

// x = n ln 2 + rest with |rest| <= ln(2) / 2; returns e^rest - 1. x is within +-105.
HWY_INLINE V ReducedExpm1(V x, V& n) {
  const D d;
  n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
  // ln 2 in two parts; the first has few enough bits that its product with n is exact.
  V rest = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  rest = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), rest);
  const V q = Polynomial(rest, 0.5f, 0.166666672f, 0.0416662544f, 0.00833326578f, 0.00139472669f, 0.000199177244f);
  return hn::MulAdd(hn::Mul(rest, rest), q, rest);
}

HWY_INLINE V Exp(V x) {
  const D d;
  const DI di;
  // Beyond these bounds the result is infinite or rounds to zero, as it is at the bounds.
  x = Clamp(x, hn::Set(d, -105.0f), hn::Set(d, 89.0f));
  V n;
  const V e = ReducedExpm1(x, n);
  // 2^n in two factors: n reaches 128, and below -126 the product becomes subnormal only at the last step.
  const VI whole = hn::ConvertTo(di, n);
  const VI half = hn::ShiftRight<1>(whole);
  return hn::Mul(hn::Mul(hn::Add(e, hn::Set(d, 1.0f)), PowerOfTwo(half)), PowerOfTwo(hn::Sub(whole, half)));
}

// e^x - 1 for x from -20, from where on down it is -1, to 88, up to where 2^n is finite. Zeros become 0.
HWY_INLINE V Expm1Below88(V x) {
  const D d;
  const DI di;
  V n;
  const V e = ReducedExpm1(x, n);
  const V scale = PowerOfTwo(hn::ConvertTo(di, n));
  return hn::MulAdd(scale, e, hn::Sub(scale, hn::Set(d, 1.0f)));
}

HWY_INLINE V Expm1(V x) {
  const D d;
  // From 88 on the subtraction does not show.
  const V result = Expm1Below88(Clamp(x, hn::Set(d, -20.0f), hn::Set(d, 88.0f)));
  const V small = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, result);  // keeps -0
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, 88.0f)), Exp(x), small);
}

// Natural logarithm of a positive finite x, plus `low`, a small correction.
HWY_INLINE V LogOfPositive(V x, V low) {
  const D d;
  const DI di;
  const auto subnormal = hn::Lt(x, hn::Set(d, 1.17549435e-38f));
  x = hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 8388608.0f)), x);
  // x = 2^e m with sqrt(1/2) <= m < sqrt(2), taken apart as bits.
  const VI bits = hn::Sub(hn::BitCast(di, x), hn::Set(di, 0x3F3504F3));
  V e = hn::ConvertTo(d, hn::ShiftRight<23>(bits));
  e = hn::Sub(e, hn::IfThenElseZero(subnormal, hn::Set(d, 23.0f)));
  const V m = hn::BitCast(d, hn::Add(hn::And(bits, hn::Set(di, 0x7FFFFF)), hn::Set(di, 0x3F3504F3)));
  const V f = hn::Sub(m, hn::Set(d, 1.0f));
  const V p = Polynomial(f, 0.333333105f, -0.249999866f, 0.200022265f, -0.166692495f, 0.142186567f, -0.123843595f,
                         0.118729956f, -0.117897525f, 0.0691525936f);
  const V f2 = hn::Mul(f, f);
  V tail = hn::MulAdd(hn::Mul(f2, f), p, hn::MulAdd(e, hn::Set(d, -2.12194440e-4f), low));
  tail = hn::NegMulAdd(hn::Set(d, 0.5f), f2, tail);
  return hn::MulAdd(e, hn::Set(d, 0.693359375f), hn::Add(f, tail));
}

// What a logarithm of x is where LogOfPositive does not hold: x = 0, negative, infinite or NaN.
HWY_INLINE V LogSpecial(V x, V result) {
  const D d;
  const V infinity = hn::Inf(d);
  result = hn::IfThenElse(hn::Eq(x, infinity), infinity, result);
  result = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(infinity), result);
  return hn::IfThenElse(hn::Ge(x, hn::Zero(d)), result, hn::NaN(d));
}

HWY_INLINE V Log(V x) {
  const D d;
  return LogSpecial(x, LogOfPositive(x, hn::Zero(d)));
}

// Of x + 1, without the rounding of that sum: ln(x + 1) = ln(u) + (x - (u - 1)) / u for the rounded sum u.
HWY_INLINE V Log1p(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  const V u = hn::Add(x, one);
  // u - 1 is exact where it matters; for a large x the lost part is 1 - (u - x) instead.
  const V lost = hn::IfThenElse(hn::Gt(x, one), hn::Sub(one, hn::Sub(u, x)), hn::Sub(x, hn::Sub(u, one)));
  const V result = LogSpecial(u, LogOfPositive(u, hn::Div(lost, u)));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 1e-8f)), x, result);
}

// a / b for b from 1 to 2^127, to a rounding or two.
HWY_INLINE V Quotient(V a, V b) {
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  // 14 bits, and twice as many after a step of Newton's.
  const V r = hn::ApproximateReciprocal(b);
  return hn::Mul(a, hn::Mul(r, hn::NegMulAdd(b, r, hn::Set(D(), 2.0f))));
#else
  return hn::Div(a, b);
#endif
}

// 1 / (1 + e^-x) with the exponential of the negative size, which neither overflows nor loses subnormal results.
HWY_INLINE V SigmoidOfAny(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  const V e = Exp(hn::Neg(hn::Abs(x)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

// Whether a lane's e^-x would be infinite.
HWY_INLINE bool IsFarBelow(V x) {
  const D d;
  return !hn::AllFalse(d, hn::Lt(x, hn::Set(d, -87.0f)));
}

struct LogisticConstants {
  float q0 = 0.5f, q1 = -0.166666672f, q2 = 0.0416662544f, q3 = -0.00833326578f, q4 = 0.00139472669f,
        q5 = -0.000199177244f;  // (e^-r - 1 + r) / r^2
  float log2_e = 1.44269504f;
  float ln2_high = 0.693359375f;  // few enough bits that its product with n is exact
  float ln2_low = -2.12194440e-4f;
  float magic = 12583039.0f;  // added to a number of this size, n + 127 stands in the lowest bits
  float least = -87.0f, most = 87.0f, one = 1.0f;
};

// e^x where x is not large: within 2 units in the last place, and 0 below -87. NaN stays NaN.
HWY_INLINE V ExpOfNotLarge(V x) {
  const D d;
  const DI di;
  const LogisticConstants c;
  const V least = hn::Set(d, c.least);
  const auto below = hn::Lt(x, least);
  x = hn::IfThenElse(below, least, x);
  const V shifted = hn::MulAdd(x, hn::Set(d, c.log2_e), hn::Set(d, c.magic));
  const V n = hn::Sub(shifted, hn::Set(d, c.magic));
  V rest = hn::NegMulAdd(n, hn::Set(d, c.ln2_high), x);
  rest = hn::NegMulAdd(n, hn::Set(d, c.ln2_low), rest);
  const V q = Polynomial(rest, 0.5f, 0.166666672f, 0.0416662544f, 0.00833326578f, 0.00139472669f, 0.000199177244f);
  const V e = hn::MulAdd(hn::Mul(rest, rest), q, rest);
  const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(di, shifted)));
  return hn::IfThenZeroElse(below, hn::MulAdd(scale, e, scale));
}

// 1 + e^-x, x not far below. x = rest - n ln 2 with |rest| <= ln(2) / 2, so e^-x = 2^n e^-rest.
HWY_INLINE V OnePlusExpOfNeg(V x) {
  const D d;
  const DI di;
  static constexpr LogisticConstants kConstants;
  const LogisticConstants* c = &kConstants;
#if HWY_ARCH_WASM
  // V8 makes a constant anew for each vector, in three instructions; what it does not know to be one it loads in one.
  asm("" : "+r"(c));
#endif
  const V inner = Clamp(x, hn::Set(d, c->least), hn::Set(d, c->most));
  const V magic = hn::Set(d, c->magic);
  const V shifted = hn::NegMulAdd(inner, hn::Set(d, c->log2_e), magic);
  const V n = hn::Sub(shifted, magic);
  V rest = hn::MulAdd(n, hn::Set(d, c->ln2_high), inner);
  rest = hn::MulAdd(n, hn::Set(d, c->ln2_low), rest);
  const V power = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(di, shifted)));
  const V one = hn::Set(d, c->one);
  const V square = hn::Mul(rest, rest);
#if HWY_ARCH_WASM
  // Without fused products a step of Horner's rule waits for two operations: pairs of terms wait for fewer, and 2^n + 1
  // is there before them.
  const V high = hn::MulAdd(rest, hn::Set(d, c->q5), hn::Set(d, c->q4));
  const V middle = hn::MulAdd(rest, hn::Set(d, c->q3), hn::Set(d, c->q2));
  const V low = hn::MulAdd(rest, hn::Set(d, c->q1), hn::Set(d, c->q0));
  const V q = hn::MulAdd(hn::MulAdd(high, square, middle), square, low);
  const V more = hn::NegMulAdd(power, rest, hn::Mul(hn::Mul(power, square), q));
  return hn::Add(more, hn::Add(power, one));
#else
  const V q = Polynomial(rest, c->q0, c->q1, c->q2, c->q3, c->q4, c->q5);
  return hn::Add(hn::MulAdd(hn::MulSub(square, q, rest), power, power), one);
#endif
}

// 1 / (1 + e^-x). Where e^-x is large its 1 does not show, so small results are as exact as it, down to where it has no
// exponent any more.
HWY_INLINE V Sigmoid(V x) { return IsFarBelow(x) ? SigmoidOfAny(x) : Quotient(hn::Set(D(), 1.0f), OnePlusExpOfNeg(x)); }

// (e^2a - 1) / (e^2a + 1) for a = |x|.
HWY_INLINE V Tanh(V x) {
  const D d;
  const V a = hn::Abs(x);
  // From 9.1 on the result rounds to 1.
  const V e = Expm1Below88(Clamp(hn::Add(a, a), hn::Zero(d), hn::Set(d, 20.0f)));
  const V below = hn::Add(e, hn::Set(d, 2.0f));
  const V about = Quotient(e, below);
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  // Its last bit, too: beside other errors there is no room for a rounding more.
  const V rest = hn::NegMulAdd(about, below, e);
  return hn::CopySign(hn::MulAdd(rest, hn::ApproximateReciprocal(below), about), x);
#else
  return hn::CopySign(about, x);
#endif
}

HWY_INLINE V Erf(V x) {
  const D d;
  const V a = hn::Abs(x);
  const V s = hn::Mul(x, x);
  const V small = hn::MulAdd(x,
                             Polynomial(s, 0.128379166f, -0.376126349f, 0.112836942f, -0.0268592704f, 0.00520063424f,
                                        -0.000813743623f, 8.34521998e-05f),
                             x);
  // 1 - e^p(a), p fitted to ln(erfc); from 3.9 on the result rounds to 1.
  const V t = Clamp(a, hn::Zero(d), hn::Set(d, 4.0f));
  const V p = Polynomial(t, 0.000170554311f, -1.12949514f, -0.633386612f, -0.108236648f, 0.0250915177f, -0.00416053506f,
                         0.000432304805f, -2.09097216e-05f);
  const V large = hn::CopySign(hn::Sub(hn::Set(d, 1.0f), Exp(p)), x);
  return hn::IfThenElse(hn::Gt(a, hn::Set(d, 0.93f)), large, small);
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

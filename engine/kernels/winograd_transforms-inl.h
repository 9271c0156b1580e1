// The three transforms of F(4x4, 3x3). Per-target: included once for each target by the files that use it.
//
// A 4x4 tile y of the output is a 6x6 tile d of the input under a 3x3 filter g. Both are taken as polynomials and
// multiplied by their values at six points: y = A'[(G g G') * (B' d B)]A with * by element (Cook and Toom; Winograd).
// The points are 0, +-a, +-b and infinity with a = 3/4, b = 3/2. They, their squares and cubes are floats, they come in
// pairs, so that sums and differences are shared, and they lie close to 1: on random data the error is about twice
// that of a plain sum, and a fifth of what the usual points 0, +-1, +-2 give.
//
//   B' rows:  0    a2b2 d0 - (a2 + b2) d2 + d4          A' rows:  m0 + (m1 + m2) + (m3 + m4)
//            +-a   (d4 - b2 d2) +- a (d3 - b2 d1)                 a (m1 - m2) + b (m3 - m4)
//            +-b   (d4 - a2 d2) +- b (d3 - a2 d1)                 a2 (m1 + m2) + b2 (m3 + m4)
//            inf   a2b2 d1 - (a2 + b2) d3 + d5                    a3 (m1 - m2) + b3 (m3 - m4) + m5
//
//   G rows: (g0 + p g1 + p2 g2) / n for point p, n = the product of p's distances to the other finite points:
//            a2b2 for 0, 2 a2 (a2 - b2) for +-a, 2 b2 (b2 - a2) for +-b; g2 for infinity.
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_WINOGRAD_TRANSFORMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#undef RIVULET_ENGINE_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#endif

#include "engine/kernels/epilogue-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {

constexpr int64_t kWinogradIn = 6;   // side of an input tile
constexpr int64_t kWinogradOut = 4;  // of an output tile
constexpr int64_t kWinogradPoints = kWinogradIn * kWinogradIn;

constexpr float kPointA = 0.75f;
constexpr float kPointB = 1.5f;
constexpr float kA2 = kPointA * kPointA;
constexpr float kB2 = kPointB * kPointB;

// One dimension of B' d.
HWY_INLINE void TransformInput(V d0, V d1, V d2, V d3, V d4, V d5, V& y0, V& y1, V& y2, V& y3, V& y4, V& y5) {
  const D d;
  const V b2 = hn::Set(d, kB2);
  const V a2 = hn::Set(d, kA2);
  const V sum = hn::Set(d, kA2 + kB2);
  const V product = hn::Set(d, kA2 * kB2);
  const V a = hn::Set(d, kPointA);
  const V b = hn::Set(d, kPointB);
  const V even_a = hn::NegMulAdd(b2, d2, d4);
  const V odd_a = hn::NegMulAdd(b2, d1, d3);
  const V even_b = hn::NegMulAdd(a2, d2, d4);
  const V odd_b = hn::NegMulAdd(a2, d1, d3);
  y0 = hn::MulAdd(product, d0, hn::NegMulAdd(sum, d2, d4));
  y1 = hn::MulAdd(a, odd_a, even_a);
  y2 = hn::NegMulAdd(a, odd_a, even_a);
  y3 = hn::MulAdd(b, odd_b, even_b);
  y4 = hn::NegMulAdd(b, odd_b, even_b);
  y5 = hn::MulAdd(product, d1, hn::NegMulAdd(sum, d3, d5));
}

// One dimension of G g.
HWY_INLINE void TransformFilter(V g0, V g1, V g2, V& y0, V& y1, V& y2, V& y3, V& y4, V& y5) {
  const D d;
  constexpr float kNear = 1.0f / (2 * kA2 * (kA2 - kB2));
  constexpr float kFar = 1.0f / (2 * kB2 * (kB2 - kA2));
  const V even_a = hn::MulAdd(hn::Set(d, kNear * kA2), g2, hn::Mul(hn::Set(d, kNear), g0));
  const V even_b = hn::MulAdd(hn::Set(d, kFar * kB2), g2, hn::Mul(hn::Set(d, kFar), g0));
  const V odd_a = hn::Set(d, kNear * kPointA);
  const V odd_b = hn::Set(d, kFar * kPointB);
  y0 = hn::Mul(hn::Set(d, 1.0f / (kA2 * kB2)), g0);
  y1 = hn::MulAdd(odd_a, g1, even_a);
  y2 = hn::NegMulAdd(odd_a, g1, even_a);
  y3 = hn::MulAdd(odd_b, g1, even_b);
  y4 = hn::NegMulAdd(odd_b, g1, even_b);
  y5 = g2;
}

// The same of up to five taps at the finite points; at infinity a filter is its last tap. Six points are enough for
// seven taps and outputs together: the transform of the input is the same for all of them, and that of the output as
// long as the last of fewer outputs has m5.
HWY_INLINE void TransformUpToFive(V g0, V g1, V g2, V g3, V g4, V& y0, V& y1, V& y2, V& y3, V& y4) {
  const D d;
  constexpr float kNear = 1.0f / (2 * kA2 * (kA2 - kB2));
  constexpr float kFar = 1.0f / (2 * kB2 * (kB2 - kA2));
  const V a2 = hn::Set(d, kA2);
  const V b2 = hn::Set(d, kB2);
  const V even_a = hn::Mul(hn::Set(d, kNear), hn::MulAdd(a2, hn::MulAdd(a2, g4, g2), g0));
  const V even_b = hn::Mul(hn::Set(d, kFar), hn::MulAdd(b2, hn::MulAdd(b2, g4, g2), g0));
  const V odd_a = hn::MulAdd(a2, g3, g1);
  const V odd_b = hn::MulAdd(b2, g3, g1);
  y0 = hn::Mul(hn::Set(d, 1.0f / (kA2 * kB2)), g0);
  y1 = hn::MulAdd(hn::Set(d, kNear * kPointA), odd_a, even_a);
  y2 = hn::NegMulAdd(hn::Set(d, kNear * kPointA), odd_a, even_a);
  y3 = hn::MulAdd(hn::Set(d, kFar * kPointB), odd_b, even_b);
  y4 = hn::NegMulAdd(hn::Set(d, kFar * kPointB), odd_b, even_b);
}

// One dimension of A' m.
HWY_INLINE void TransformOutput(V m0, V m1, V m2, V m3, V m4, V m5, V& y0, V& y1, V& y2, V& y3) {
  const D d;
  const V sum_a = hn::Add(m1, m2);
  const V difference_a = hn::Sub(m1, m2);
  const V sum_b = hn::Add(m3, m4);
  const V difference_b = hn::Sub(m3, m4);
  y0 = hn::Add(hn::Add(m0, sum_a), sum_b);
  y1 = hn::MulAdd(hn::Set(d, kPointA), difference_a, hn::Mul(hn::Set(d, kPointB), difference_b));
  y2 = hn::MulAdd(hn::Set(d, kA2), sum_a, hn::Mul(hn::Set(d, kB2), sum_b));
  y3 = hn::MulAdd(hn::Set(d, kA2 * kPointA), difference_a, hn::MulAdd(hn::Set(d, kB2 * kPointB), difference_b, m5));
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

// The three transforms of Winograd's convolution. Per-target: included once for each target by the files that use it.
//
// A tile y of the output is a tile d of the input, taps - 1 pixels longer and wider, under a filter g. All are taken as
// polynomials and multiplied by their values at as many points as the input's side has pixels:
// y = A'[(G g G') * (B' d B)]A with * by element (Cook and Toom; Winograd). The points are 0, infinity and pairs +-p.
// The p, their squares and cubes are floats, they come in pairs, so that sums and differences are shared, and they lie
// close to 1: on random data the error is about twice that of a plain sum with six points, a fifth of what the usual
// points 0, +-1, +-2 give, and about eight times that of a plain sum with eight.
//
// Eight points; E1, E2, E3 are the sums of all products of one, two, three of the pairs' p2, e1 and e2 those without
// the pair's own. With fewer points the last terms are not there.
//
//   B' rows:  0    d6 - E1 d4 + E2 d2 - E3 d0               A' rows:  the sum over all points of p^j m,
//            +-p   (d6 - e1 d4 + e2 d2)                               and in the last row m of infinity
//                  +- p (d5 - e1 d3 + e2 d1)
//            inf   d7 - E1 d5 + E2 d3 - E3 d1
//
//   G rows: (g0 + p g1 + p2 g2 + ..) / n for point p, n = the product of p's distances to the other finite points;
//           the last g for infinity.
//
// So the transform of the input is the same for any number of taps.
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

// What the transforms of kSide points, 4, 6 or 8, multiply by.
template <int kSide>
struct WinogradPoints {
  static constexpr int kPairs = kSide / 2 - 1;
  static constexpr double kPoints[3][3] = {{1, 0, 0}, {0.75, 1.5, 0}, {0.5, 1, 1.75}};

  static constexpr double Point(int pair) { return kPoints[kPairs - 1][pair]; }
  static constexpr double Square(int pair) { return Point(pair) * Point(pair); }
  static constexpr double Power(int pair, int power) { return power == 0 ? 1 : Point(pair) * Power(pair, power - 1); }
  // The sum of all products of so many squares, without that of the pair `but`.
  static constexpr double Sum(int factors, int but = -1, int from = 0) {
    if (factors == 0) return 1;
    double sum = 0;
    for (int pair = from; pair < kPairs; ++pair) {
      if (pair != but) sum += Square(pair) * Sum(factors - 1, but, pair + 1);
    }
    return sum;
  }
  // 1 by the product of the distances of a pair's points to the other finite ones, and the same of 0.
  static constexpr double Share(int pair) {
    double product = 2 * Square(pair);
    for (int other = 0; other < kPairs; ++other) {
      if (other != pair) product *= Square(pair) - Square(other);
    }
    return 1 / product;
  }
  static constexpr double ShareOfZero() { return (kPairs % 2 == 0 ? 1 : -1) / Sum(kPairs); }
};

HWY_INLINE V Times(double factor, V v) { return hn::Mul(hn::Set(D(), static_cast<float>(factor)), v); }
HWY_INLINE V PlusTimes(V addend, double factor, V v) {
  return hn::MulAdd(hn::Set(D(), static_cast<float>(factor)), v, addend);
}
HWY_INLINE V LessTimes(V addend, double factor, V v) {
  return hn::NegMulAdd(hn::Set(D(), static_cast<float>(factor)), v, addend);
}

HWY_INLINE void SumAndDifference(V& a, V& b) {
  const V sum = hn::Add(a, b);
  b = hn::Sub(a, b);
  a = sum;
}

// B' d for 0 and infinity: of the pixels 0, 2, 4, 6, or of those behind them.
template <int kSide>
HWY_INLINE V InputAtEnd(V d0, V d2, V d4, V d6) {
  using P = WinogradPoints<kSide>;
  if constexpr (kSide == 4) return LessTimes(d2, P::Sum(1), d0);
  if constexpr (kSide == 6) return PlusTimes(LessTimes(d4, P::Sum(1), d2), P::Sum(2), d0);
  return LessTimes(PlusTimes(LessTimes(d6, P::Sum(1), d4), P::Sum(2), d2), P::Sum(3), d0);
}

// The even or the odd half of B' d for a pair: of the pixels 2, 4, 6 or 1, 3, 5.
template <int kSide, int kPair>
HWY_INLINE V InputHalf(V d2, V d4, V d6) {
  using P = WinogradPoints<kSide>;
  if constexpr (kSide == 4) return d2;
  if constexpr (kSide == 6) return LessTimes(d4, P::Sum(1, kPair), d2);
  return PlusTimes(LessTimes(d6, P::Sum(1, kPair), d4), P::Sum(2, kPair), d2);
}

template <int kPair, class Put>
HWY_INLINE void PutPair(V even, double factor, V odd, const Put& put) {
  put(PlusTimes(even, factor, odd), 1 + 2 * kPair);
  put(LessTimes(even, factor, odd), 2 + 2 * kPair);
}

// One dimension of B' d: load(i) is the i-th pixel, put(v, i) takes the value at the i-th point.
template <int kSide, class Load, class Put>
HWY_INLINE void TransformInput(const Load& load, const Put& put) {
  using P = WinogradPoints<kSide>;
  const V zero = hn::Zero(D());
  const V d0 = load(0), d1 = load(1), d2 = load(2), d3 = load(3);
  V d4 = zero, d5 = zero, d6 = zero, d7 = zero;
  if constexpr (kSide > 4) {
    d4 = load(4);
    d5 = load(5);
  }
  if constexpr (kSide > 6) {
    d6 = load(6);
    d7 = load(7);
  }
  put(InputAtEnd<kSide>(d0, d2, d4, d6), 0);
  PutPair<0>(InputHalf<kSide, 0>(d2, d4, d6), P::Point(0), InputHalf<kSide, 0>(d1, d3, d5), put);
  if constexpr (kSide > 4) {
    PutPair<1>(InputHalf<kSide, 1>(d2, d4, d6), P::Point(1), InputHalf<kSide, 1>(d1, d3, d5), put);
  }
  if constexpr (kSide > 6) {
    PutPair<2>(InputHalf<kSide, 2>(d2, d4, d6), P::Point(2), InputHalf<kSide, 2>(d1, d3, d5), put);
  }
  put(InputAtEnd<kSide>(d1, d3, d5, d7), kSide - 1);
}

template <int kSide, int kTaps, int kPair, class Put>
HWY_INLINE void FilterAtPair(V g0, V g1, V g2, V g3, V g4, const Put& put) {
  using P = WinogradPoints<kSide>;
  constexpr double kShare = P::Share(kPair);
  if constexpr (kTaps == 3) {
    PutPair<kPair>(PlusTimes(Times(kShare, g0), kShare * P::Square(kPair), g2), kShare * P::Point(kPair), g1, put);
  } else {
    if constexpr (kTaps == 5) g2 = PlusTimes(g2, P::Square(kPair), g4);
    const V even = PlusTimes(g0, P::Square(kPair), g2);
    PutPair<kPair>(Times(kShare, even), kShare * P::Point(kPair), PlusTimes(g1, P::Square(kPair), g3), put);
  }
}

// One dimension of G g but for infinity, where it is the last tap: three to five taps.
template <int kSide, int kTaps, class Load, class Put>
HWY_INLINE void TransformTaps(const Load& load, const Put& put) {
  static_assert(kTaps >= 3 && kTaps <= 5);
  const V g0 = load(0), g1 = load(1), g2 = load(2);
  const V g3 = kTaps > 3 ? load(3) : g0, g4 = kTaps > 4 ? load(4) : g0;
  put(Times(WinogradPoints<kSide>::ShareOfZero(), g0), 0);
  FilterAtPair<kSide, kTaps, 0>(g0, g1, g2, g3, g4, put);
  if constexpr (kSide > 4) FilterAtPair<kSide, kTaps, 1>(g0, g1, g2, g3, g4, put);
  if constexpr (kSide > 6) FilterAtPair<kSide, kTaps, 2>(g0, g1, g2, g3, g4, put);
}

template <int kSide, int kTaps, class Load, class Put>
HWY_INLINE void TransformFilter(const Load& load, const Put& put) {
  TransformTaps<kSide, kTaps>(load, put);
  put(load(kTaps - 1), kSide - 1);
}

// start + the sum over the pairs of p^kPower times what is given of each.
template <int kSide, int kPower>
HWY_INLINE V PlusPowers(V start, V of0, V of1, V of2) {
  using P = WinogradPoints<kSide>;
  V sum = start;
  if constexpr (kSide > 6) sum = PlusTimes(sum, P::Power(2, kPower), of2);
  if constexpr (kSide > 4) sum = PlusTimes(sum, P::Power(1, kPower), of1);
  return PlusTimes(sum, P::Power(0, kPower), of0);
}

// One dimension of A' m for the first `outs` outputs, and maybe more: put(v, j) takes the j-th. Infinity's value,
// load(kSide - 1), goes into the last of kSide - 2; where a tile has fewer, it is zero here and added to the last by
// the caller.
template <int kSide, class Load, class Put>
HWY_INLINE void TransformOutput(const Load& load, int64_t outs, const Put& put) {
  const V zero = hn::Zero(D());
  V even0 = load(1), odd0 = load(2), even1 = zero, odd1 = zero, even2 = zero, odd2 = zero;
  if constexpr (kSide > 4) {
    even1 = load(3);
    odd1 = load(4);
  }
  if constexpr (kSide > 6) {
    even2 = load(5);
    odd2 = load(6);
  }
  SumAndDifference(even0, odd0);
  if constexpr (kSide > 4) SumAndDifference(even1, odd1);
  if constexpr (kSide > 6) SumAndDifference(even2, odd2);
  const V end = load(kSide - 1);
  put(PlusPowers<kSide, 0>(load(0), even0, even1, even2), 0);
  put(PlusPowers<kSide, 1>(kSide == 4 ? end : zero, odd0, odd1, odd2), 1);
  if constexpr (kSide > 4) {
    put(PlusPowers<kSide, 2>(zero, even0, even1, even2), 2);
    put(PlusPowers<kSide, 3>(kSide == 6 ? end : zero, odd0, odd1, odd2), 3);
  }
  if constexpr (kSide > 6) {
    if (outs <= 4) return;
    put(PlusPowers<kSide, 4>(zero, even0, even1, even2), 4);
    put(PlusPowers<kSide, 5>(end, odd0, odd1, odd2), 5);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard

// Complex arithmetic as the textbook formulas have it: the result at infinities and zeros is TensorFlow's, which does
// not recover infinities from NaNs as C's operators do.
#ifndef RIVULET_ENGINE_OPS_COMPLEX_MATH_H_
#define RIVULET_ENGINE_OPS_COMPLEX_MATH_H_

#include <cmath>
#include <complex>
#include <type_traits>

namespace rivulet {

template <typename T>
inline constexpr bool kIsComplex = false;
template <typename R>
inline constexpr bool kIsComplex<std::complex<R>> = true;

// The product and quotient of any two numbers of one type.
template <typename T>
T Times(T a, T b) {
  if constexpr (kIsComplex<T>) {
    return T(a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real());
  } else {
    return a * b;
  }
}

template <typename T>
T Over(T a, T b) {
  if constexpr (kIsComplex<T>) {
    using R = typename T::value_type;
    // Smith's method: divides by the larger part of b first, so that |b|^2 need not be representable.
    if (std::abs(b.real()) >= std::abs(b.imag())) {
      const R ratio = b.imag() / b.real();
      const R whole = b.real() + b.imag() * ratio;
      return T((a.real() + a.imag() * ratio) / whole, (a.imag() - a.real() * ratio) / whole);
    }
    const R ratio = b.real() / b.imag();
    const R whole = b.real() * ratio + b.imag();
    return T((a.real() * ratio + a.imag()) / whole, (a.imag() * ratio - a.real()) / whole);
  } else {
    return a / b;
  }
}

template <typename T>
T Conjugate(T x) {
  if constexpr (kIsComplex<T>) {
    return T(x.real(), -x.imag());
  } else {
    return x;
  }
}

// ln(1 + x), exact near 0 for complex x too: ln|1 + x| = log1p(2 re + |x|^2) / 2.
template <typename T>
T LogOnePlus(T x) {
  if constexpr (kIsComplex<T>) {
    using R = typename T::value_type;
    const R re = x.real(), im = x.imag();
    if (std::abs(re) > 1 || std::abs(im) > 1) return std::log(T(1) + x);
    return T(std::log1p(2 * re + re * re + im * im) / 2, std::atan2(im, 1 + re));
  } else {
    return std::log1p(x);
  }
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_COMPLEX_MATH_H_

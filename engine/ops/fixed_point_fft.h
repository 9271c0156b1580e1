// Fourier transforms of real numbers of 16 bits whose roundings are those of a common fixed-point library, so that what
// was trained on its spectra sees the same ones.
//
// Numbers are fractions of 15 bits. Every product is rounded to nearest, halves up; every butterfly divides by its
// radix first, so a spectrum is the transform divided by its length; sums wrap around.
#ifndef RIVULET_ENGINE_OPS_FIXED_POINT_FFT_H_
#define RIVULET_ENGINE_OPS_FIXED_POINT_FFT_H_

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace rivulet {

struct FixedComplex {
  int16_t re = 0;
  int16_t im = 0;
};

class FixedPointFft {
 public:
  // `size`: a power of two, from 4 to 2^16.
  explicit FixedPointFft(int64_t size) : half_(size / 2) {
    const auto root = [](double phase) {
      const auto fixed = [](double v) { return static_cast<int16_t>(std::floor(0.5 + 32767.0 * v)); };
      return FixedComplex{fixed(std::cos(phase)), fixed(std::sin(phase))};
    };
    constexpr double pi = std::numbers::pi;
    for (int64_t i = 0; i < half_; ++i) {
      roots_.push_back(root(-2 * pi * static_cast<double>(i) / static_cast<double>(half_)));
    }
    for (int64_t i = 0; i < half_ / 2; ++i) {
      real_roots_.push_back(root(-pi * (static_cast<double>(i + 1) / static_cast<double>(half_) + 0.5)));
    }
  }

  // The spectrum's size / 2 + 1 values of `size` samples. `work` holds size / 2 values.
  void Transform(const int16_t* samples, FixedComplex* work, FixedComplex* spectrum) const {
    Stage(samples, half_, 1, work);
    const FixedComplex mean = Shrunk<2>(work[0]);
    spectrum[0] = {Wrapped(mean.re + mean.im), 0};
    spectrum[half_] = {Wrapped(mean.re - mean.im), 0};
    for (int64_t k = 1; k <= half_ / 2; ++k) {
      const FixedComplex a = Shrunk<2>(work[k]);
      const FixedComplex b = Shrunk<2>({work[half_ - k].re, Wrapped(-work[half_ - k].im)});
      const FixedComplex even = Sum(a, b), odd = Product(Difference(a, b), real_roots_[static_cast<size_t>(k - 1)]);
      spectrum[k] = {Wrapped((even.re + odd.re) >> 1), Wrapped((even.im + odd.im) >> 1)};
      spectrum[half_ - k] = {Wrapped((even.re - odd.re) >> 1), Wrapped((odd.im - even.im) >> 1)};
    }
  }

 private:
  static int16_t Wrapped(int32_t v) { return static_cast<int16_t>(v); }
  static int16_t Rounded(int64_t product) { return static_cast<int16_t>((product + (1 << 14)) >> 15); }
  static FixedComplex Sum(FixedComplex a, FixedComplex b) { return {Wrapped(a.re + b.re), Wrapped(a.im + b.im)}; }
  static FixedComplex Difference(FixedComplex a, FixedComplex b) {
    return {Wrapped(a.re - b.re), Wrapped(a.im - b.im)};
  }
  static FixedComplex Product(FixedComplex a, FixedComplex b) {
    const auto times = [](int16_t x, int16_t y) { return static_cast<int64_t>(x) * y; };
    return {Rounded(times(a.re, b.re) - times(a.im, b.im)), Rounded(times(a.re, b.im) + times(a.im, b.re))};
  }
  template <int kRadix>
  static FixedComplex Shrunk(FixedComplex a) {
    return {Rounded(a.re * (32767 / kRadix)), Rounded(a.im * (32767 / kRadix))};
  }

  // The transform of `count` pairs of samples, `stride` pairs apart: of radix 4, and 2 where that is left.
  void Stage(const int16_t* pairs, int64_t count, int64_t stride, FixedComplex* out) const {
    if (count == 1) {
      *out = {pairs[0], pairs[1]};
      return;
    }
    const int64_t radix = count % 4 == 0 ? 4 : 2, m = count / radix;
    for (int64_t q = 0; q < radix; ++q) Stage(pairs + 2 * q * stride, m, stride * radix, out + q * m);
    const auto turned = [&](int64_t i, int64_t times) { return roots_[static_cast<size_t>(i * stride * times)]; };
    for (int64_t i = 0; i < m; ++i) {
      FixedComplex* const at = out + i;
      if (radix == 2) {
        const FixedComplex a = Shrunk<2>(at[0]), b = Product(Shrunk<2>(at[m]), turned(i, 1));
        at[0] = Sum(a, b);
        at[m] = Difference(a, b);
        continue;
      }
      const FixedComplex a = Shrunk<4>(at[0]), b = Product(Shrunk<4>(at[m]), turned(i, 1));
      const FixedComplex c = Product(Shrunk<4>(at[2 * m]), turned(i, 2));
      const FixedComplex d = Product(Shrunk<4>(at[3 * m]), turned(i, 3));
      const FixedComplex ac = Sum(a, c), a_c = Difference(a, c), bd = Sum(b, d), b_d = Difference(b, d);
      at[0] = Sum(ac, bd);
      at[2 * m] = Difference(ac, bd);
      at[m] = {Wrapped(a_c.re + b_d.im), Wrapped(a_c.im - b_d.re)};
      at[3 * m] = {Wrapped(a_c.re - b_d.im), Wrapped(a_c.im + b_d.re)};
    }
  }

  int64_t half_;
  std::vector<FixedComplex> roots_, real_roots_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_FIXED_POINT_FFT_H_
